import type { Rules } from '../../kernel/payer.ts';
import { answers, withJson } from '../answers.ts';
import type { Case, SceneName, Serving, Stage } from '../case.ts';

/** UDAP metadata that must not be trusted, registrations and tokens. Nothing but UDAP is offered here. */

const noSmart = { 'smart.configuration': () => ({ status: 404, headers: {}, body: '' }) } as const;
const udap = (
  id: string,
  group: string,
  does: string,
  rules: Partial<Rules> | ((stage: Stage) => Serving),
  scene: SceneName = 'register',
  window = 5,
): Case => ({
  id,
  group,
  journey: 'udap',
  scene,
  window,
  does,
  serves: typeof rules === 'function' ? rules : () => ({ rules: { ...answers(noSmart), ...rules } }),
});
/** The silence of a whole window is what is looked for. */
const silent = (id: string, does: string, rules: Parameters<typeof udap>[3]): Case => udap(id, 'G3', does, rules, 'register', 30);
/** Another answer of the metadata. */
const metadata = (change: Parameters<typeof withJson>[1]): Partial<Rules> =>
  answers({ ...noSmart, 'udap.metadata': (reply) => (reply.status === 200 ? withJson(reply, change) : reply) });

const hour = 3600;

export const udapCases: readonly Case[] = [
  silent('T1a', 'signed_metadata with a broken signature', { udapSignedAs: () => 'stranger' }),
  silent('T1b', 'signed_metadata of a community that was not asked for', { udapAnswersFor: () => 'beta' }),
  silent('T1b2', 'signed_metadata with a certificate that has expired', { udapServerCertificate: () => 'expired' }),
  silent('T1b3', 'signed_metadata with a certificate that was revoked', { udapServerCertificate: () => 'revoked' }),
  silent('T1c', 'signed_metadata whose exp is an hour ago', {
    udapSignedClaims: (claims) => ({ ...claims, iat: Number(claims['iat']) - 2 * hour, exp: Number(claims['iat']) - hour }),
  }),
  silent('T1d', 'signed_metadata of another payer', {
    udapSignedClaims: (claims) => ({ ...claims, iss: 'https://another-payer.example.org/fhir', sub: 'https://another-payer.example.org/fhir' }),
  }),
  silent('T1e', 'metadata without signed_metadata', () => ({ rules: metadata(({ signed_metadata: _gone, ...rest }) => rest) })),
  silent('T1e2', 'signed_metadata with alg none', { udapSignedAs: () => 'none' }),
  silent('D5', '404 to .well-known/udap', () => ({
    rules: answers({ ...noSmart, 'udap.metadata': () => ({ status: 404, headers: {}, body: '' }) }),
  })),
  silent('D5b', '204 to .well-known/udap', () => ({
    rules: answers({ ...noSmart, 'udap.metadata': () => ({ status: 204, headers: {}, body: '' }) }),
  })),
  silent('T10', 'metadata without any grant type', () => ({ rules: metadata((json) => ({ ...json, grant_types_supported: [] })) })),
  udap('T2', 'G3', 'plain endpoints at another origin, signed ones here', (stage) => ({
    rules: metadata((json) => ({ ...json, token_endpoint: `${stage.canary}/udap/token`, registration_endpoint: `${stage.canary}/udap/register` })),
  })),
  udap('T3', 'G4', 'a new client_id for the second registration', { udapOnModify: () => 'new' }, 'register-again'),
  udap('T4u', 'G4', 'nothing: a registration and a token', {}),
  udap('T5u', 'G4', 'nothing: two users read, one after the other', {}, 'users'),
];
