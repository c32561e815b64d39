import { type Scenario, type Step, scenarios } from './vocabulary.ts';

/** Scenarios that a step belongs to, in the words of the use case's flow A to G. */

/** Sets of scenarios that rows and steps share; one that no name fits is written out where it is used. */
export const allScenarios: readonly Scenario[] = scenarios;
/** Everything that travels on the FHIR API with a bearer token; S2 authenticates with CDS Hooks JWTs instead. */
export const fhirApi: readonly Scenario[] = ['S1', 'S3', 'S4', 'S5', 'S6'];
/** The record of one known member. */
export const oneMember: readonly Scenario[] = ['S1', 'S3', 'S4'];
/** Coverage requirements at the moment of ordering. */
export const ordering: readonly Scenario[] = ['S2'];
/** All members of a provider at once. */
export const panel: readonly Scenario[] = ['S5', 'S6'];
/** What is answered later, by a job. */
export const asynchronous: readonly Scenario[] = ['S3', 'S5', 'S6'];

/** Finding the member, and what is asked of that member next. */
export const identity: readonly Scenario[] = ['S1', 'S4'];
export const documents: readonly Scenario[] = ['S3', 'S4'];
/** A SMART app is one of the answers that these scenarios name. */
export const apps: readonly Scenario[] = ['S2', 'S3', 'S4'];
export const roster: readonly Scenario[] = ['S5'];
export const claimsExport: readonly Scenario[] = ['S6'];

const table: Readonly<Record<Step, readonly Scenario[]>> = {
  'directory.metadata': allScenarios,
  'directory.organization': allScenarios,
  'directory.endpoint': allScenarios,
  'wellknown.davinci': allScenarios,
  metadata: allScenarios,
  versions: allScenarios,
  'smart.configuration': fhirApi,
  'udap.metadata': allScenarios,
  'plain-http': allScenarios,
  tls: allScenarios,
  token: fhirApi,
  authorize: fhirApi,
  register: fhirApi,
  'udap.token': fhirApi,
  introspect: fhirApi,
  jwks: allScenarios,
  crl: allScenarios,
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
  'app.page': apps,
  'app.call': apps,
  'app.seen': apps,
  'care-gaps': ['S4'],
  preflight: oneMember,
  operation: oneMember,
  'cds.discovery': ordering,
  'cds.hook': ordering,
  'cds.feedback': ordering,
  'ehr.callback': ordering,
  'group.search': panel,
  'group.read': panel,
  'group.operation': panel,
  'bulk.kickoff': asynchronous,
  'bulk.status': asynchronous,
  'bulk.manifest': asynchronous,
  'bulk.file': asynchronous,
  'bulk.delete': asynchronous,
  elsewhere: allScenarios,
};

export const scenariosOf = (step: Step): readonly Scenario[] => table[step];
