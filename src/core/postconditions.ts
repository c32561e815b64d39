import { capabilityOf, hasOperation, resourceEntry } from './capability.ts';
import { ofClient } from './client-postconditions.ts';
import { asArray, asString, at, jsonOf } from './fhir.ts';
import { clip, isThrottled, statusOf } from './findings.ts';
import { mark } from './grade.ts';
import { operationOf } from './latency.ts';
import type { Exchange, Line, Run, Scenario, Selection, Step, Verdict } from './model.ts';
import type { PostCondition, PostConditionId } from './postcondition.ts';
import { plainLanguage, unusable } from './rubric/language.ts';
import { type ErrorReport, passMark } from './rubric/report.ts';
import { wordsOf } from './rubric/words.ts';
import { countsIn } from './scorecard.ts';
import { allScenarios, scenariosOf } from './steps.ts';

export type { PostCondition, PostConditionId };

export type JudgedRun = Pick<Run, 'exchanges' | 'verdicts' | 'target' | 'selection' | 'suites' | 'side'>;
type Answer = Pick<PostCondition, 'state' | 'why' | 'requirement' | 'exchange'>;

interface Scope {
  readonly scenario: Scenario;
  readonly verdicts: readonly Verdict[];
  readonly exchanges: readonly Exchange[];
  readonly run: JudgedRun;
  readonly errors: ErrorReport;
}

/** Decides P1 to P5 for each of the six scenarios from what was judged and scored; nothing is asked again. */
export function postconditions(run: JudgedRun, errors: ErrorReport): readonly PostCondition[] {
  return allScenarios.flatMap((scenario) => {
    if (run.side === 'client') {
      const own = run.verdicts.filter((each) => countsIn(each, scenario));
      const left = leftOut(scenario, run.selection);
      return rules.map(([id, title]) => ({ scenario, id, title, ...(left ?? ofClient(id, own)) }));
    }
    const scope: Scope = {
      scenario,
      run,
      errors,
      verdicts: run.verdicts.filter((each) => countsIn(each, scenario)),
      exchanges: run.exchanges.filter((each) => (run.suites?.[each.suite] ?? scenariosOf(each.step)).includes(scenario)),
    };
    const left = leftOut(scenario, run.selection) ?? notOffered(scope);
    return rules.map(([id, title, decide]) => ({ scenario, id, title, ...(left ?? decide(scope)) }));
  });
}

/** A post-condition speaks of a whole scenario: a run that was limited cannot decide it. */
function leftOut(scenario: Scenario, selection: Selection = {}): Answer | undefined {
  if (selection.scenarios !== undefined && !selection.scenarios.includes(scenario))
    return unknown(`${scenario} was not part of this run (--scenario ${selection.scenarios.join(',')}).`);
  if (selection.plans !== undefined) return unknown(`Only the rows of ${selection.plans.join(', ')} were judged (--plan).`);
  return selection.only === undefined ? undefined : unknown(`Only requirements that match ${selection.only.join(', ')} were judged (--only).`);
}

/** Steps that nothing but this scenario asks; none was answered, and the payer says nowhere that it offers them. */
function notOffered({ scenario, run }: Scope): Answer | undefined {
  const own = ownSteps[scenario];
  if (own === undefined || run.exchanges.some((each) => own.steps.includes(each.step) && each.probe === undefined && isServed(each)))
    return undefined;
  return own.isDeclared(run)
    ? undefined
    : { state: 'not-offered', why: `The payer offers no ${own.what}: none is declared or named, and none answered.` };
}

const isServed = (exchange: Exchange): boolean => statusOf(exchange) >= 200 && statusOf(exchange) < 300;
const declaresGroups = ({ exchanges, target }: JudgedRun): boolean => {
  const capability = capabilityOf({ exchanges, target, blocked: [] });
  return capability === undefined || resourceEntry(capability, 'Group') !== undefined || hasOperation(capability, 'Patient', 'export');
};
interface OwnSteps {
  readonly what: string;
  readonly steps: readonly Step[];
  readonly isDeclared: (run: JudgedRun) => boolean;
}
const groupSteps: OwnSteps = {
  what: 'attribution lists and exports',
  steps: ['group.read', 'group.search', 'bulk.kickoff'],
  isDeclared: declaresGroups,
};
const ownSteps: Partial<Record<Scenario, OwnSteps>> = {
  S2: { what: 'CDS service', steps: ['cds.discovery', 'cds.hook'], isDeclared: ({ target }) => target.cds !== undefined },
  S5: groupSteps,
  S6: groupSteps,
};

const met = (why: string): Answer => ({ state: 'met', why });
const unknown = (why: string): Answer => ({ state: 'unknown', why });

