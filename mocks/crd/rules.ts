import { asArray, asObject, asString, at, type JsonObject } from '../../src/core/fhir.ts';

/** What is wrong with a client JWT; `absent` = there was none. */
export type JwtFault = 'absent' | 'unsigned' | 'unverifiable';

/** What this CRD service insists on; a behaviour replaces some of it. */
export const crdRules = {
  /** Versions of CRD that discovery names. */
  crdVersions: (): string[] => ['2.2'],
  /** The prefetch templates of a hook, by key: what a client may send ahead, and all that is read of it. */
  crdPrefetch: (hook: string): Readonly<Record<string, string>> => ({
    patient: 'Patient/{{context.patientId}}',
    coverage: 'Coverage?patient={{context.patientId}}&status=active',
    ...(hook === 'order-dispatch' ? { orders: 'ServiceRequest?_id={{context.dispatchedOrders.ServiceRequest.id}}' } : {}),
    ...(hook === 'appointment-book'
      ? { orders: 'ServiceRequest?_id={{context.appointments.entry.resource.basedOn.resolve().ofType(ServiceRequest).id}}' }
      : {}),
    ...(hook.startsWith('encounter') ? { encounter: 'Encounter/{{context.encounterId}}' } : {}),
  }),
  crdAdmits: (problem: JwtFault | undefined): boolean => problem === undefined,
  crdServesPayer: (mine: boolean): boolean => mine,
  /** 412 is for data that is not available, never for gaps in what was given. */
  crdPrefetchSuffices: (_patient: JsonObject): boolean => true,
  crdHonoursConfiguration: (): boolean => true,
  crdToleratesUnknown: (_body: JsonObject): boolean => true,
  crdNeedsConfiguration: (): boolean => false,
  crdOrderSuffices: (_order: JsonObject): boolean => true,
  crdKnowsProfile: (_profile: string): boolean => true,
  crdRepeatsAssertions: (): boolean => false,
  /** The token to query the EHR with; undefined = no query. */
  crdQueryToken: (token: string): string | undefined => token,
  crdGuessesAfterRefusedQuery: (): boolean => false,
  crdGuessesForUnreadablePatient: (): boolean => false,
  crdReportsMissingMember: (): boolean => true,
  crdReportsEndedCoverage: (): boolean => true,
  crdWritesOnOrder: (): boolean => true,
  crdReshape: (resource: JsonObject): JsonObject => resource,
  /** Held back this long, ms, given how many calls of this hook came before. */
  crdDelay: (_served: number, _hook: string): number => 0,
};

const rootMembers = ['hook', 'hookInstance', 'fhirServer', 'fhirAuthorization', 'context', 'prefetch', 'extension'];
const contextMembers = [
  ...['userId', 'patientId', 'encounterId', 'draftOrders', 'selections', 'dispatchedOrders', 'performer', 'fulfillmentTasks', 'appointments'],
];

/** The first member that CDS Hooks does not define. */
const unknownIn = (body: JsonObject): string | undefined =>
  [
    ...Object.keys(body).filter((name) => !rootMembers.includes(name)),
    ...Object.keys(asObject(body['context'])).filter((name) => !contextMembers.includes(name)),
  ][0];

/** Each opinion once more, turned around. */
function contradicting(resource: JsonObject): JsonObject {
  const turned = asArray(resource['extension']).flatMap((each) => {
    const parts = asArray(at(each, 'extension'));
    if (!parts.some((part) => at(part, 'url') === 'covered' && at(part, 'valueCode') === 'covered')) return [];
    const kept = parts.filter((part) => ['coverage', 'date'].includes(asString(at(part, 'url')) ?? ''));
    return [
      {
        ...asObject(each),
        extension: [
          ...kept,
          { url: 'covered', valueCode: 'not-covered' },
          { url: 'coverage-assertion-id', valueString: `N-${JSON.stringify(parts[0]).replace(/\W/g, '')}-${String(resource['id'])}` },
        ],
      },
    ];
  });
  return { ...resource, extension: [...asArray(resource['extension']), ...turned] };
}

export const crdBehaviours = {
  'crd-admits-callers-without-jwt': { crdAdmits: (problem) => problem === undefined || problem === 'absent' },
  'crd-admits-unsigned-jwts': { crdAdmits: (problem) => problem === undefined || problem === 'unsigned' },
  'crd-serves-any-payer': { crdServesPayer: () => true },
  'crd-answers-412-on-gaps': { crdPrefetchSuffices: (patient) => patient['address'] !== undefined },
  'crd-ignores-configuration': { crdHonoursConfiguration: () => false },
  'crd-refuses-unknown-elements': { crdToleratesUnknown: (body) => unknownIn(body) === undefined },
  'crd-needs-configuration': { crdNeedsConfiguration: () => true },
  'crd-needs-optional-elements': {
    crdOrderSuffices: (order) => order['resourceType'] !== 'ServiceRequest' || order['occurrenceDateTime'] !== undefined,
  },
  'crd-refuses-us-core-3': { crdKnowsProfile: (profile) => !profile.endsWith('|3.1.1') },
  'crd-repeats-assertions': { crdRepeatsAssertions: () => true },
  'crd-queries-with-another-token': { crdQueryToken: () => 'another-token' },
  'crd-guesses-after-a-refused-query': { crdGuessesAfterRefusedQuery: () => true },
  'crd-guesses-for-unreadable-patients': { crdGuessesForUnreadablePatient: () => true },
  'crd-404-for-unknown-members': { crdReportsMissingMember: () => false },
  'crd-covers-ended-coverage': { crdReportsEndedCoverage: () => false },
  'crd-writes-on-the-appointment': { crdWritesOnOrder: () => false },
  'crd-says-two-things': { crdReshape: contradicting },
  /** CRD 2.0 has no word for "the query was refused", so a guess is all that a careless service has. */
  'crd-2-0-guesses-after-a-refused-query': {
    crdVersions: () => ['2.0'],
    crdGuessesForUnreadablePatient: () => true,
    crdGuessesAfterRefusedQuery: () => true,
  },
  'crd-rewrites-the-order': { crdReshape: (resource) => ({ ...resource, priority: 'stat' }) },
  'crd-six-seconds-when-busy': { crdDelay: (served, hook) => (served > 5 && hook === 'order-dispatch' ? 6000 : 0) },
  'crd-eleven-seconds-when-busy': { crdDelay: (served, hook) => (served > 5 && hook === 'appointment-book' ? 11_000 : 0) },
  'crd-one-dispatch-in-five-late': { crdDelay: (served, hook) => (hook === 'order-dispatch' && served % 5 === 4 ? 6000 : 0) },
  /** Legal: a service may read what it lacks, or everything afresh. */
  'crd-slow-but-in-time': { crdDelay: () => 25 },
} satisfies Record<string, Partial<typeof crdRules>>;
