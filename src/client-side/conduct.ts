import { randomUUID } from 'node:crypto';
import { clientRows } from '../../checks/client/index.ts';
import type { Case } from '../../mocks/client/case.ts';
import { type Scripted, type ScriptedOptions, startScripted } from '../../mocks/client/host.ts';
import { createRedactor } from '../client/redact.ts';
import type { ClientRow } from '../core/client-row.ts';
import { type Claims, verdictsOf } from '../core/client-verdicts.ts';
import type { Hearing, Play } from '../core/heard.ts';
import type { Exchange, RawExchange, Requirement, Run } from '../core/model.ts';
import { tool } from '../package/tool.ts';
import { type Bracket, bracketsOf, casesOf, play, type Trigger } from './play.ts';

/** A client under test, and how it is made to ask. */
export interface Conduct extends Omit<ScriptedOptions, 'cases' | 'share'> {
  readonly name: string;
  readonly cases: readonly Case[];
  /** In place of cases between controls. */
  readonly brackets?: readonly Bracket[];
  readonly rows?: readonly ClientRow[];
  readonly claims?: Claims;
  readonly share: number;
  /** Cases at a time: 1 where a person triggers. */
  readonly atOnce: number;
  /** A trigger is not waited for longer than this, ms. */
  readonly longest?: number;
  readonly trigger: (scripted: Scripted) => Trigger;
  readonly signal: AbortSignal;
  /** Called when the payers listen, before the first trigger. */
  readonly onReady?: (scripted: Scripted, brackets: readonly Bracket[]) => void | Promise<void>;
  readonly onCase?: (about: Case, nth: number, of: number) => void;
}

/** What was recorded, redacted as it is stored, with what every row says of it. */
export interface Conducted {
  readonly hearing: Hearing;
  readonly run: Run;
  /** Requests beyond what is kept, and those that fitted no case. */
  readonly dropped: number;
  readonly unfit: readonly Exchange[];
}

/** Starts the scripted payers, plays the cases, and judges what was heard. */
export async function conduct(options: Conduct): Promise<Conducted> {
  const { cases, share, signal, name, claims = {}, rows = clientRows } = options;
  const startedAt = new Date().toISOString();
  const brackets = options.brackets ?? bracketsOf(cases);
  const scripted = await startScripted({ ...options, cases: casesOf(brackets), share });
  let plays: readonly Play[] = [];
  try {
    await options.onReady?.(scripted, brackets);
    plays = await play({
      scripted,
      brackets,
      share,
      signal,
      trigger: options.trigger(scripted),
      atOnce: options.atOnce,
      ...(options.longest === undefined ? {} : { longest: options.longest }),
      ...(options.onCase ? { onCase: options.onCase } : {}),
    });
  } finally {
    await scripted.close();
  }
  const hearing: Hearing = { heard: stored(scripted.heard), plays, share };
  const verdicts = verdictsOf(rows, hearing, claims);
  const run: Run = {
    format: 1,
    tool,
    side: 'client',
    target: { name, fhir: { base: scripted.origin }, auth: { kind: 'none' }, members: {}, evidence: 'full', guides: claims },
    startedAt,
    finishedAt: new Date().toISOString(),
    own: rows.map(wordsOf),
    exchanges: hearing.heard,
    heard: { plays, share },
    blocked: [],
    ...(signal.aborted ? { partial: 'the run was interrupted' } : {}),
    notRun: [],
    verdicts,
  };
  return { hearing, run, dropped: scripted.dropped, unfit: hearing.heard.filter(({ suite }) => suite === '') };
}

/** Secrets are masked before anything is judged: the judges see what is stored. The people are the script's own. */
function stored(heard: readonly RawExchange[]): readonly Exchange[] {
  const redactor = createRedactor('full', randomUUID());
  for (const each of heard) redactor.learn(each);
  return heard.map((each, index) => ({
    ...each,
    index,
    request: redactor.request(each.request),
    response: each.response === null ? null : redactor.response(each.response),
  }));
}

const wordsOf = ({ id, level, text, source, lines, scenarios, holds }: ClientRow): Requirement => ({
  ...{ id, level, text, source, lines, scenarios },
  ...(holds === undefined ? {} : { holds }),
});