const onLines = ({ verdicts }: Scope, ...lines: readonly Line[]): readonly Verdict[] =>
  verdicts.filter((each) => each.lines.some((line) => lines.includes(line)));

const missedBy = (verdict: Verdict): Answer => {
  const { finding, requirement } = verdict;
  return finding.outcome === 'fail'
    ? {
        state: 'missed',
        why: `${requirement}: expected ${clip(finding.expected, 140)}; saw ${clip(finding.actual, 140)}.`,
        requirement,
        exchange: finding.exchange,
      }
    : { state: 'missed', why: requirement, requirement };
};

/** P1: the data verdicts pass, or the answer says specifically why not. */
function information(scope: Scope): Answer {
  const data = onLines(scope, 'L2', 'L4');
  const failed = data.find((each) => mark(each) === 'fail' && !each.expected);
  if (failed) return missedBy(failed);
  const refused = scope.exchanges.find(
    (each) => each.probe === undefined && businessSteps.has(each.step) && statusOf(each) >= 400 && !isThrottled(each),
  );
  const passed = data.filter((each) => mark(each) === 'pass').length;
  const open = data.find((each) => each.level === 'SHALL' && mark(each) === 'not-testable');
  if (refused && open) {
    const { text } = wordsOf(refused);
    return plainLanguage(text).plain
      ? { state: 'met', why: `The payer gave no data but said specifically why: "${clip(text, 160)}".`, exchange: refused.index }
      : {
          state: 'missed',
          why: `${refused.request.method} ${refused.request.url} was answered ${statusOf(refused)} without saying why.`,
          exchange: refused.index,
        };
  }
  if (open) return unknown(`${open.requirement} and perhaps others could not be tested: ${reasonOf(open)}`);
  return passed > 0
    ? met(`All ${passed} data and identity requirements that apply are met.`)
    : unknown('No data requirement of this scenario was judged.');
}

const businessSteps = new Set([
  'member-match',
  'read',
  'search',
  'everything',
  'care-gaps',
  'cds.hook',
  'group.search',
  'group.read',
  'bulk.kickoff',
]);
const reasonOf = ({ finding }: Verdict): string => ('reason' in finding ? clip(finding.reason, 160) : 'no reason was recorded.');

/** P2: the time verdicts pass against the agreement. */
function inTime(scope: Scope): Answer {
  const times = scope.verdicts.filter((each) => each.measures === 'answer time');
  // A recommended time is no limit that was agreed.
  const failed = times.find(
    (each) => each.finding.outcome === 'fail' && each.finding.severity !== 'warning' && each.level !== 'SHOULD' && !each.expected,
  );
  if (failed) return missedBy(failed);
  const silent = scope.exchanges.find((each) => each.probe === undefined && each.error?.code === 'timeout');
  if (silent)
    return {
      state: 'missed',
      why: `${silent.request.method} ${silent.step} was not answered: ${clip(silent.error?.message ?? '', 160)}.`,
      exchange: silent.index,
    };
  const passed = times.filter((each) => mark(each) === 'pass').length;
  return passed > 0
    ? met(`All ${passed} time limits that are agreed or asked for are kept.`)
    : unknown('No time limit of this scenario could be judged.');
}

/** P3: payloads validate without error, and every text for people is plain. */
function understandable(scope: Scope): Answer {
  const honest = scope.exchanges.filter((each) => each.probe === undefined);
  const invalid = scope.verdicts.find((each) => each.measures === 'payload' && mark(each) === 'fail' && !each.expected);
  if (invalid) return missedBy(invalid);
  const texts = [...honest.flatMap(cardTexts), ...provokedTexts(scope)];
  const odd = texts.find((each) => !plainLanguage(each.text, each.shortest).plain);
  if (odd) {
    const { why } = plainLanguage(odd.text, odd.shortest);
    return { state: 'missed', why: `A text for people is not plain, ${why}: "${clip(odd.text, 120)}".`, exchange: odd.exchange };
  }
  if (honest.every((each) => each.response === null)) return unknown('Nothing of this scenario was answered.');
  const judged = scope.verdicts.some((each) => each.measures === 'payload' && mark(each) === 'pass');
  if (!judged) return unknown('No payload of this scenario was judged.');
  return met(texts.length > 0 ? `No payload has an error, and all ${texts.length} texts for people are plain.` : 'No payload has an error.');
}

interface HumanText {
  readonly text: string;
  readonly shortest: number;
  readonly exchange: number;
}

