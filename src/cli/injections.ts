import { closest } from 'fastest-levenshtein';
import { faults, legalVariations } from '../../checks/injections.ts';
import type { Fault } from '../core/model.ts';

/** The defects (or legal variations) with these ids. Throws with the nearest id for one that nobody has. */
export function faultsCalled(ids: readonly string[]): readonly Fault[] {
  const injections = [...faults, ...legalVariations];
  return ids.map((id) => {
    const injection = injections.find((each) => each.id === id);
    if (injection) return injection.fault;
    // A requirement stands for its fault where it has one.
    const own = injections.filter((each) => each.requirement === id);
    const [only] = own;
    if (only !== undefined && own.length === 1) return only.fault;
    if (only !== undefined)
      throw new Error(`wrong usage of --fault: ${id} has ${own.length} faults. Choose one: ${own.map((each) => each.id).join(', ')}`);
    const ofIt = injections.filter((each) => id.startsWith(`${each.requirement}/`));
    const near = closest(
      id,
      (ofIt.length > 0 ? ofIt : injections).map((each) => each.id),
    );
    throw new Error(`wrong usage of --fault: no fault is called ${id}. Did you mean ${near}? See them all with: payer-assay list faults`);
  });
}
