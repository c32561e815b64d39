import { randomUUID } from 'node:crypto';
import type { SigningKey } from '../client/assertion.ts';
import type { WholeFiles } from '../client/bulk/whole.ts';
import type { Debts } from '../client/debts.ts';
import { byHand, payDebts } from '../client/pay-debts.ts';
import { createProvider, Skip, Stop } from '../client/provider.ts';
import { createRedactor, type Redactor } from '../client/redact.ts';
import type { Transport } from '../client/transport.ts';
import type { SignUdap } from '../client/udap/sign.ts';
import type { Blocked, Evidence, Exchange, RawExchange, Target } from '../core/model.ts';
import type { Enricher } from '../enrich/enricher.ts';
import { endOf, whyEnded } from './end.ts';
import { settle } from './settle.ts';
import type { Ground, Suite } from './suite.ts';

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
  /** Told when a suite starts and ends, with the exchanges so far and, at the end, why it stopped early. */
  readonly onSuite?: (suite: Suite, state: 'start' | 'end', exchanges: number, stopped?: string) => void;
  /** Told once, when it is read what the payer declares: from then on it can be said how many requests are to come. */
  readonly onLearned?: (ground: Ground) => void;
  /** Told of stored exchanges after each suite, so that a run cut short keeps what was learned. */
  readonly onStored?: (exchanges: readonly Exchange[]) => void;
  readonly redactor?: Redactor;
  /** Where jobs and changes to take back are kept; a file survives a kill. Default: in memory. */
  readonly debts?: Debts;
  /** Folder in which every file of a bulk export is kept; default: nowhere. */
  readonly downloads?: string;
  /** Judges bulk files that are too large to store; default: only what is stored of them is judged. */
  readonly files?: WholeFiles;
}

/** Drives the suites in order and answers with the enriched, redacted history. An interrupted drive answers with what it has. */
export async function drive(options: DriveOptions): Promise<Evidence> {
  const { target, suites, transport, enrichers = [] } = options;
  const signal = options.signal ?? new AbortController().signal;
  const redactor = options.redactor ?? createRedactor(target.evidence ?? 'pseudonymised', randomUUID());
  redactor.target(target);
  const stored: Exchange[] = [];
  const blocked: Blocked[] = [];
  let buffer: RawExchange[] = [];
  let current = '';
  const provider = createProvider({
    target,
    transport,
    signal,
    signers: options.signers ?? {},
    ...(options.udap ? { udap: options.udap } : {}),
    ...(options.tokens ? { tokens: options.tokens } : {}),
    record(partial) {
      const exchange = { ...partial, index: stored.length + buffer.length, suite: current };
      buffer.push(exchange);
      options.files?.saw(exchange);
      return exchange;
    },
    amend(exchange, facts) {
      buffer = buffer.map((each) => (each.index === exchange.index ? { ...each, facts: { ...each.facts, ...facts } } : each));
    },
    ...(options.files ? { files: options.files } : {}),
    ...(options.debts ? { debts: options.debts } : {}),
    blocked: (reason, because, asks) => blocked.push({ suite: current, reason: redactor.text(reason), because, ...(asks ? { asks } : {}) }),
  });
  if (options.downloads !== undefined) provider.known.notes['run.downloads'] = options.downloads;
  const stopped = new Set<string>();
  const skipped = new Set<string>();
  let learned = false;

  async function keep(enriching: readonly Enricher[]): Promise<void> {
    for (const secret of provider.tokens.values()) redactor.learnSecret('token', secret);
    const raw = buffer;
    const fresh = await settle(raw, enriching, provider.known, redactor, signal);
    buffer = buffer.slice(raw.length);
    stored.push(...fresh);
    options.onStored?.(fresh);
  }

  async function hold(suite: Suite): Promise<void> {
    current = suite.id;
    const missing = suite.needs?.find((need) => stopped.has(need));
    if (signal.aborted) {
      blocked.push({ suite: current, reason: `${whyEnded(signal)} before this suite`, because: 'ours', asks: suite.asks });
      return;
    }
    options.onSuite?.(suite, 'start', stored.length);
    let why: Cause | undefined;
    if (missing !== undefined) {
      const { because = 'ours', reason = 'it stopped' } = blocked.find((each) => each.suite === missing) ?? {};
      why = { reason: `it needs ${missing} (${reason})`, because };
      if (skipped.has(missing)) skipped.add(suite.id);
    } else {
      try {
        await endOf(suite.drive(provider), signal);
      } catch (cause) {
        const found = causeOf(cause, signal);
        why = { ...found, reason: redactor.text(found.reason) };
        if (cause instanceof Skip) skipped.add(suite.id);
      }
    }
    if (why !== undefined) {
      stopped.add(suite.id);
      blocked.push({ suite: current, ...why, asks: suite.asks, ...(skipped.has(suite.id) ? { leftOut: true } : {}) });
    }
    await keep(enrichers);
    if (!learned && provider.known.capability !== undefined) {
      learned = true;
      options.onLearned?.(provider.known);
    }
    options.onSuite?.(suite, 'end', stored.length, why?.reason);
  }

  async function cleanUp(): Promise<void> {
    if (provider.debts.open().length === 0) return;
    current = 'clean-up';
    for (const debt of await payDebts(provider))
      blocked.push({ suite: current, reason: redactor.text(`could not take back: ${byHand(debt)}`), because: 'payer' });
    await keep([]);
  }

  // Whatever fails here is ours: it costs this part only, and what was learned is kept all the same.
  const parts = [...suites.map((suite) => () => hold(suite)), cleanUp];
  for (const part of parts) await part().catch((cause: unknown) => blocked.push({ suite: current, ...causeOf(cause, signal) }));
  const scenarios = Object.fromEntries(suites.map((suite) => [suite.id, suite.scenarios]));
  return { exchanges: stored, target: redactor.target(target), blocked, suites: scenarios };
}

type Cause = Pick<Blocked, 'reason' | 'because'>;

function causeOf(cause: unknown, signal: AbortSignal): Cause {
  if (cause instanceof Stop) return { reason: cause.message, because: cause.because };
  if (signal.aborted) return { reason: whyEnded(signal), because: 'ours' };
  const words = cause instanceof Error ? cause.message : String(cause);
  return { reason: `a bug of payer-assay stopped it: ${words}. Please report it.`, because: 'ours' };
}
