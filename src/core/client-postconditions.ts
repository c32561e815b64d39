import { clip } from './findings.ts';
import { mark } from './grade.ts';
import type { Line, Verdict } from './model.ts';
import type { PostCondition, PostConditionId } from './postcondition.ts';

/** From the clinician's side of a client: which lines of requirements decide a post-condition, and what they are about. */
const lines: Readonly<Record<PostConditionId, { readonly lines: readonly Line[]; readonly about: string }>> = {
  P1: { lines: ['L2', 'L4'], about: 'which data it asks for and about whom' },
  P2: { lines: ['L6'], about: 'its times' },
  P3: { lines: ['L2'], about: 'what it makes of payloads' },
  P4: { lines: ['L5', 'L6'], about: 'waiting and jobs' },
  P5: { lines: ['L7'], about: 'what it does after an error' },
};

/** One post-condition of a client in one scenario, by its verdicts there alone: what was not seen is not decided. */
export function ofClient(id: PostConditionId, verdicts: readonly Verdict[]): Pick<PostCondition, 'state' | 'why' | 'requirement' | 'exchange'> {
  const { about } = lines[id];
  const own = verdicts.filter((each) => each.lines.some((line) => lines[id].lines.includes(line)));
  const failed = own.find((each) => mark(each) === 'fail' && !each.expected);
  if (failed?.finding.outcome === 'fail') {
    const { expected, actual, exchange } = failed.finding;
    return {
      state: 'missed',
      why: `${failed.requirement}: expected ${clip(expected, 140)}; saw ${clip(actual, 140)}.`,
      requirement: failed.requirement,
      exchange,
    };
  }
  const open = own.find((each) => each.level === 'SHALL' && mark(each) === 'not-testable');
  if (open !== undefined)
    return {
      state: 'unknown',
      why: `${open.requirement} and perhaps others could not be tested: ${'reason' in open.finding ? clip(open.finding.reason, 160) : ''}`,
    };
  const passed = own.filter((each) => mark(each) === 'pass').length;
  return passed > 0
    ? { state: 'met', why: `All ${passed} requirements about ${about} that were seen are met.` }
    : { state: 'unknown', why: `The client showed nothing about ${about} in this scenario.` };
}
