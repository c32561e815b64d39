import { act } from '../../../../mocks/client/answers.ts';
import { asArray, asObject, type JsonObject, at as path } from '../../../core/fhir.ts';
import { guides } from '../../../core/guides.ts';
import type { Exchange, Json, WireRequest } from '../../../core/model.ts';
import { edwardsSigner, provider, rsaSigner } from './keys.ts';
import { bodyOf, came, claim, inHeader, left, of, status, telling, type Variation } from './variation.ts';

/** How hooks are called. */

const hooks = (change: (body: JsonObject) => string) => (request: WireRequest) =>
  request.method === 'POST' && /\/cds-services\/[^/]+$/.test(request.url)
    ? { ...request, body: change(JSON.parse(request.body ?? '{}') as JsonObject) }
    : request;
const algorithms = (heard: readonly Exchange[]): readonly unknown[] => of(heard, 'cds.hook').map((each) => inHeader(each, 'alg'));
const backwards = (value: Json | undefined): Json => {
  const bundle = asObject(value);
  const entry = [...asArray(bundle['entry'])]
    .reverse()
    .map((each) => ({ ...asObject(each), resource: { ...asObject(path(each, 'resource')), meta: { lastUpdated: '2020-01-01T00:00:00Z' } } }));
  return bundle['resourceType'] === 'Bundle' ? { ...bundle, entry } : (value ?? null);
};

