import { asString, at, jsonOf } from '../../core/fhir.ts';
import type { Provider } from '../provider.ts';
import { tokenRequest } from '../requests/token.ts';

/**
 * A new default token, for exports that outlive the first one. Does not listen to the run's signal, because jobs are also cancelled after Ctrl-C.
 * False when none could be had; the caller then lives with its 401.
 */
export async function renewToken(provider: Provider): Promise<boolean> {
  const { target, known } = provider;
  if (target.auth.kind !== 'smart-backend' || known.tokenEndpoint === undefined) return false;
  const request = await provider.prepare(tokenRequest(known.tokenEndpoint, target.auth.scope));
  const sent = await provider.transport.send(request, { timeout: 30_000 });
  provider.observe('token', request, sent, { variant: 'renewal' });
  const token = asString(at(jsonOf(sent.response), 'access_token'));
  if (token === undefined) return false;
  provider.tokens.set('default', token);
  return true;
}
