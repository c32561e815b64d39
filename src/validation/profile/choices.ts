import type { Definitions } from '../definitions.ts';
import type { Choices } from '../fhirpath/values.ts';
import { primitives } from './primitives.ts';

/** Names of all choice elements of R4. The list is closed, for profiles cannot add one; test/validation/choices.test.ts compares it with the definitions. */
const names =
  'abatement additive age allowed amount answer asNeeded author born bounds characteristic chargeItem code collected content created date deceased defaultValue definingSubstance definition detail diagnosis dose doseNumber due duration effective entity event example fastingStatus fixed identified indication instances item legallyBinding location manufacturer maxValue medication minValue minimumVolume module multipleBirth name occurred occurrence offset onset participantEffective pattern performed probability procedure product quantity rate reported scheduled seriesDoses serviced source start statusReason studyEffective subject substance target time timing topic used value when';

/** Element names that may end in a type, and the types they may end in. */
export function choicesOf(definitions: Definitions): Choices {
  const core = definitions.packs.find((pack) => pack.name === 'hl7.fhir.r4.core#4.0.1');
  const types = new Map<string, string>();
  for (const entry of core?.entries ?? []) {
    if (entry.kind === 'StructureDefinition' && entry.base === true && entry.type !== undefined && /^[A-Z]/.test(entry.type))
      types.set(entry.type, entry.type);
  }
  for (const name of Object.keys(primitives)) types.set(name.charAt(0).toUpperCase() + name.slice(1), name);
  return { names: new Set(names.split(' ')), types };
}