export const callVariations: readonly Variation[] = [
  {
    ids: ['cv-12'],
    text: 'names its version of CRD always, also where one is listed or none',
    cases: ['C1', 'V2'],
    rows: ['client.crd.request-fields', 'client.version.crd-requested'],
    differs: () => ({ decides: { version: () => '2.2' } }),
    // The first service lists one, the others none.
    serves: (stage, usual) =>
      stage.case.startsWith('C1')
        ? telling(usual, (reply) => ({
            ...reply,
            body: reply.body.replace('["2.0","2.2"]', '["2.2"]').replaceAll('"davinci-crd.version":["2.0","2.2"],', ''),
          }))
        : usual,
    shows: ({ heard }) => {
      const calls = of(heard, 'cds.hook');
      const lists = of(heard, 'cds.discovery').map((each) => (each.response?.body ?? '').split('"davinci-crd.version"').length - 1);
      return lists.includes(1) && calls.length > 2 && calls.every((each) => bodyOf(each).includes('"davinci-crd.requestedVersion":"2.2"'));
    },
  },
  {
    ids: ['cv-13', 'cv-15', 'cv-17', 'cv-19', 'cv-20', 'cv-40'],
    text: 'codes that nobody published, an active order among drafts, a PractitionerRole, a UUID of version 7 in capitals, aud as a list, JSON with much space',
    cases: ['C1'],
    rows: [
      ...['client.crd.config-conveyed', 'client.crd.request-fields', 'client.crd.context', 'client.crd.profiles'],
      ...['client.crd.hook-instance', 'client.crd.jwt-claims'],
    ],
    sends: hooks((body) => {
      const context = asObject(body['context']);
      const orders = asArray(path(context, 'draftOrders', 'entry')).map((each, nth) =>
        nth === 0 ? { resource: { ...asObject(path(each, 'resource')), status: 'active' } } : each,
      );
      const configuration = { ...asObject(path(body, 'extension', 'davinci-crd.configuration')), 'our-own-code': 7 };
      const changed = {
        ...body,
        hookInstance: String(body['hookInstance'])
          .replace(/^(.{14})4/, '$17')
          .toUpperCase(),
        context: {
          ...context,
          ...(context['userId'] === undefined ? {} : { userId: 'PractitionerRole/role-1' }),
          ...(orders.length === 0 ? {} : { draftOrders: { resourceType: 'Bundle', type: 'collection', entry: orders } }),
        },
        extension: { ...asObject(body['extension']), 'davinci-crd.configuration': configuration },
      };
      return JSON.stringify(changed, null, 3);
    }),
    differs: () => ({ decides: { hookJwt: (url) => ({ claims: { aud: [url] } }) } }),
    shows: left(
      ({ body = '' }) =>
        ['"our-own-code": 7', '"active"', 'PractitionerRole/role-1'].every((text) => body.includes(text)) && /-7[0-9A-F]{3}-/.test(body),
    ),
  },
  {
    ids: ['cv-14', 'cv-16'],
    text: 'no configuration; order-dispatch with tasks, and without userId',
    cases: ['C1'],
    rows: ['client.crd.config-conveyed', 'client.crd.context'],
    sends: hooks((body) => {
      const { 'davinci-crd.configuration': _none, ...extension } = asObject(body['extension']);
      const context =
        body['hook'] === 'order-dispatch'
          ? { ...asObject(body['context']), fulfillmentTasks: [{ resourceType: 'Task', id: 't-1', status: 'draft', intent: 'order' }] }
          : (body['context'] ?? {});
      return JSON.stringify({ ...body, context, extension });
    }),
    shows: came('cds.hook', (each) => bodyOf(each).includes('"fulfillmentTasks"') && !bodyOf(each).includes('"userId"')),
    open: { 'client.crd.config-conveyed': 'no setting is sent' },
  },
  {
    ids: ['cv-18'],
    text: 'one action has one hookInstance, at both payers',
    cases: ['C4'],
    rows: ['client.crd.hook-instance'],
    sends: hooks((body) => JSON.stringify({ ...body, hookInstance: '7d3b0a4e-2f64-4f0b-9a0c-5a0a5b0c0d0e' })),
    shows: ({ heard }) => of(heard, 'cds.hook').filter((each) => bodyOf(each).includes('7d3b0a4e')).length >= 2,
  },
  {
    ids: ['cv-21'],
    text: 'JWTs signed with RS256 and with PS384',
    cases: ['C1'],
    rows: ['client.crd.jwt-claims'],
    differs: () => {
      let nth = 0;
      return { signers: { cds: rsaSigner() }, decides: { hookJwt: () => ({ alg: nth++ % 2 === 0 ? 'RS256' : 'PS384' }) } };
    },
    shows: ({ heard }) => ['RS256', 'PS384'].every((alg) => of(heard, 'cds.hook', 'cds.discovery').some((each) => inHeader(each, 'alg') === alg)),
  },
  {
    ids: ['cv-21'],
    text: 'JWTs signed with EdDSA',
    cases: ['C6'],
    rows: ['client.crd.jwt-claims', 'client.crd.jwt-per-call'],
    differs: () => ({ signers: { cds: edwardsSigner() }, decides: { hookJwt: () => ({ alg: 'EdDSA' }) } }),
    shows: ({ heard }) => algorithms(heard).length > 0 && algorithms(heard).every((alg) => alg === 'EdDSA'),
  },
  {
    ids: ['cv-22'],
    text: 'no jku: keys were exchanged beforehand',
    cases: ['C1', 'T12'],
    rows: ['client.crd.jwt-claims', 'client.trust.jwks'],
    shows: came('cds.hook', (each) => inHeader(each, 'kid') !== undefined && inHeader(each, 'jku') === undefined),
    open: { 'client.trust.jwks': 'no address of a key set is in the plan' },
  },
  {
    ids: ['cv-23'],
    text: 'iss is an identity provider',
    cases: ['C1', 'C4'],
    rows: ['client.crd.jwt-claims', 'client.crd.registration'],
    differs: () => ({ decides: { hookJwt: () => ({ claims: { iss: provider } }) } }),
    shows: came('cds.hook', (each) => claim(each, 'iss') === provider),
  },
  {
    ids: ['cv-25', 'cv-30'],
    text: 'prefetch from memory, in another order; scopes of SMART 1 with launch/patient beside them',
    cases: ['C3'],
    rows: ['client.crd.prefetch.equivalent', 'client.crd.token-scope'],
    differs: () => ({
      decides: {
        prefetch: (_templates, filled) => Object.fromEntries(Object.entries(filled).map(([key, value]) => [key, backwards(value)])),
        grantScope: (types) => `launch/patient ${types.map((type) => `patient/${type}.read`).join(' ')}`,
      },
    }),
    shows: came('cds.hook', (each) => bodyOf(each).includes('launch/patient') && bodyOf(each).includes('2020-01-01T00:00:00Z')),
  },
  {
    ids: ['cv-26'],
    text: 'a prefetch that goes on at a next link',
    cases: ['C3'],
    rows: ['client.crd.prefetch.equivalent'],
    differs: () => ({
      decides: {
        prefetch: (_templates, filled) =>
          Object.fromEntries(
            Object.entries(filled).map(([key, value]) =>
              path(value, 'resourceType') === 'Bundle'
                ? [key, { ...asObject(value), link: [{ relation: 'next', url: 'https://ehr.example.org/fhir/page-2' }] }]
                : [key, value],
            ),
          ),
      },
    }),
    shows: came('cds.hook', (each) => bodyOf(each).includes('https://ehr.example.org/fhir/page-2')),
    open: { 'client.crd.prefetch.equivalent': 'a list with further pages is not compared' },
  },
  {
    ids: ['cv-27', 'cv-29'],
    text: 'an empty searchset for nothing found, an OperationOutcome for what failed',
    cases: ['C2'],
    rows: ['client.crd.prefetch.null-empty', 'client.crd.prefetch.omitted'],
    differs: () => ({
      decides: {
        prefetch: (templates, filled) =>
          Object.fromEntries(
            Object.keys(templates).map((key) =>
              (templates[key] ?? '').includes('unsearchable')
                ? [key, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'not-supported' }] }]
                : [key, filled[key] ?? { resourceType: 'Bundle', type: 'searchset', total: 0 }],
            ),
          ),
      },
    }),
    shows: came('cds.hook', (each) => bodyOf(each).includes('"OperationOutcome"') && bodyOf(each).includes('"total":0')),
  },
  {
    ids: ['cv-28'],
    text: 'a client of CRD 2.0.1 without any prefetch',
    cases: ['C1', 'C2'],
    rows: ['client.crd.prefetch.standard', 'client.crd.prefetch.keys', 'client.crd.prefetch.null-empty'],
    differs: () => ({ decides: { prefetch: () => ({}) } }),
    claims: { [guides.crd.id]: '2.0.1' },
    shows: ({ heard }) => of(heard, 'cds.hook').length > 0 && of(heard, 'cds.hook').every((each) => !bodyOf(each).includes('"prefetch"')),
    open: { 'client.crd.prefetch.null-empty': 'the template is not answered at all' },
    warns: { 'client.crd.prefetch.standard': 'CRD 2.0.1 says SHOULD' },
  },
  {
    ids: ['cv-77'],
    text: 'repeats a hook once after a reset, with the same hookInstance',
    cases: ['C1'],
    rows: ['client.crd.hook-instance'],
    differs: () => ({
      rules: { asksAgain: (worth, step, sent, attempt) => worth || (step === 'cds.hook' && sent.error?.code === 'reset' && attempt === 0) },
    }),
    serves: (_stage, usual) => {
      let nth = 0;
      return {
        ...usual,
        instead: async (asked) => {
          const told = await usual.instead?.(asked);
          return told?.step === 'cds.hook' && ++nth === 1 ? { step: 'cds.hook', reply: act('reset') } : told;
        },
      };
    },
    shows: ({ heard }) => {
      const broken = of(heard, 'cds.hook').find((each) => each.response === null);
      return of(heard, 'cds.hook').some((each) => each !== broken && bodyOf(each) === (broken && bodyOf(broken)) && status(each) === 200);
    },
  },
];
