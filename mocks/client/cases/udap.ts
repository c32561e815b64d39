import type { Rules } from '../../kernel/payer.ts';
import { act, answers, withJson } from '../answers.ts';
import type { Case, SceneName, Serving, Stage } from '../case.ts';

/** UDAP metadata that must not be trusted, registrations and tokens. Nothing but UDAP is offered here. */

const noSmart = { 'smart.configuration': () => ({ status: 404, headers: {}, body: '' }) } as const;
const udap = (
  id: string,
  group: string,
  does: string,
  rules: Partial<Rules> | ((stage: Stage) => Serving),
  { scene = 'register', window = 5, breaks = [] }: { readonly scene?: SceneName; readonly window?: number; readonly breaks?: readonly string[] } = {},
): Case => ({
  id,
  group,
  journey: 'udap',
  scene,
  window,
  does,
  breaks: ['cc2.smart.wellknown.available', ...breaks],
  serves: typeof rules === 'function' ? rules : () => ({ rules: { ...answers(noSmart), ...rules } }),
});
/** The silence of a whole window is what is looked for. */
const silent = (id: string, does: string, rules: Parameters<typeof udap>[3], ...breaks: readonly string[]): Case =>
  udap(id, 'G3', does, rules, { window: 30, breaks });
/** Another answer of the metadata. */
const metadata = (change: Parameters<typeof withJson>[1]): Partial<Rules> =>
  answers({ ...noSmart, 'udap.metadata': (reply) => (reply.status === 200 ? withJson(reply, change) : reply) });

const hour = 3600;

export const udapCases: readonly Case[] = [
  silent('T1a', 'signed_metadata with a broken signature', { udapSignedAs: () => 'stranger' }, 'cc2.udap.signed.x5c'),
  silent('T1b', 'signed_metadata of a community that was not asked for', { udapAnswersFor: () => 'beta' }),
  silent('T1b2', 'signed_metadata with a certificate that has expired', { udapServerCertificate: () => 'expired' }, 'cc2.udap.signed.chain'),
  silent('T1b3', 'signed_metadata with a certificate that was revoked', { udapServerCertificate: () => 'revoked' }, 'cc2.udap.signed.chain'),
  silent(
    'T1c',
    'signed_metadata whose exp is an hour ago',
    {
      udapSignedClaims: (claims) => ({ ...claims, iat: Number(claims['iat']) - 2 * hour, exp: Number(claims['iat']) - hour }),
    },
    'cc2.udap.signed.exp',
  ),
  silent(
    'T1d',
    'signed_metadata of another payer',
    {
      udapSignedClaims: (claims) => ({ ...claims, iss: 'https://another-payer.example.org/fhir', sub: 'https://another-payer.example.org/fhir' }),
    },
    'cc2.udap.signed.iss-base-and-san',
  ),
  silent(
    'T1e',
    'metadata without signed_metadata',
    () => ({ rules: metadata(({ signed_metadata: _gone, ...rest }) => rest) }),
    'cc2.udap.signed.present',
  ),
  silent('T1e2', 'signed_metadata with alg none', { udapSignedAs: () => 'none' }, 'cc2.udap.signed.alg', 'cc2.udap.signed.x5c'),
  silent(
    'D5',
    '404 to .well-known/udap',
    () => ({
      rules: answers({ ...noSmart, 'udap.metadata': () => ({ status: 404, headers: {}, body: '' }) }),
    }),
    'cc2.udap.metadata.available',
  ),
  silent(
    'D5b',
    '204 to .well-known/udap',
    () => ({
      rules: answers({ ...noSmart, 'udap.metadata': () => ({ status: 204, headers: {}, body: '' }) }),
    }),
    'cc2.udap.metadata.available',
  ),
  silent(
    'T10',
    'metadata without any grant type',
    () => ({ rules: metadata((json) => ({ ...json, grant_types_supported: [] })) }),
    'cc2.udap.metadata.grant-types',
  ),
  udap(
    'T2',
    'G3',
    'plain endpoints at another origin, signed ones here',
    (stage) => ({
      rules: metadata((json) => ({ ...json, token_endpoint: `${stage.canary}/udap/token`, registration_endpoint: `${stage.canary}/udap/register` })),
    }),
    { breaks: ['cc2.udap.signed.equals-plain'] },
  ),
  udap('T3', 'G4', 'a new client_id for the second registration', { udapOnModify: () => 'new' }, { scene: 'register-again' }),
  udap('E5r', 'G12', 'the connection of the registration is reset after the request was read', {
    ...answers({ ...noSmart, register: () => act('reset') }),
  }),
  udap('T4u', 'G4', 'nothing: a registration and a token', {}),
  udap(
    'I4c',
    'G6',
    'nothing: a match for the person whom it is about',
    {
      ...metadata((json) => ({
        ...json,
        udap_authorization_extensions_supported: ['hl7-b2b', 'hl7-b2b-user'],
        udap_authorization_extensions_required: [],
      })),
    },
    { scene: 'consumer-match' },
  ),
  udap('T5u', 'G4', 'nothing: two users read, one after the other', {}, { scene: 'users' }),
];
