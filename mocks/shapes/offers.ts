import { asArray, asObject, at, parseJson } from '../../src/core/fhir.ts';
import type { Json, Step, Target } from '../../src/core/model.ts';
import { asC4bb } from '../bulk/content.ts';
import { type Listed, payerId } from '../discovery/content.ts';
import { outcome } from '../kernel/replies.ts';
import { remade } from './respell.ts';
import type { Shape } from './shape.ts';

const crdSteps: readonly Step[] = ['cds.discovery', 'cds.hook', 'cds.feedback', 'app-link'];
const udapSteps: readonly Step[] = ['udap.metadata', 'register', 'udap.token'];
const smartSteps: readonly Step[] = ['smart.configuration', 'token', 'introspect', 'jwks'];
const directorySteps: readonly Step[] = ['directory.metadata', 'directory.organization', 'directory.endpoint', 'wellknown.davinci'];
const recordSteps: readonly Step[] = ['everything', 'docref', 'binary', 'document', 'care-gaps'];
const matchSteps: readonly Step[] = ['member-match', 'match', 'idi-match'];
const bulkSteps: readonly Step[] = ['bulk.kickoff', 'bulk.status', 'bulk.manifest', 'bulk.file', 'bulk.delete'];
const rosterSteps: readonly Step[] = ['group.search', 'group.read', 'group.operation'];

const guide = (part: string): string => `hl7.fhir.us.${part}`;
const clinical = ['core', 'carin-bb'].map(guide);
const matching = ['davinci-hrex', 'identity-matching'].map(guide);
const rosters = ['davinci-atr', 'davinci-pdex'].map(guide);

const recordOperations = ['everything', 'docref', 'care-gaps'];
const matchOperations = ['member-match', 'match', 'idi-match', 'provider-member-match'];
export const rosterOperations = [
  'davinci-data-export',
  'member-add',
  'member-remove',
  'attribution-status',
  'confirm-attribution-list',
  'provider-member-match',
];

const crdTarget: readonly (keyof Target)[] = ['cds', 'crd'];
const directoryTarget: readonly (keyof Target)[] = ['directory', 'wellKnown'];

/** What the operator of a payer without rosters and matching can say about bulk export. */
const plainBulk = (target: Target): Target => ({
  ...target,
  bulk: { ...(target.bulk?.group === undefined ? {} : { group: target.bulk.group }), pollFloor: 1, maxWait: 5 },
  statements: {},
  guides: { 'hl7.fhir.uv.bulkdata': '3.0.0', 'hl7.fhir.uv.smart-app-launch': '2.2.0' },
});

/** A CapabilityStatement that lists what has an operation, and no interaction of it. */
const byOperationsOnly = (body: string): string => {
  const statement = parseJson(body);
  const bare = (resource: Json): readonly Json[] => {
    const operation = at(resource, 'operation');
    return operation === undefined ? [] : [{ type: at(resource, 'type') ?? null, operation }];
  };
  const rest = asArray(at(statement, 'rest')).map((each) => ({ ...asObject(each), resource: asArray(at(each, 'resource')).flatMap(bare) }));
  return JSON.stringify({ ...asObject(statement), rest });
};

const crdEndpoint = 'sunrise-crd';
/** A directory that does not list the coverage service, nor a reference to it. */
const withoutCrd = (listed: Listed): Listed | undefined => {
  if (listed.id === crdEndpoint) return undefined;
  const others = asArray(listed['endpoint']).filter((each) => at(each, 'reference') !== `Endpoint/${crdEndpoint}`);
  return listed['endpoint'] === undefined ? listed : { ...listed, endpoint: others };
};
const isOurs = (listed: Listed): boolean => at(listed['managingOrganization'], 'reference') === `Organization/${payerId}`;
const isApi = (listed: Listed): boolean => isOurs(listed) && String(listed['address']).startsWith('http');
const bare = ({ endpoint: _endpoint, ...rest }: Listed): Listed => rest as Listed;
const withoutApis = (listed: Listed): Listed =>
  listed.id === payerId ? { ...listed, endpoint: [{ reference: 'Endpoint/sunrise-direct' }] } : listed;

