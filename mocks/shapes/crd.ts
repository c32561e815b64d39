import { asArray, asObject, at, parseJson } from '../../src/core/fhir.ts';
import type { Rules } from '../kernel/payer.ts';
import { parts } from './offers.ts';
import type { Shape } from './shape.ts';

const { directorySteps, directoryTarget, guide, rosterOperations, udapSteps } = parts;

const source = 'CRD 2.0.1: "CRD client implementations SHOULD NOT expect standardized prefetch key names."';

/** A CDS service and its token endpoint, nothing else. */
const crdOnly = (id: string, title: string, legalBecause: string, crdPrefetch: Rules['crdPrefetch']): Shape => ({
  id,
  title,
  legalBecause,
  lacks: {
    steps: [
      ...directorySteps.filter((step) => step !== 'wellknown.davinci'),
      ...udapSteps,
      ...(['member-match', 'match', 'idi-match', 'everything', 'docref', 'binary', 'document', 'care-gaps'] as const),
      ...(['bulk.kickoff', 'bulk.status', 'bulk.manifest', 'bulk.file', 'bulk.delete', 'group.search', 'group.read', 'group.operation'] as const),
    ],
    operations: ['everything', 'docref', 'care-gaps', 'member-match', 'match', 'idi-match', 'IDI-match', 'export', ...rosterOperations],
    guides: ['core', 'carin-bb', 'davinci-hrex', 'davinci-pdex', 'davinci-atr', 'identity-matching', 'davinci-deqm', 'udap-security'].map(guide),
    target: ['udap', 'bulk', ...directoryTarget],
  },
  rules: { crdPrefetch, offers: () => false },
});

const dispatched = 'ServiceRequest?_id={{context.dispatchedOrders.ServiceRequest.id}}';

const imaging = '/cds-services/crd-order-sign-imaging';

/** The discovery answer with a second service for order-sign. */
const withSecond = (body: string): string => {
  const services = asArray(at(parseJson(body), 'services'));
  const more = services.filter((each) => at(each, 'hook') === 'order-sign').map((each) => ({ ...asObject(each), id: 'crd-order-sign-imaging' }));
  return JSON.stringify({ services: [...services, ...more] });
};

export const crdShapes: readonly Shape[] = [
  {
    id: 'crd-two-services',
    title: 'has a second service for order-sign, which has nothing to say of what it does not cover',
    legalBecause: 'CDS Hooks 2.0: "the CDS client may be invoking multiple services from the same hook".',
    proxy: {
      before: ({ path }) =>
        path.endsWith(imaging) ? { status: 200, headers: { 'content-type': 'application/json' }, body: '{"cards":[]}' } : undefined,
      after: (reply, { path }) => (path.endsWith('/cds-services') && reply.status === 200 ? { ...reply, body: withSecond(reply.body) } : reply),
    },
  },
  crdOnly('crd-own-keys', 'offers CRD only and names its prefetch keys itself', source, (hook) => ({
    thePatient: 'Patient/{{context.patientId}}',
    activeCoverage: 'Coverage?patient={{context.patientId}}&status=active',
    ...(hook === 'order-dispatch' ? { sentOrders: dispatched } : {}),
    ...(hook.startsWith('encounter') ? { visit: 'Encounter/{{context.encounterId}}' } : {}),
  })),
  crdOnly('crd-fhirpath-keys', 'asks for prefetch by FHIRPath', 'CDS Hooks 2.0 prefetch tokens: "a FHIRPath expression".', (hook) => ({
    'p-1': 'Patient/{{context.patientId}}',
    'c-1': 'Coverage?patient={{context.patientId}}&status=active',
    ...(hook === 'order-sign' || hook === 'order-select'
      ? { 'o-1': 'ServiceRequest?_id={{context.draftOrders.entry.resource.ofType(ServiceRequest).id}}' }
      : {}),
    ...(hook === 'encounter-discharge' ? { 'e-1': 'Encounter?_id={{%context.encounterId}}' } : {}),
  })),
  crdOnly(
    'crd-one-key',
    'asks for the Coverage ahead and reads the rest',
    'CDS Hooks 2.0: prefetch is OPTIONAL; a service may query the EHR for what it lacks.',
    () => ({
      card: 'Coverage?patient={{context.patientId}}',
    }),
  ),
  crdOnly('crd-no-keys', 'asks for nothing ahead and reads everything', 'CDS Hooks 2.0: "prefetch: OPTIONAL".', () => ({})),
  {
    ...crdOnly('crd-alone', 'is known by its CDS service only: nobody names a FHIR base of the payer', source, (hook) => ({
      member: 'Patient/{{context.patientId}}',
      plans: 'Coverage?patient={{context.patientId}}&status=active',
      ...(hook === 'order-dispatch' ? { sent: dispatched } : {}),
    })),
    target: ({ fhir: _fhir, wellKnown: _wellKnown, ...target }) => target,
  },
  {
    id: 'crd-beside',
    title: 'names CRD prefetch keys itself besides everything else',
    legalBecause: source,
    rules: {
      crdPrefetch: (hook) => ({
        member: 'Patient/{{context.patientId}}',
        insurance: 'Coverage?patient={{context.patientId}}',
        ...(hook === 'order-dispatch' ? { sent: dispatched } : {}),
      }),
    },
  },
];
