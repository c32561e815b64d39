import { randomUUID } from 'node:crypto';
import { clientRows } from '../../checks/client/index.ts';
import type { Case } from '../../mocks/client/case.ts';
import { type Scripted, type ScriptedOptions, startScripted } from '../../mocks/client/host.ts';
import { createRedactor, type EvidenceLevel, type Redactor } from '../client/redact.ts';
import type { ClientRow } from '../core/client-row.ts';
import { type Claims, verdictsOf } from '../core/client-verdicts.ts';
import type { Hearing, Play } from '../core/heard.ts';
import type { Exchange, Finding, Json, RawExchange, Requirement, Run } from '../core/model.ts';
import { tool } from '../package/tool.ts';
import { type Bracket, bracketsOf, casesOf, play, type Trigger } from './play.ts';
import { factsOf } from './resources.ts';
import { dropSession, joined, saveSession, sessionIn, without } from './session.ts';

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
  readonly onWindow?: (about: Case, ms: number) => void;
  /** What is stored of the people whom the client names. Judges see them as they came. */
  readonly evidence?: EvidenceLevel;
  /** Where a run that is stopped leaves what it heard, and where this one goes on. */
  readonly session?: string;
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
  const { cases, share, signal, name, claims = {}, rows = clientRows, evidence = 'full', session: file } = options;
  const left = sessionIn(file);
  const over = new Set(left.plays.map((each) => each.case));
  const startedAt = new Date().toISOString();
  const whole = options.brackets ?? bracketsOf(cases);
  const brackets = whole.filter((each) => each.cases.length === 0 || each.cases.some(({ id }) => !over.has(id)));
  const anew = new Set(casesOf(brackets.filter((each) => each.cases.length > 0)).map(({ id }) => id));
  const before = without(left, anew);
  const scripted = await startScripted({ ...options, cases: casesOf(whole), share });
  const masked = createRedactor('full', randomUUID());
  const finished: Play[] = [];
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
      ...(options.onWindow ? { onWindow: options.onWindow } : {}),
      onPlayed: (played) => {
        finished.push(...played);
        if (file !== undefined && scripted.heard.length > 0) saveSession(file, joined(before, finished, stored(scripted.heard, masked)));
      },
    });
  } finally {
    await scripted.close();
  }
  const session = joined(before, signal.aborted && options.brackets === undefined ? finished : plays, stored(scripted.heard, masked));
  const hearing: Hearing = { heard: session.heard, plays: session.plays, share };
  if (file !== undefined) {
    if (signal.aborted) saveSession(file, options.brackets === undefined ? session : { ...session, plays: [] });
    else dropSession(file);
  }
  const redactor = evidence === 'full' ? undefined : createRedactor(evidence, randomUUID());
  const exchanges = redactor === undefined ? hearing.heard : stored(hearing.heard, redactor);
  const judged = verdictsOf(rows, hearing, claims);
  const verdicts = redactor === undefined ? judged : judged.map((each) => ({ ...each, finding: withoutPeople(each.finding, redactor) }));
  const run: Run = {
    format: 1,
    tool,
    side: 'client',
    target: { name, fhir: { base: scripted.origin }, auth: { kind: 'none' }, members: {}, evidence, guides: claims },
    startedAt,
    finishedAt: new Date().toISOString(),
    own: rows.map(wordsOf),
    exchanges,
    heard: { plays: redactor === undefined ? hearing.plays : (redactor.json(hearing.plays as unknown as Json) as unknown as readonly Play[]), share },
    blocked: [],
    ...(signal.aborted ? { partial: 'the run was interrupted' } : {}),
    notRun: [],
    verdicts,
  };
  return { hearing, run, dropped: scripted.dropped, unfit: exchanges.filter(({ suite }) => suite === '') };
}

/** Secrets are masked before anything is judged: the judges see what is stored. The people are the script's own. */
function stored(heard: readonly RawExchange[], redactor: Redactor): readonly Exchange[] {
  for (const each of heard) redactor.learn(each);
  return heard.map((each, index) => ({
    ...each,
    index,
    facts: { ...each.facts, ...factsOf(each) },
    request: redactor.request(each.request),
    response: each.response === null ? null : redactor.response(each.response),
  }));
}

/** The words of a finding without the people whom it names. */
const withoutPeople = (finding: Finding, redactor: Redactor): Finding => redactor.json(finding as unknown as Json) as unknown as Finding;

const wordsOf = ({ id, level, text, source, lines, scenarios, holds }: ClientRow): Requirement => ({
  ...{ id, level, text, source, lines, scenarios },
  ...(holds === undefined ? {} : { holds }),
});
