import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { redactTrace } from '../client/app/trace.ts';
import type { SigningKey } from '../client/assertion.ts';
import type { WholeFiles } from '../client/bulk/whole.ts';
import { byHand, cleanUp } from '../client/clean-up.ts';
import type { CleanUps } from '../client/clean-ups.ts';
import { lettersOf } from '../client/made-up.ts';
import { type Asking, type Listener, listening, type Wait } from '../client/manners/waiting.ts';
import { createProvider, Skip, Stop } from '../client/provider.ts';
import { createRedactor, type Redactor } from '../client/redact.ts';
import type { Transport } from '../client/transport.ts';
import type { SignUdap } from '../client/udap/sign.ts';
import { boundsOf } from '../core/bounds.ts';
import { asArray, at } from '../core/fhir.ts';
import { messageOf } from '../core/message.ts';
import type { Blocked, Evidence, Exchange, RawExchange, Target } from '../core/model.ts';
import type { Enricher } from '../enrich/enricher.ts';
import { createBudget } from './budget.ts';
import { endOf, whyEnded } from './end.ts';
import { createPages } from './pages.ts';
import { settle } from './settle.ts';
import { createShare } from './share.ts';
import { type Ground, type Suite, usualJobs } from './suite.ts';
import { inTurn } from './turns.ts';
import { unaskedOf } from './unasked.ts';

/** Whom to talk to, with what, and who hears of it. */
export interface DriveOptions {
  readonly target: Target;
  readonly suites: readonly Suite[];
  readonly transport: Transport;
  readonly signers?: Readonly<Record<string, SigningKey>>;
  /** Ready-made tokens by name, for targets with `auth.kind: bearer`. */
  readonly tokens?: ReadonlyMap<string, string>;
  /** Signs with UDAP certificates, for targets that name some. */
  readonly udap?: SignUdap;
  readonly enrichers?: readonly Enricher[];
  readonly signal?: AbortSignal;
  /** Told when a suite starts and ends, with its exchanges and, at the end, why it stopped early. Several may be under way. */
  readonly onSuite?: (suite: Suite, state: 'start' | 'end', exchanges: number, stopped?: string) => void;
  /** Told when a suite sleeps because the payer wants it to, and with undefined when it goes on. */
  readonly onWait?: (suite: Suite, wait: Wait | undefined) => void;
  /** Told when a suite sends a request, and with undefined when its answer has come. Requests of one suite that are on their way side by side count as the last. */
  readonly onAsk?: (suite: Suite, asking: Asking | undefined) => void;
  /** Told of each answer as it comes: which step, what was answered, how long it took. Neither enriched nor redacted. */
  readonly onAnswer?: (exchange: RawExchange) => void;
  /** Told once, when it is read what the payer declares: from then on it can be said how many requests are to come. */
  readonly onLearned?: (ground: Ground) => void;
  /** Told of stored exchanges after each suite, so that a run cut short keeps what was learned. */
  readonly onStored?: (exchanges: readonly Exchange[]) => void;
  readonly redactor?: Redactor;
  /** Where jobs and changes to take back are kept; a file survives a kill. Default: in memory. */
  readonly cleanUps?: CleanUps;
  /** Folder in which every file of a bulk export is kept; default: nowhere. */
  readonly downloads?: string;
  /** Folder for pictures of launched apps; default: none are taken. */
  readonly pictures?: string;
  /** Takes traces of launched apps, redacted, by the name of their file; default: none are made. */
  readonly onTrace?: (name: string, zip: Uint8Array) => void;
  /** Judges bulk files that are too large to store; default: only what is stored of them is judged. */
  readonly files?: WholeFiles;
  /** Nonce that every request carries. */
  readonly challenge?: string;
  /** What made-up words of this run hang on; without it they stay as they stand in the catalogue. */
  readonly seed?: number;
}