/** US Core asks whoever follows it to instantiate its statement of a whole server. */
export const inPart = { 'cc3.instantiates.uscore': 'US Core is followed in part, so its statement of a whole server is not instantiated' };

/** FAST wants the payer's FHIR API in the directory. */
const unlisted = { 'cc1.fast.address-live': 'no FHIR Endpoint of this payer is listed' };

/** Payers that offer a part of what the full one offers. Every guide here leaves to the payer whether it takes part. */
export const offerShapes: readonly Shape[] = [
  {
    id: 'bulk-only',
    title: 'serves Bulk Data and nothing else',
    legalBecause: 'Bulk Data 3.0 asks for no search, no read and no matching: "The FHIR server may support any subset of resources and operations".',
    lacks: {
      steps: [...crdSteps, ...udapSteps, ...directorySteps, ...recordSteps, ...matchSteps, ...rosterSteps, 'read', 'vread', 'search', 'page'],
      operations: [...recordOperations, ...matchOperations, ...rosterOperations],
      guides: [...clinical, ...matching, ...rosters, guide('davinci-deqm'), guide('udap-security')],
      target: [...crdTarget, ...directoryTarget, 'udap', 'agreement', 'knownResources'],
    },
    rules: { offers: () => false },
    target: (target) => ({ ...plainBulk(target), members: {} }),
  },
  {
    id: 'claims-feed',
    title: 'exports and does nothing else, names no type in its CapabilityStatement but Patient and Group, and takes no _typeFilter',
    legalBecause:
      'Bulk Data 3.0: "Servers unable to support _typeFilter SHOULD return an error"; what is exported need not be served by REST, so it is not declared.',
    lacks: {
      steps: [...crdSteps, ...udapSteps, ...directorySteps, ...recordSteps, ...matchSteps, ...rosterSteps, 'read', 'vread', 'search', 'page'],
      operations: [...recordOperations, ...matchOperations, ...rosterOperations],
      guides: [...clinical, ...matching, ...rosters, guide('davinci-deqm')],
      target: [...crdTarget, ...directoryTarget, 'udap', 'agreement', 'knownResources'],
    },
    rules: { offers: () => false },
    proxy: {
      before: ({ query, path }) =>
        path.endsWith('$export') && query.has('_typeFilter')
          ? outcome({ status: 400, code: 'not-supported', text: 'The parameter _typeFilter is not supported. Leave it out.' })
          : undefined,
      after: (reply, { path }) => (path.endsWith('/metadata') && reply.status === 200 ? { ...reply, body: byOperationsOnly(reply.body) } : reply),
    },
    target: (target) => ({ ...plainBulk(target), members: {} }),
  },
  {
    id: 'directory-only',
    title: 'is listed in a directory, with a Direct address and no API',
    legalBecause: 'Plan-Net: Organization.endpoint is 0..*, and an Endpoint may be a Direct address.',
    lacks: {
      steps: [
        ...crdSteps,
        ...udapSteps,
        ...smartSteps,
        ...recordSteps,
        ...matchSteps,
        ...bulkSteps,
        ...rosterSteps,
        ...(['wellknown.davinci', 'metadata', 'read', 'search', 'page'] as const),
      ],
      target: [...crdTarget, 'fhir', 'wellKnown', 'udap', 'bulk', 'agreement', 'knownResources', 'otherClient', 'expiredToken', 'auth'],
      guides: [
        ...clinical,
        ...matching,
        ...rosters,
        guide('davinci-deqm'),
        guide('udap-security'),
        'hl7.fhir.uv.bulkdata',
        'hl7.fhir.uv.smart-app-launch',
      ],
    },
    rules: { directoryLists: (listed) => (isApi(listed) ? undefined : withoutApis(listed)) },
    earns: unlisted,
    target: (target) => ({ ...target, auth: { kind: 'none' }, members: {} }),
  },
  {
    id: 'no-endpoints',
    title: 'is listed in a directory without any Endpoint',
    legalBecause: 'Plan-Net: Organization.endpoint is 0..*; the base URL comes from the operator.',
    rules: { directoryLists: (listed) => (isOurs(listed) ? undefined : listed.id === payerId ? bare(listed) : listed) },
    earns: unlisted,
  },
  {
    id: 'no-member-match',
    title: 'offers no $member-match',
    legalBecause: 'HRex binds who claims it; this payer claims neither HRex nor PDex and finds members by search and $match.',
    lacks: { steps: ['member-match'], operations: ['member-match', 'provider-member-match'], guides: [guide('davinci-hrex'), guide('davinci-pdex')] },
  },
  {
    id: 'match-only',
    title: 'finds members by $match alone',
    legalBecause: 'R4 Patient/$match stands by itself; neither HRex nor Identity Matching is claimed.',
    lacks: {
      steps: ['member-match', 'idi-match'],
      operations: ['member-match', 'idi-match', 'IDI-match', 'provider-member-match'],
      guides: [...matching, guide('davinci-pdex')],
    },
  },
  {
    id: 'member-match-only',
    title: 'finds members by $member-match alone',
    legalBecause: 'HRex asks for $member-match only; Identity Matching and R4 $match are not claimed.',
    lacks: { steps: ['match', 'idi-match'], operations: ['match', 'idi-match', 'IDI-match'], guides: [guide('identity-matching')] },
  },
  {
    id: 'no-atr-export',
    title: 'exports by $export, without $davinci-data-export',
    legalBecause: "Bulk Data asks for $export; $davinci-data-export is ATR's and PDex's, and neither is claimed.",
    lacks: { operations: rosterOperations, guides: rosters, steps: ['group.operation'] },
    // An export that is not for providers leaves no amounts out, and its Patients name the profile of the claims guide beside that of US Core.
    target: (target) => ({ ...target, statements: { ...target.statements, 'cms-0057.provider-access': false } }),
    data: (full) => remade(full, (made) => (made.resourceType === 'Patient' ? asC4bb(made) : made)),
  },
  {
    id: 'no-bulk',
    title: 'offers no bulk export',
    legalBecause: 'Bulk Data, ATR and Provider Access are not claimed; no other guide asks for exports.',
    lacks: {
      steps: [...bulkSteps, ...rosterSteps],
      operations: ['export', ...rosterOperations],
      types: ['Group'],
      guides: [...rosters, 'hl7.fhir.uv.bulkdata'],
      target: ['bulk'],
    },
  },
  {
    id: 'no-crd',
    title: 'offers no coverage requirements discovery',
    legalBecause: 'CRD binds who claims it, and this payer neither claims it nor publishes an address for it.',
    lacks: { steps: crdSteps, target: crdTarget },
    rules: {
      directoryLists: withoutCrd,
      configuredEndpoints: (origin) => ({ davinci_pdex_provider_endpoint: `${origin}/fhir` }),
    },
  },
  {
    id: 'no-directory',
    title: 'is in no directory',
    legalBecause: 'The operator gives the base URL by hand; no directory is named.',
    lacks: { steps: directorySteps, target: directoryTarget, guides: [guide('davinci-pdex-plan-net'), guide('ndh')] },
  },
  {
    id: 'no-documents',
    title: 'offers no whole records, documents or care gaps',
    legalBecause: 'R4 leaves $everything to the server; US Core $docref and DEQM $care-gaps bind who claims them.',
    lacks: {
      steps: recordSteps,
      operations: recordOperations,
      types: ['Binary', 'Bundle', 'DocumentReference'],
      guides: [guide('davinci-deqm'), guide('davinci-pdex')],
      whole: [guide('core')],
    },
    earns: inPart,
  },
];

export const parts = { crdSteps, rosterOperations, udapSteps, smartSteps, directorySteps, directoryTarget, crdTarget, clinical, guide, withoutCrd };
