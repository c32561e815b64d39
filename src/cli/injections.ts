import { closest } from 'fastest-levenshtein';
import { faults, legalVariations } from '../../checks/injections.ts';
import type { Fault } from '../core/model.ts';

/** The defects (or legal variations) with these ids. Throws with the nearest id for one that nobody has. */
export function faultsCalled(ids: readonly string[]): readonly Fault[] {
  const injections = [...faults, ...legalVariations];
  return ids.map((id) => {
    const injection = injections.find((each) => each.id === id);
    if (injection) return injection.fault;
    const near = closest(
      id,
      injections.map((each) => each.id),
    );
    throw new Error(`No fault is called ${id}. Did you mean ${near}? See them all with: payer-assay list faults`);
  });
}
