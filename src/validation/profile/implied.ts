import type { Json } from '../../core/model.ts';
import { isElement, listOf } from '../fhirpath/index.ts';

const vitalSigns = new Map(
  Object.entries({
    '85353-1': 'vitalspanel',
    '9279-1': 'resprate',
    '8867-4': 'heartrate',
    '2708-6': 'oxygensat',
    '59408-5': 'oxygensat',
    '8310-5': 'bodytemp',
    '8302-2': 'bodyheight',
    '8306-3': 'bodyheight',
    '9843-4': 'headcircum',
    '29463-7': 'bodyweight',
    '39156-5': 'bmi',
    '85354-9': 'bp',
  }),
);

/** Profiles that FHIR itself lays on a resource: vital signs follow theirs whether they claim it or not (https://hl7.org/fhir/R4/observation-vitalsigns.html). */
export function impliedProfiles(resource: Json): readonly string[] {
  if (!isElement(resource) || resource['resourceType'] !== 'Observation' || !isElement(resource['code'])) return [];
  for (const coding of listOf(resource['code']['coding'])) {
    if (!isElement(coding) || coding['system'] !== 'http://loinc.org' || typeof coding['code'] !== 'string') continue;
    const name = vitalSigns.get(coding['code']);
    if (name !== undefined) return [`http://hl7.org/fhir/StructureDefinition/${name}`];
  }
  return [];
}
