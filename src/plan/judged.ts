import type { ClientRow } from '../core/client-row.ts';
import { verdictsOf } from '../core/client-verdicts.ts';
import { mark } from '../core/grade.ts';
import { judge } from '../core/judge.ts';
import type { Check, Run, Verdict } from '../core/model.ts';
import type { Resolved } from './types.ts';

/** Everything that a plan may select from: rows about payers, and rows about their clients. */
export interface Catalogue {
  readonly checks: readonly Check[];
  readonly clientRows: readonly ClientRow[];
}

/** The rows that a plan's selectors mean. */
export const rowsFor = ({ side }: Pick<Resolved['plan'], 'side'>, { checks, clientRows }: Catalogue): readonly (Check | ClientRow)[] =>
  side === 'client' ? clientRows : checks;

export interface Judged {
  /** At the levels of the plan. */
  readonly verdicts: readonly Verdict[];
  /** Rows that were decided by what somebody said of the screen, and not by the wire. */
  readonly attested: readonly string[];
  /** Why the run cannot be graded under this plan at all. */
  readonly unfit?: string;
}

const people = { payer: 'a payer', client: 'a client of payers' } as const;

/** The plan's rows over a stored run. `run.target` is the one that the plan leaves (src/plan/target.ts). */
export function judgedUnder(run: Run, { plan, rows }: Resolved, { checks, clientRows }: Catalogue, retracted: ReadonlySet<string>): Judged {
  const mine = <R extends { readonly id: string }>(all: readonly R[]): readonly R[] =>
    all.filter(({ id }) => rows[id] !== undefined && !retracted.has(id));
  const levelled = (verdicts: readonly Verdict[]): readonly Verdict[] =>
    verdicts.map((each) => ({ ...each, level: rows[each.requirement] ?? each.level }));
  const [graded, wanted] = [run.side ?? 'payer', plan.side ?? 'payer'] as const;
  if (graded !== wanted) return { verdicts: [], attested: [], unfit: `the run is of ${people[graded]}, and the plan grades ${people[wanted]}` };
  if (plan.side === undefined) return { verdicts: levelled(judge(mine(checks), run, run.finishedAt.slice(0, 10))), attested: [] };
  if (run.heard === undefined)
    return { verdicts: [], attested: [], unfit: 'the run does not say how the cases were played: it was made by an older version of payer-assay' };
  const { plays, share } = run.heard;
  const claims = Object.fromEntries(Object.entries(run.target.guides ?? {}).flatMap(([id, said]) => (typeof said === 'string' ? [[id, said]] : [])));
  const over = (these: typeof plays) => verdictsOf(mine(clientRows), { heard: run.exchanges, plays: these, share }, claims);
  const verdicts = over(plays);
  const wire = over(plays.map(({ shown: _, ...play }) => play));
  const differs = (verdict: Verdict, nth: number): boolean => wire[nth] !== undefined && mark(wire[nth]) !== mark(verdict);
  return { verdicts: levelled(verdicts), attested: verdicts.filter(differs).map(({ requirement }) => requirement) };
}
