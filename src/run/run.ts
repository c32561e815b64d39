import { randomInt, randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileCleanUps } from '../client/clean-ups.ts';
import type { SecretSource } from '../client/identity.ts';
import { createRedactor } from '../client/redact.ts';
import { boundsOf } from '../core/bounds.ts';
import { judge } from '../core/judge.ts';
import { latencyOf } from '../core/latency.ts';
import type { Check, Evidence, Requirement, Run, Selection, Target, Verdict } from '../core/model.ts';
import { relaxedNote } from '../core/rubric/tls.ts';
import { tool } from '../package/tool.ts';
import { type DriveOptions, drive } from './drive.ts';
import { whyEnded } from './end.ts';
import { openJournal } from './journal.ts';
import { lockFolder } from './lock.ts';
import { openSession } from './session.ts';
import { keepTrace, rescueRun, writeRun } from './store.ts';
import type { Suite } from './suite.ts';

/** What `run` needs: the target and its secrets, suites and checks, a folder. */
export interface RunOptions extends Pick<DriveOptions, 'onSuite' | 'onWait' | 'onAsk' | 'onAnswer' | 'onLearned' | 'enrichers' | 'downloads'> {
  readonly target: Target;
  /** Values of the environment names that the target refers to. */
  readonly secrets: SecretSource;
  readonly suites: readonly Suite[];
  readonly checks: readonly Check[];
  /** Private checks, judged besides `checks`; their words are stored with the run, so that reports need nothing else. */
  readonly own?: readonly Check[];
  /** Where run.json goes; made when it is not there. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly notRun?: Run['notRun'];
  readonly validators?: readonly string[];
  /** What the words that probes make up hang on; default: another one each time. It is stored with the run. */
  readonly seed?: number;
  /** What suites and checks were chosen by, when not all. */
  readonly selection?: Selection;
  /** Longest that an asynchronous job is waited for, seconds. */
  readonly maxWait?: number;
  /** Nonce that every request carries. */
  readonly challenge?: string;
  /** Told when the conversations are over, before anything is judged: a moment to give memory back. */
  readonly onDriven?: () => void;
  /** Told after each requirement that was judged: a time to give memory back. */
  readonly onJudged?: () => void;
}

/**
 * Drives, judges and stores one run. An interrupted run is judged and stored with what was learned until then.
 * Throws before the first request when a secret is missing or the folder cannot be written, and at the end when run.json cannot be written there:
 * then it says where the run was rescued to.
 */
export async function run(options: RunOptions): Promise<Run> {
  const { folder, own = [] } = options;
  const target = patient(options.target, options.maxWait);
  const { seed = randomInt(2 ** 31) } = options;
  const { runMinutes } = boundsOf(target);
  const late = new AbortController();
  const clock = setTimeout(
    () => late.abort(new Error(`our limit of ${runMinutes} minutes for a run ended it (limits.runMinutes)`)),
    runMinutes * 60_000,
  );
  // What ends a run must not keep the process that has nothing else to do.
  clock.unref();
  const signal = AbortSignal.any([options.signal, late.signal]);
  let letGo = (): void => undefined;
  try {
    letGo = lockFolder(folder);
    const { head, journal, evidence, validators, notRun } = await driven({ ...options, target, seed, signal });
    options.onDriven?.();
    const finished: Run = {
      ...head,
      finishedAt: new Date().toISOString(),
      seed,
      ...(options.challenge === undefined ? {} : { challenge: options.challenge }),
      ...(options.selection === undefined ? {} : { selection: options.selection }),
      ...(own.length === 0 ? {} : { own: own.map(wordsOf) }),
      ...(signal.aborted ? { partial: whyEnded(signal) } : {}),
      ...outcome(evidence),
      notRun: [...notRun, ...(target.tls?.relaxed === true ? [relaxedNote(evidence.exchanges)] : [])],
      ...(validators.length === 0 ? {} : { validators }),
    };
    const whole = await gradedInTurns(finished, [...options.checks, ...own], options.onJudged);
    try {
      writeRun(folder, whole);
    } catch (cause) {
      rescueRun(folder, whole, cause);
    }
    journal.discard();
    return whole;
  } finally {
    clearTimeout(clock);
    letGo();
  }
}

