import type { Check } from '../src/core/model.ts';

/**
 * Rows of one kind: what they share is said once, above them (scenarios, lines, whom they bind), and a row that differs says so itself.
 * A search for an id still shows the whole requirement: id, level, text and source stay in the row.
 */
export const group = <Shared extends Partial<Check>>(
  shared: Shared,
  rows: readonly (Omit<Check, keyof Shared> & Partial<Pick<Check, keyof Shared & keyof Check>>)[],
): readonly Check[] => rows.map((row) => ({ ...shared, ...row }) as unknown as Check);
