import type { Resolved } from './types.ts';

/** What changes from one plan, edition or variant to another. */
export interface PlanDiff {
  readonly from: string;
  readonly to: string;
  readonly rowsIn: readonly string[];
  readonly rowsOut: readonly string[];
  readonly levels: readonly { readonly id: string; readonly was: string; readonly is: string }[];
  readonly guides: readonly { readonly id: string; readonly was: string; readonly is: string }[];
  readonly factsIn: readonly string[];
  readonly factsOut: readonly string[];
  readonly forbidIn: readonly string[];
  readonly forbidOut: readonly string[];
}

const without = (these: readonly string[], those: readonly string[]): readonly string[] => these.filter((each) => !those.includes(each));

export function planDiff(a: Resolved, b: Resolved): PlanDiff {
  const [before, after] = [Object.keys(a.rows), Object.keys(b.rows)];
  const facts = ({ plan }: Resolved) => plan.mustShow.map(({ what, min = 1 }) => (min === 1 ? what : `${what} (at least ${min})`));
  const binding = ({ guides }: Resolved, id: string): string => {
    const guide = guides[id];
    if (guide === undefined) return 'not bound';
    const { bind, accept = [], expired = [] } = guide;
    return [bind, ...accept.map((each) => `or ${each}`), ...expired.map((each) => `${each} expired`)].join(', ');
  };
  return {
    from: a.name,
    to: b.name,
    rowsIn: without(after, before),
    rowsOut: without(before, after),
    levels: after.flatMap((id) => {
      const [was, is] = [a.rows[id], b.rows[id]];
      return was === undefined || is === undefined || was === is ? [] : [{ id, was, is }];
    }),
    guides: [...new Set([...Object.keys(a.guides), ...Object.keys(b.guides)])].flatMap((id) => {
      const [was, is] = [binding(a, id), binding(b, id)];
      return was === is ? [] : [{ id, was, is }];
    }),
    factsIn: without(facts(b), facts(a)),
    factsOut: without(facts(a), facts(b)),
    forbidIn: without(b.plan.forbid, a.plan.forbid),
    forbidOut: without(a.plan.forbid, b.plan.forbid),
  };
}

/** For the terminal: one change a line, `+` in, `-` out, `~` changed. */
export const diffLines = (diff: PlanDiff): readonly string[] => [
  ...diff.guides.map(({ id, was, is }) => `~ guide ${id}: ${was} -> ${is}`),
  ...diff.rowsIn.map((id) => `+ row ${id}`),
  ...diff.rowsOut.map((id) => `- row ${id}`),
  ...diff.levels.map(({ id, was, is }) => `~ row ${id}: ${was} -> ${is}`),
  ...diff.factsIn.map((each) => `+ must show ${each}`),
  ...diff.factsOut.map((each) => `- must show ${each}`),
  ...diff.forbidIn.map((each) => `+ refused in the target file: ${each}`),
  ...diff.forbidOut.map((each) => `- refused in the target file: ${each}`),
  `${diff.from} -> ${diff.to}: ${diff.rowsIn.length} rows in, ${diff.rowsOut.length} out, ${diff.levels.length} of another level; ${diff.factsIn.length} facts in, ${diff.factsOut.length} out; ${diff.guides.length} guides bound otherwise`,
];
