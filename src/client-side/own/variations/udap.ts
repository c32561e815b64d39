import { asArray, at as path } from '../../../core/fhir.ts';
import type { Exchange, Json, Target } from '../../../core/model.ts';
import type { Misbehaviour } from '../client.ts';
import { udapLeaf, uris } from './keys.ts';
import { bodyOf, came, claim, inHeader, of, status, type Variation } from './variation.ts';

/** Registration and tokens by UDAP. */

const b2b = (each: Exchange): Json | undefined => claim(each, 'extensions');

/** Another certificate, under this name of it. */
async function certifiedAs(uri: string): Promise<Misbehaviour> {
  const { chain, key } = await udapLeaf();
  const knows = (target: Target): Target =>
    target.udap === undefined
      ? target
      : { ...target, udap: { ...target.udap, client: { certificates: chain, key: { env: 'VARIED_UDAP_KEY' }, uri } } };
  return { knows, holds: { VARIED_UDAP_KEY: key } };
}

/** SMART is offered where UDAP cannot be used. */
const withSmart: Variation['serves'] = (_stage, usual) => ({
  ...usual,
  rules: {
    ...usual.rules,
    underPressure: (reply, step, request, payer) =>
      step === 'smart.configuration' ? reply : (usual.rules?.underPressure?.(reply, step, request, payer) ?? reply),
  },
});

export const udapVariations: readonly Variation[] = [
  ...uris.map(
    (uri): Variation => ({
      ids: ['cv-41'],
      text: `iss ${uri}, a name of the certificate`,
      controls: 'honest',
      cases: ['T3'],
      rows: ['client.trust.reg.statement'],
      differs: () => certifiedAs(uri),
      shows: came('register', (each) => claim(each, 'iss') === uri && status(each) < 300),
    }),
  ),
  {
    ids: ['cv-42'],
    text: 'ends its registration with an empty list of grants',
    cases: ['T3', 'T4u'],
    rows: ['client.trust.reg.statement', 'client.trust.reg.client-id'],
    differs: () => ({ decides: { cancels: () => true } }),
    shows: came('register', (each) => asArray(claim(each, 'grant_types')).length === 0 && status(each) < 300),
  },
  {
    ids: ['cv-43'],
    text: 'certifications in the registration',
    cases: ['T3'],
    rows: ['client.trust.reg.body'],
    sends: (request) =>
      request.url.endsWith('/udap/register') ? { ...request, body: (request.body ?? '').replace(/\}$/, ',"certifications":["a.b.c"]}') } : request,
    shows: came('register', (each) => bodyOf(each).includes('"certifications":[')),
  },
  {
    ids: ['cv-44'],
    text: 'an assertion with jku and kid in place of x5c',
    controls: 'honest',
    cases: ['T4u'],
    rows: ['client.trust.assertion.x5c'],
    differs: async () => ({
      ...(await certifiedAs(uris[0])),
      decides: { assertion: () => ({ header: { x5c: undefined, jku: 'https://clinic.example.org/jwks.json', kid: 'udap-1' } }) },
    }),
    shows: came('udap.token', (each) => inHeader(each, 'jku') !== undefined && status(each) === 200),
  },
  {
    ids: ['cv-47'],
    text: 'another extension object beside hl7-b2b',
    cases: ['T4u'],
    rows: ['client.trust.assertion.b2b'],
    differs: () => ({ decides: { extensions: (own) => ({ 'hl7-b2b': own, 'example-network': { version: '1', node: 'north' } }) } }),
    shows: came('udap.token', (each) => path(b2b(each), 'example-network') !== undefined && status(each) === 200),
  },
  {
    ids: ['cv-48'],
    text: 'no subject_name: nobody sits there',
    cases: ['T4u'],
    rows: ['client.trust.assertion.b2b'],
    shows: came('udap.token', (each) => path(b2b(each), 'hl7-b2b') !== undefined && path(b2b(each), 'hl7-b2b', 'subject_name') === undefined),
  },
  {
    ids: ['cv-50'],
    text: 'stops where signed and plain endpoints differ',
    cases: ['T2'],
    rows: ['client.trust.metadata.signed-precedence'],
    differs: () => ({ decides: { refusesDifference: () => true } }),
    shows: ({ heard }) => of(heard, 'udap.metadata').length > 0 && !heard.some((each) => each.request.method === 'POST'),
    open: { 'client.trust.metadata.signed-precedence': 'nothing was sent to either' },
  },
  {
    ids: ['cv-51'],
    text: 'asks for the metadata three times more, reads /metadata, and gives up',
    cases: ['T1a', 'T1c'],
    rows: ['client.trust.metadata.bad-signature', 'client.trust.metadata.expired', 'client.load.metadata-cached'],
    differs: () => ({ decides: { looksAgain: () => 3 } }),
    shows: ({ heard }) => of(heard, 'udap.metadata').length >= 8 && of(heard, 'metadata').length >= 2,
  },
  {
    ids: ['cv-52'],
    text: 'uses SMART where it is offered and UDAP cannot be used',
    cases: ['D5', 'D5b', 'T1e', 'T1e2'],
    rows: ['client.discovery.udap-404', 'client.trust.metadata.unsigned'],
    differs: () => ({ decides: { fallsBack: () => true } }),
    serves: withSmart,
    shows: ({ heard }) => of(heard, 'token').filter((each) => status(each) === 200).length >= 4 && of(heard, 'read').length >= 4,
  },
];
