import { asString, at } from '../../core/fhir.ts';
import { tokenClientOf } from '../../core/target.ts';
import type { Provider } from '../conversation.ts';
import { tokenRequest } from '../requests/token.ts';

/**
 * A new default token, for exports that outlive the first one. Does not listen to the run's signal, because jobs are also cancelled after Ctrl-C.
 * False when none was available; the caller then lives with its 401.
 */
export async function renewToken(provider: Provider): Promise<boolean> {
  const { target, known } = provider;
  const client = tokenClientOf(target);
  if (client === undefined || known.tokenEndpoint === undefined) return false;
  const labels = { variant: 'renewal', timeout: 30_000 } as const;
  const reply = await provider.converse('token', tokenRequest(known.tokenEndpoint, client.scope), { labels, unstoppable: true });
  const token = asString(at(reply.json, 'access_token'));
  if (token === undefined) return false;
  provider.tokens.set('default', token);
  return true;
}
