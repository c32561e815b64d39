import type { Json, MemberRole, Operation, Run, Target } from '../core/model.ts';
import { withNewNames } from '../target/renamed.ts';

/** Runs stored before names were changed: read for one version more. Pure. */

const roles: Readonly<Record<string, MemberRole>> = {
  twin: 'multipleMatch',
  foreign: 'notAttributed',
  history: 'largeRecord',
  nearMiss: 'similar',
};

const operations: Readonly<Record<string, Operation>> = { 'crd.warm': 'crd.other', 'crd.cold': 'crd.appointment-book' };

/** The suite that asks with wrong tokens, and its probes. */
const suiteOf = (name: string): string => name.replace(/^gate(?=$|\.)/, 'resource-server');

type Selected = NonNullable<Run['selection']>;

const selectionOf = ({ grep, ...selection }: Selected & { readonly grep?: Selected['only'] }): Selected =>
  grep === undefined ? selection : { ...selection, only: grep };

/** The run under the names of today. */
export function withNewRunNames(run: Run): Run {
  return {
    ...run,
    target: withNewNames(run.target as unknown as Json).value as unknown as Target,
    ...(run.selection === undefined ? {} : { selection: selectionOf(run.selection) }),
    ...(run.suites === undefined
      ? {}
      : { suites: Object.fromEntries(Object.entries(run.suites).map(([suite, scenarios]) => [suiteOf(suite), scenarios])) }),
    ...(run.unasked === undefined ? {} : { unasked: run.unasked.map((each) => ({ ...each, suite: suiteOf(each.suite) })) }),
    blocked: run.blocked.map((each) => ({ ...each, suite: suiteOf(each.suite) })),
    exchanges: run.exchanges.map((each) => {
      const role = each.member === undefined ? undefined : roles[each.member];
      return {
        ...each,
        suite: suiteOf(each.suite),
        ...(each.probe === undefined ? {} : { probe: suiteOf(each.probe) }),
        ...(role === undefined ? {} : { member: role }),
      };
    }),
    ...(run.latency === undefined
      ? {}
      : {
          latency: {
            ...run.latency,
            series: run.latency.series.map((each) => ({ ...each, operation: operations[each.operation] ?? each.operation })),
          },
        }),
  };
}