/** Drives the suites in order and answers with the enriched, redacted history. An interrupted drive answers with what it has. */
export async function drive(options: DriveOptions): Promise<Evidence> {
  const { target, suites, transport, enrichers = [] } = options;
  const signal = options.signal ?? new AbortController().signal;
  const redactor = options.redactor ?? createRedactor(target.evidence ?? 'pseudonymised', randomUUID(), target.members);
  redactor.target(target);
  const stored: Exchange[] = [];
  const { evidenceMB, suiteMinutes } = boundsOf(target);
  const budget = createBudget(evidenceMB * 2 ** 20);
  const share = createShare();
  const blocked: Blocked[] = [];
  let buffer: RawExchange[] = [];
  /** Traces that wait until everything of their suite is known that must not stand in them. */
  let traces: (readonly [name: string, zip: Uint8Array])[] = [];
  /** The suite that an exchange belongs to: several may be under way. */
  const current = new AsyncLocalStorage<string>();
  const suiteNow = (): string => current.getStore() ?? '';
  const running = new Set<string>();
  /** Suites that our clock ended. */
  const late = new Set<string>();
  const counts = new Map<string, number>();
  let jobs = target.bulk?.jobs ?? usualJobs;
  const provider = createProvider({
    target,
    transport,
    signal,
    signers: options.signers ?? {},
    ...(options.udap ? { udap: options.udap } : {}),
    ...(options.tokens ? { tokens: options.tokens } : {}),
    ...(options.challenge === undefined ? {} : { challenge: options.challenge }),
    ...(options.seed === undefined ? {} : { letters: lettersOf(options.seed) }),
    record(partial) {
      // It was given up meanwhile, and its exchanges are stored: what it still hears leads nowhere.
      if (late.has(suiteNow())) throw new Stop('it came after our limit for this conversation', 'ours');
      const exchange = budget.admit({ ...partial, index: stored.length + buffer.length, suite: suiteNow() });
      buffer.push(exchange);
      counts.set(suiteNow(), (counts.get(suiteNow()) ?? 0) + 1);
      if (isThrottledKickoff(exchange)) jobs = 1;
      options.files?.saw(exchange);
      options.onAnswer?.(exchange);
      return exchange;
    },
    amend(exchange, facts) {
      buffer = buffer.map((each) => (each.index === exchange.index ? { ...each, facts: { ...each.facts, ...facts } } : each));
    },
    ...(options.onTrace ? { keepTrace: (name: string, zip: Uint8Array) => void traces.push([name, zip]) } : {}),
    ...(options.files ? { files: options.files } : {}),
    ...(options.cleanUps ? { cleanUps: options.cleanUps } : {}),
    room: budget.left,
    pages: createPages(suites, () => provider.known),
    blocked: (reason, because, asks) => blocked.push({ suite: suiteNow(), reason: redactor.text(reason), because, ...(asks ? { asks } : {}) }),
  });
  if (options.downloads !== undefined) provider.known.notes['run.downloads'] = options.downloads;
  if (options.pictures !== undefined) provider.known.notes['run.pictures'] = options.pictures;
  const stopped = new Set<string>();
  const skipped = new Set<string>();
  let learned = false;

  // Exchanges are stored in their order, one settling at a time: those of a suite that is still under way may get facts yet, and wait.
  let keeping: Promise<void> = Promise.resolve();
  const keep = (enriching: readonly Enricher[]): Promise<void> => {
    keeping = keeping.then(() => keepNow(enriching));
    return keeping;
  };
  async function keepNow(enriching: readonly Enricher[]): Promise<void> {
    for (const secret of provider.tokens.values()) redactor.learnSecret('token', secret);
    const first = buffer.findIndex((each) => running.has(each.suite));
    const raw = first < 0 ? buffer : buffer.slice(0, first);
    const fresh = (await settle(raw, enriching, provider.known, redactor, signal)).map(share);
    buffer = buffer.slice(raw.length);
    stored.push(...fresh);
    options.onStored?.(fresh);
    if (first >= 0) return;
    const ready = traces;
    traces = [];
    for (const [name, zip] of ready) {
      // A signal is heard between two of them, and who ended the run waits for none.
      await turn();
      if (signal.aborted) return;
      const clean = redactTrace(zip, redactor);
      if (clean !== undefined) options.onTrace?.(name, clean);
    }
  }

  async function hold(suite: Suite): Promise<void> {
    const missing = suite.needs?.find((need) => stopped.has(need));
    if (signal.aborted) {
      blocked.push({ suite: suite.id, reason: `${whyEnded(signal)} before this suite`, because: 'ours', asks: suite.asks });
      return;
    }
    running.add(suite.id);
    options.onSuite?.(suite, 'start', 0);
    let why: Cause | undefined;
    if (missing !== undefined) {
      const { because = 'ours', reason = 'it stopped' } = blocked.find((each) => each.suite === missing) ?? {};
      why = { reason: `it needs ${missing} (${reason})`, because };
      if (skipped.has(missing)) skipped.add(suite.id);
    } else {
      const clock = new AbortController();
      const timer = setTimeout(() => {
        late.add(suite.id);
        clock.abort(new Stop(`our limit of ${suiteMinutes} minutes for one conversation ended it (limits.suiteMinutes)`, 'ours'));
      }, suiteMinutes * 60_000);
      try {
        await endOf(suite.drive(provider), AbortSignal.any([signal, clock.signal]));
      } catch (cause) {
        const found = causeOf(cause, signal);
        why = { ...found, reason: redactor.text(found.reason) };
        if (cause instanceof Skip) skipped.add(suite.id);
      } finally {
        clearTimeout(timer);
      }
    }
    if (why !== undefined) {
      stopped.add(suite.id);
      blocked.push({ suite: suite.id, ...why, asks: suite.asks, ...(skipped.has(suite.id) ? { leftOut: true } : {}) });
    }
    running.delete(suite.id);
    await keep(enrichers);
    if (!learned && provider.known.capability !== undefined) {
      learned = true;
      options.onLearned?.(provider.known);
    }
    options.onSuite?.(suite, 'end', counts.get(suite.id) ?? 0, why?.reason);
  }

  async function takeBack(): Promise<void> {
    if (provider.cleanUps.pending().length === 0) return;
    const suite = 'clean-up';
    for (const pending of await cleanUp(provider))
      blocked.push({ suite, reason: redactor.text(`could not take back: ${byHand(pending)}`), because: 'payer' });
    await keep([]);
  }

  // Whatever fails here is ours: it costs this part only, and what was learned is kept all the same.
  const guarded = (suite: string, part: () => Promise<void>): Promise<void> =>
    current.run(suite, part).catch((cause: unknown) => {
      running.delete(suite);
      blocked.push({ suite, ...causeOf(cause, signal) });
    });
  await inTurn(
    suites,
    target,
    () => jobs,
    (suite) => {
      let waits = (): void => undefined;
      const waiting = new Promise<void>((resolve) => {
        waits = resolve;
      });
      const listener: Listener = {
        waits(wait) {
          if (wait.job && wait.ms >= worthLeaving) waits();
          options.onWait?.(suite, wait);
        },
        goesOn: () => options.onWait?.(suite, undefined),
        asks: (asking) => options.onAsk?.(suite, asking),
      };
      return { done: listening.run(listener, () => guarded(suite.id, () => hold(suite))), waits: waiting };
    },
  );
  await guarded('clean-up', takeBack);
  const scenarios = Object.fromEntries(suites.map((suite) => [suite.id, suite.scenarios]));
  const ended = suites.filter(({ id }) => !stopped.has(id));
  return { exchanges: stored, target: redactor.target(target), blocked, suites: scenarios, unasked: unaskedOf(ended, stored) };
}

/** A job that is polled sooner than this, ms, is not worth asking others meanwhile. */
const worthLeaving = 1500;

const isThrottledKickoff = ({ step, response, facts }: RawExchange): boolean =>
  step === 'bulk.kickoff' && (response?.status === 429 || asArray(facts?.['http.retries']).some((each) => at(each, 'status') === 429));

type Cause = Pick<Blocked, 'reason' | 'because'>;

function causeOf(cause: unknown, signal: AbortSignal): Cause {
  if (cause instanceof Stop) return { reason: cause.message, because: cause.because };
  if (signal.aborted) return { reason: whyEnded(signal), because: 'ours' };
  const words = messageOf(cause);
  return { reason: `a bug of payer-assay stopped it: ${words}. Please report it.`, because: 'ours' };
}