/** The conversations alone: what they hold (pseudonyms of everybody, compiled profiles, threads) is gone when this is over, since judging needs the room. */
async function driven(options: RunOptions & { readonly seed: number }) {
  const { folder, target, signal, seed, notRun = [] } = options;
  const session = openSession(target, options.secrets);
  try {
    const redactor = createRedactor(target.evidence ?? 'pseudonymised', randomUUID(), target.members);
    const startedAt = new Date().toISOString();
    const head = { format: 1, tool, target: redactor.target(target), startedAt, notRun } as const;
    const journal = openJournal(folder, head);
    // A run killed half way leaves here what it must take back; the next run in this folder does that first.
    const cleanUps = fileCleanUps(folder);
    const evidence = await drive({
      ...options,
      ...session,
      target,
      signal,
      seed,
      enrichers: [...session.enrichers, ...(options.enrichers ?? [])],
      redactor,
      cleanUps,
      // Nothing in a picture can be replaced by a pseudonym.
      ...(target.evidence === 'full' ? { pictures: resolve(folder, 'apps') } : {}),
      // At `hashes` not even the words of a page are kept.
      ...(target.evidence === 'hashes' ? {} : { onTrace: (name: string, zip: Uint8Array) => keepTrace(folder, name, zip) }),
      onStored: (exchanges) => journal.append(exchanges),
    });
    await session.files.close();
    const validators = options.validators ?? session.validation.validators();
    return { head, journal, evidence, validators, notRun: [...notRun, ...session.validation.notRun()] };
  } finally {
    session.close();
  }
}

/** Bulk jobs are waited for as long as the caller says, whatever the target file says. */
const patient = (target: Target, maxWait: number | undefined): Target =>
  maxWait === undefined ? target : { ...target, bulk: { ...target.bulk, maxWait } };

const outcome = ({ exchanges, blocked, target, suites, unasked }: Evidence) => ({
  ...{ exchanges, blocked, target, verdicts: [] },
  ...(suites === undefined ? {} : { suites }),
  ...(unasked === undefined || unasked.length === 0 ? {} : { unasked }),
});

/** What a check says, without what it does. */
const wordsOf = ({ id, level, text, source, lines, scenarios, holds }: Check): Requirement => ({
  ...{ id, level, text, source, lines, scenarios },
  ...(holds === undefined ? {} : { holds }),
});

/** The same as `graded`, with room for other work after each requirement: a signal is heard while a large history is judged. */
async function gradedInTurns(stored: Run, checks: readonly Check[], onJudged?: () => void): Promise<Run> {
  const verdicts: Verdict[] = [];
  // One object for all: what judges derive from the evidence is derived once for it.
  const evidence = evidenceOf(stored);
  for (const check of checks) {
    verdicts.push(...judge([check], evidence, stored.finishedAt.slice(0, 10)));
    onJudged?.();
    await turn();
  }
  return { ...stored, verdicts, latency: stored.latency ?? latencyOf(stored.exchanges, stored.startedAt) };
}

/** A stored run with fresh verdicts and latency, from what it holds alone. */
export function graded(stored: Run, checks: readonly Check[]): Run {
  return {
    ...stored,
    verdicts: judge(checks, evidenceOf(stored), stored.finishedAt.slice(0, 10)),
    latency: stored.latency ?? latencyOf(stored.exchanges, stored.startedAt),
  };
}

function evidenceOf({ exchanges, blocked, target, suites, unasked, latency }: Run): Evidence {
  return { exchanges, blocked, target, ...(suites ? { suites } : {}), ...(unasked ? { unasked } : {}), ...(latency ? { latency } : {}) };
}
