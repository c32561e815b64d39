import type { MockReply, MockRequest, PayerState } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import { authMemory, type IssuedToken } from './token.ts';

export const isRefusal = (gate: IssuedToken | MockReply): gate is MockReply => 'status' in gate;

/** One SMART v2 system scope covers this access: `system/*.rs`, `system/Patient.r`, `system/Patient.rs?...`, v1 `system/*.read`. */
function covers(scope: string, type: string, access: 'r' | 's'): boolean {
  const [, who, letters] = /^system\/(\*|[A-Za-z]+)\.([a-z*]+)(?:\?.*)?$/.exec(scope) ?? [];
  if (who === undefined || letters === undefined || (who !== '*' && who !== type)) return false;
  return letters === 'read' || letters === '*' || letters.includes(access);
}

/** The token that lets this request in, or the refusal to send. `r` = read, `s` = search. */
export function authorize(request: MockRequest, payer: PayerState, type: string, access: 'r' | 's'): IssuedToken | MockReply {
  const [scheme = '', value = ''] = (request.headers['authorization'] ?? '').split(' ');
  if (scheme.toLowerCase() !== 'bearer' || value === '')
    return outcome({
      status: 401,
      code: 'login',
      text: 'The Authorization header carries no bearer token. Get an access token at the token endpoint and send the request again.',
      expression: 'http.Authorization',
      headers: { 'www-authenticate': 'Bearer realm="fhir"' },
    });
  const token = authMemory(payer).tokens.get(value);
  if (token === undefined || token.expires <= payer.now())
    return outcome({
      status: 401,
      code: 'expired',
      text: 'The bearer token in the Authorization header is unknown or has expired. Get a new access token and send the request again.',
      expression: 'http.Authorization',
      headers: { 'www-authenticate': 'Bearer realm="fhir", error="invalid_token", error_description="The access token is unknown or has expired"' },
    });
  if (!token.scope.some((scope) => covers(scope, type, access)))
    return outcome({
      status: 403,
      code: 'forbidden',
      text: `The scope of this token does not allow ${access === 'r' ? 'reading' : 'searching'} ${type}. Ask for the scope system/${type}.${access} with a new token.`,
      expression: 'http.Authorization',
      headers: { 'www-authenticate': `Bearer realm="fhir", error="insufficient_scope", scope="system/${type}.${access}"` },
    });
  return token;
}
