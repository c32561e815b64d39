import { closest } from 'fastest-levenshtein';
import { faults, legalVariations } from '../../checks/plants.ts';
import type { Fault } from '../core/model.ts';

/** The defects (or legal variations) with these ids. Throws with the nearest id for one that nobody has. */
export function faultsCalled(ids: readonly string[]): readonly Fault[] {
  const plants = [...faults, ...legalVariations];
  return ids.map((id) => {
    const plant = plants.find((each) => each.id === id);
    if (plant) return plant.fault;
    const near = closest(
      id,
      plants.map((each) => each.id),
    );
    throw new Error(`No fault is called ${id}. Did you mean ${near}? See them all with: payer-assay list faults`);
  });
}
