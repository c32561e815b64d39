import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bulkMemory } from '../../mocks/bulk/jobs.ts';
import { fileCleanUps } from '../../src/client/clean-ups.ts';
import type { Exchange, Run, Verdict } from '../../src/core/model.ts';
import type { Ended, Stage } from './stage.ts';

/** One thing that is played, and what an honest end of it is. */
export interface Case {
  readonly id: string;
  readonly kind: string;
  /** Sentence without subject: "closes the socket". */
  readonly title: string;
  /** Seconds in which it must have ended by itself. */
  readonly within: number;
  /** Played in TLS, on a stage of its own. */
  readonly tls?: boolean;
  /** Why it cannot be played on this machine; undefined when it can. */
  readonly missing?: () => string | undefined;
  play(stage: Stage, within: number): Promise<Result>;
}

/** What came of one case. */
export interface Result {
  readonly ended: boolean;
  readonly seconds: number;
  readonly peakMB: number;
  readonly exit: number | null;
  /** What no honest end has: failures that it cannot have caused, a conformance that it cannot have left, another exit code than its grade's. */
  readonly dishonest: readonly string[];
  /** What was started or registered at the payer, not taken back, and not told in the report as what a person must end. */
  readonly left: number;
  /** Live tokens in our outputs. */
  readonly leaked: number;
  readonly canaries?: CanaryCount;
}

/** Values that were said in each encoding, and how often they stand in an output. */
export interface CanaryCount {
  readonly level: string;
  readonly values: number;
  readonly said: Readonly<Record<string, number>>;
  readonly found: Readonly<Record<string, number>>;
}

export interface Played extends Result {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
}

export const isGood = ({ ended, dishonest, left, leaked }: Result): boolean => ended && dishonest.length === 0 && left === 0 && leaked === 0;

/** Bearer tokens that were sent since `from`. */
export const tokensSince = ({ proxy }: Stage, from: number): readonly string[] => [
  ...new Set(proxy.heard.slice(from).flatMap(({ headers }) => /"authorization":"Bearer ([^"]{16,})"/.exec(headers)?.[1] ?? [])),
];

/** Is this failure honest? `answer` is the exchange that it points at. */
export type Honest = (verdict: Verdict, answer: Exchange | undefined) => boolean;

/** Reads what a run left: verdicts against `honest`, its exit code against its grade, what is pending, tokens in any output. */
export function read(out: string, end: Ended, tokens: readonly string[], stage: Stage, honest: Honest): Result {
  const { said, ...how } = end;
  const texts = [said, ...outputs(out)];
  const leaked = tokens.filter((token) => texts.some((text) => text.includes(token))).length;
  const pending = fileCleanUps(out).pending().length;
  const running = [...bulkMemory(stage.embedded.payer.state).jobs.values()].filter((job) => !job.cancelled).length;
  const open = Math.max(pending, running);
  if (!existsSync(join(out, 'run.json'))) return { ...how, dishonest: [`no run.json, exit ${end.exit}: ${lastLine(said)}`], left: open, leaked };
  const { exchanges, verdicts, partial, blocked } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as Run;
  const told = blocked.filter(({ suite, reason }) => suite === 'clean-up' && reason.startsWith('could not take back')).length;
  const byIndex = new Map(exchanges.map((each) => [each.index, each]));
  const fails = verdicts.filter(({ finding }) => finding.outcome === 'fail');
  const dishonest = fails.flatMap((verdict) =>
    verdict.finding.outcome !== 'fail' || honest(verdict, byIndex.get(verdict.finding.exchange))
      ? []
      : [`${verdict.requirement}: ${verdict.finding.actual}`],
  );
  return { ...how, dishonest: [...dishonest, ...codeOf(end.exit, verdicts, partial)], left: Math.max(0, open - told), leaked };
}

/** 0 says that all SHALL are met, 1 that one is not; anything that was interrupted is 2. */
function codeOf(exit: number | null, verdicts: readonly Verdict[], partial: string | undefined): readonly string[] {
  const shall = verdicts.filter(({ level }) => level === 'SHALL');
  // Another member's data under load is no row's matter alone.
  const failed = verdicts.some(
    ({ level, requirement, finding }) => finding.outcome === 'fail' && (level === 'SHALL' || requirement === 'time.load.correctness'),
  );
  const open = shall.some(({ finding }) => finding.outcome === 'not-testable');
  const met = verdicts.some(({ finding }) => finding.outcome === 'pass');
  if (exit === 0 && (failed || open || !met || partial !== undefined)) return ['exit 0, though not all is met'];
  if (exit === 1 && !failed) return ['exit 1, though nothing failed'];
  return exit === 0 || exit === 1 || exit === 2 ? [] : [`exit ${exit}`];
}

/** All that a command wrote below a folder, as text. */
export function outputs(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && statSync(path).size < 2 ** 28)
    .map((path) => readFileSync(path, 'utf8'));
}

export const lastLine = (said: string): string => said.trimEnd().split('\n').at(-1)?.slice(0, 160) ?? '';

/** For commands that grade nothing: the exit codes that are honest, and words that must be said. */
export function ended({ said, ...how }: Ended, exits: readonly number[], words?: RegExp): Result {
  const dishonest = [
    ...(how.exit !== null && exits.includes(how.exit) ? [] : [`exit ${how.exit} where ${exits.join(' or ')} is honest: ${lastLine(said)}`]),
    ...(words === undefined || words.test(said) ? [] : [`nowhere it says ${words}: ${lastLine(said)}`]),
    ...(/defect of its own|at .*\.ts:\d+/.test(said) ? [`it calls it its own defect: ${lastLine(said)}`] : []),
    ...([...said].some((sign) => /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(sign))
      ? ['control or direction signs on the terminal']
      : []),
  ];
  return { ...how, dishonest, left: 0, leaked: 0 };
}
