import type { Scenario, Step } from './model.ts';

/** Scenarios that a step belongs to, in the words of the use case's flow A to G. */

const all: readonly Scenario[] = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'];
/** Everything that travels on the FHIR API with a bearer token; S2 authenticates with CDS Hooks JWTs instead. */
const fhirApi: readonly Scenario[] = ['S1', 'S3', 'S4', 'S5', 'S6'];
const oneMember: readonly Scenario[] = ['S1', 'S3', 'S4'];
const crd: readonly Scenario[] = ['S2'];
const panel: readonly Scenario[] = ['S5', 'S6'];
const async: readonly Scenario[] = ['S3', 'S5', 'S6'];

const table: Readonly<Record<Step, readonly Scenario[]>> = {
  'directory.metadata': all,
  'directory.organization': all,
  'directory.endpoint': all,
  'wellknown.davinci': all,
  metadata: all,
  versions: all,
  'smart.configuration': fhirApi,
  'udap.metadata': all,
  'plain-http': all,
  tls: all,
  token: fhirApi,
  register: fhirApi,
  'udap.token': fhirApi,
  introspect: fhirApi,
  jwks: all,
  crl: all,
  'member-match': fhirApi,
  match: fhirApi,
  'idi-match': fhirApi,
  read: oneMember,
  vread: oneMember,
  search: oneMember,
  page: oneMember,
  everything: ['S3'],
  docref: ['S3', 'S4'],
  binary: ['S3', 'S4'],
  document: ['S3', 'S4'],
  'app-link': ['S3'],
  'care-gaps': ['S4'],
  preflight: oneMember,
  operation: oneMember,
  'cds.discovery': crd,
  'cds.hook': crd,
  'cds.feedback': crd,
  'ehr.callback': crd,
  'group.search': panel,
  'group.read': panel,
  'group.operation': panel,
  'bulk.kickoff': async,
  'bulk.status': async,
  'bulk.manifest': async,
  'bulk.file': async,
  'bulk.delete': async,
};

export const scenariosOf = (step: Step): readonly Scenario[] => table[step];
export const allScenarios: readonly Scenario[] = all;
