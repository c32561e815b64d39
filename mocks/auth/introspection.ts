import type { Handler, Route } from '../kernel/payer.ts';
import { json } from '../kernel/replies.ts';
import { authMemory } from './memory.ts';
import { authenticate, refuse } from './token.ts';

const bearerOf = (header: string | undefined): string => /^bearer (\S+)$/i.exec(header ?? '')?.[1] ?? '';

/**
 * Token introspection, for callers that hold a token themselves.
 * Source: RFC 7662; https://hl7.org/fhir/smart-app-launch/token-introspection.html
 */
const introspect: Handler = (request, payer) => {
  const { tokens } = authMemory(payer);
  const caller = tokens.get(bearerOf(request.headers['authorization']));
  if (!caller || caller.expires <= payer.now())
    return refuse(
      'invalid_token',
      'Introspection needs an access token of your own in the Authorization header. Get a new one from the token endpoint and send the request again.',
      401,
      {
        'www-authenticate': 'Bearer realm="introspection"',
      },
    );
  const token = tokens.get(new URLSearchParams(request.body).get('token') ?? '');
  // RFC 7662 section 2.2: nothing is said about a token that is not active, nor about somebody else's.
  const known = token?.clientId === caller.clientId ? token : undefined;
  if (!payer.rules.tokenIsActive(known, payer.now())) return json({ active: false });
  return json({
    active: true,
    scope: known?.scope.join(' ') ?? '',
    client_id: known?.clientId ?? '',
    exp: known?.expires ?? payer.now(),
    token_type: 'bearer',
  });
};

/** RFC 7009: who authenticates as at the token endpoint gives a token back; the answer is the same whether it was known or not. */
const revoke: Handler = async (request, payer) => {
  const form = new URLSearchParams(request.body);
  const proven = await authenticate(form.get('client_assertion') ?? '', payer);
  if (typeof proven === 'string') return refuse('invalid_client', proven, 401);
  const { tokens } = authMemory(payer);
  const value = form.get('token') ?? '';
  if (tokens.get(value)?.clientId === proven.clientId && payer.rules.revocationCounts()) tokens.delete(value);
  return { status: 200, headers: { 'cache-control': 'no-store' }, body: '' };
};

export const introspectionRoutes: readonly Route[] = [
  { step: 'introspect', method: 'POST', path: '/as/introspect', handle: introspect },
  { step: 'introspect', method: 'POST', path: '/as/revoke', handle: revoke },
];
