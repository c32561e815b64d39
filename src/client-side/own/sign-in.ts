import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Stop } from '../../client/provider.ts';
import { read } from '../../client/requests/fhir.ts';
import { tokenRequest } from '../../client/requests/token.ts';
import { asString, at } from '../../core/fhir.ts';
import { tokenClientOf } from '../../core/target.ts';
import { isHttpUrl, withQuery } from '../../core/url.ts';
import { type Own, redirectUri } from './client.ts';
import { discover } from './record.ts';

/** A person signs in at the payer, by authorization code, and the member is read. Source: http://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html */
export async function signedIn(own: Own): Promise<void> {
  const { provider, decide } = own;
  const { known, target, tokens } = provider;
  const base = await discover(own);
  const endpoint = asString(at(known.smart, 'authorization_endpoint'));
  const client = tokenClientOf(target);
  if (!isHttpUrl(endpoint) || known.tokenEndpoint === undefined || client === undefined) throw new Stop('nobody can sign in at this payer', 'payer');
  const [state, verifier] = [randomUUID(), randomBytes(32).toString('base64url')];
  const query = decide.authorization({
    ...{ response_type: 'code', client_id: client.clientId, redirect_uri: redirectUri, scope: 'user/Patient.rs', state, aud: base },
    ...{ code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' },
  });
  // The way back leads to us: it is read and not followed.
  const { headers } = await provider.ask(
    'authorize',
    { method: 'GET', url: withQuery(endpoint, query), headers: { accept: 'text/html' } },
    { once: true },
  );
  const back = headers['location'] ?? '';
  const answer = URL.canParse(back) ? new URL(back).searchParams : new URLSearchParams();
  const code = answer.get('code');
  if (code === null) throw new Stop('the payer let nobody in', 'payer');
  if (!decide.stateFits(state, answer.get('state'))) throw new Stop('the answer to the sign-in is for another one. Begin again.', 'payer');
  const form = decide.exchange({ grant_type: 'authorization_code', code, redirect_uri: query['redirect_uri'] ?? '', code_verifier: verifier });
  let token: string | undefined;
  for (let nth = decide.exchanges(); nth > 0; nth--)
    token = asString(at((await provider.ask('token', tokenRequest(known.tokenEndpoint, undefined, {}, form))).json, 'access_token'));
  if (token === undefined) throw new Stop('no token was given', 'payer');
  tokens.set('default', token);
  const id = target.members.known?.patientId;
  if (id !== undefined) await provider.ask('read', read(base, 'Patient', id));
}
