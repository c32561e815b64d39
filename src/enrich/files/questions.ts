import { askingChecks } from '../../../checks/asking.ts';
import type { Resource } from '../../core/fhir.ts';
import type { LinePlace } from '../../core/lines.ts';
import type { Issue } from '../../core/model.ts';

/** Rule under which a line counts that the `mustSee` of a check picked. */
const mark = 'row:';

const questions = askingChecks.flatMap(({ id, mustSee }) => (mustSee === undefined ? [] : [{ id, mustSee }]));

/** Checks that ask about single lines. */
export const asking: readonly string[] = questions.map(({ id }) => id);

export const isQuestion = (rule: string): boolean => rule.startsWith(mark);
export const ruleOf = (check: string): string => `${mark}${check}`;

/** Which checks must see this line, as issues, so that it is counted and kept like anything that is wrong. */
export const pickedBy = (row: Resource, place: LinePlace, text: string): readonly Issue[] =>
  questions
    .filter(({ mustSee }) => picks(() => mustSee(row, place, text)))
    .map(({ id }) => ({ severity: 'warning', rule: ruleOf(id), expression: '', text: '', tier: 0 }));

/** A question that stumbles over a row has not answered: the judge must look. */
function picks(ask: () => boolean): boolean {
  try {
    return ask();
  } catch {
    return true;
  }
}
