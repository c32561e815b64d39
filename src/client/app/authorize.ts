import { createHash } from 'node:crypto';
import type { AppCallFacts, Json, WireResponse } from '../../core/model.ts';

/** What an authorization request says, compared with the launch that it belongs to. */
export function authorizeFacts(
  asks: URLSearchParams,
  { iss, launch, clientId }: { readonly iss: string; readonly launch: string; readonly clientId?: string | undefined },
): NonNullable<AppCallFacts['app.authorize']> {
  const [state, aud, sent] = [asks.get('state') ?? '', asks.get('aud'), asks.get('launch')];
  const [redirect, client] = [asks.get('redirect_uri') ?? '', asks.get('client_id') ?? ''];
  return {
    responseType: asks.get('response_type') ?? '',
    client: client === '' ? 'absent' : clientId === undefined || client === clientId ? 'same' : 'other',
    redirect: URL.canParse(redirect) ? new URL(redirect).origin : redirect === '' ? '' : 'no URL',
    scope: asks.get('scope') ?? '',
    launch: sent === null ? 'absent' : sent === launch ? 'same' : 'other',
    aud: aud === null ? 'absent' : aud.replace(/\/+$/, '') === iss ? 'iss' : 'other',
    state: state === '' ? null : { bits: mostBits(state), mark: sha256(state).slice(0, 12) },
    method: asks.get('code_challenge_method') ?? '',
    challenge: (asks.get('code_challenge') ?? '').length,
  };
}

/** The most that a text of this alphabet and length can hold, bits: a bound, not an estimate. Six of a UUID's bits are fixed. */
function mostBits(text: string): number {
  if (/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text)) return 122;
  const alphabet = /^\d+$/.test(text) ? 10 : /^[0-9a-f]+$/i.test(text) ? 16 : /^[0-9a-z]+$/i.test(text) ? 62 : 64;
  // A text that repeats itself holds what its different parts hold.
  const different = new Set(text).size;
  return Math.floor(Math.min(text.length * Math.log2(alphabet), different <= 2 ? different : Number.POSITIVE_INFINITY));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Source: https://www.rfc-editor.org/rfc/rfc7636#section-4.6 */
export const matches = (verifier: string, challenge: string, method: string): boolean =>
  challenge === (method === 'plain' ? verifier : sha256(verifier));

/** JSON of our authorization server. */
export const bytesOf = (body: Json): WireResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json', pragma: 'no-cache' },
  body: JSON.stringify(body),
});