/** Card summaries are headlines: a few words are enough. */
function cardTexts(exchange: Exchange): readonly HumanText[] {
  if (exchange.step !== 'cds.hook') return [];
  return asArray(at(jsonOf(exchange.response), 'cards')).flatMap((card) => {
    const text = asString(at(card, 'summary'));
    return text === undefined ? [] : [{ text, shortest: 5, exchange: exchange.index }];
  });
}

const provokedTexts = ({ errors, scenario }: Scope): readonly HumanText[] =>
  errors.scores
    .filter((each) => scenariosOf(each.step).includes(scenario) && each.words !== '')
    .map((each) => ({ text: each.words, shortest: 20, exchange: each.exchange }));

/** P4: waiting stays within the agreement, and no message is unusable. */
function noBurden(scope: Scope): Answer {
  const late = scope.exchanges.find((each) => {
    const operation = each.probe === undefined ? operationOf(each) : undefined;
    const limit = operation === undefined ? undefined : scope.run.target.agreement?.limits?.[operation]?.timeout;
    return limit !== undefined && each.timing.total > limit;
  });
  if (late)
    return { state: 'missed', why: `${late.step} took ${Math.round(late.timing.total)} ms, beyond the agreed timeout.`, exchange: late.index };
  const job = jobBeyond(scope);
  if (job) return job;
  const scores = scope.errors.scores.filter((each) => scenariosOf(each.step).includes(scope.scenario));
  const bad = scores.find((each) => unusable(each.words) !== undefined);
  if (bad) return { state: 'missed', why: `The answer to ${bad.probe} is ${unusable(bad.words)}: nobody can use it.`, exchange: bad.exchange };
  if (scope.exchanges.length === 0) return unknown('Nothing of this scenario was asked.');
  const { limits = {} } = scope.run.target.agreement ?? {};
  const isTimed = scope.exchanges.some((each) => {
    const operation = each.probe === undefined ? operationOf(each) : undefined;
    return operation !== undefined && limits[operation]?.timeout !== undefined;
  });
  if (!isTimed && scores.length === 0) return unknown('No timeout is agreed for what was asked, and no error message was looked at.');
  return met(`No wait passed an agreed limit${scores.length > 0 ? `, and all ${scores.length} error messages can be used` : ''}.`);
}

/** Wall time of a bulk job against the agreed hard limit, polls and pauses included. */
function jobBeyond({ exchanges, run }: Scope): Answer | undefined {
  const limit = run.target.agreement?.limits?.['bulk.job']?.timeout;
  if (limit === undefined) return undefined;
  let started: number | undefined;
  for (const exchange of exchanges) {
    if (exchange.probe !== undefined) continue;
    const at = Date.parse(exchange.startedAt);
    if (exchange.step === 'bulk.kickoff' && statusOf(exchange) === 202) started = at;
    if ((exchange.step === 'bulk.manifest' || exchange.step === 'bulk.status') && started !== undefined && at - started > limit)
      return { state: 'missed', why: `The export took ${at - started} ms; ${limit} ms are agreed.`, exchange: exchange.index };
  }
  return undefined;
}

/** P5: every provoked error reaches the pass mark and names a path forward. */
function pathForward({ errors, scenario }: Scope): Answer {
  const scores = errors.scores.filter((each) => scenariosOf(each.step).includes(scenario));
  if (scores.length === 0) return unknown('No error was provoked in this scenario.');
  const low = scores.reduce((a, b) => (b.points < a.points ? b : a));
  const example = low.words === '' ? 'it says nothing' : `"${clip(low.words, 120)}"`;
  if (low.points < passMark)
    return {
      state: 'missed',
      why: `The answer to ${low.probe} scores ${low.points} of 20 (at least ${passMark}): ${example}.`,
      exchange: low.exchange,
    };
  const lost = scores.find((each) => each.actions.length === 0 || (each.criteria[7]?.points ?? 0) === 0);
  if (lost)
    return {
      state: 'missed',
      why: `The answer to ${lost.probe} names no path forward: "${clip(lost.words === '' ? 'it says nothing' : lost.words, 120)}".`,
      exchange: lost.exchange,
    };
  return met(`All ${scores.length} provoked errors score at least ${low.points} of 20 and name a path forward.`);
}

const rules: readonly (readonly [PostConditionId, string, (scope: Scope) => Answer])[] = [
  ['P1', 'The provider has the information asked for, or something specific instead', information],
  ['P2', 'It came in time, without hurting the workflow', inTime],
  ['P3', 'It is understandable by clinician, staff or machine', understandable],
  ['P4', 'No undue burden of waiting or unusable messages', noBurden],
  ['P5', 'After an error nobody is left not knowing the path forward', pathForward],
];
