import { randomBytes } from 'node:crypto';
import type { Json } from '../../src/core/model.ts';
import { authMemory } from '../auth/token.ts';
import type { Handler, MockReply, PayerState } from '../kernel/payer.ts';
import { json } from '../kernel/replies.ts';
import { organizationOf, pkiOf } from './community.ts';
import { type ReceivedJwt, receive, urisOf } from './jwt.ts';
import { tokenUrl } from './metadata.ts';
import { jwtProblems, type Problem, scopesIn } from './problems.ts';
import { udapMemory } from './register.ts';

const bearerType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' };

/** RFC 6749 section 5.2. */
const refuse = (error: string, text: string): MockReply => json({ error, error_description: text }, error === 'invalid_client' ? 401 : 400, noStore);

/**
 * B2B token with client credentials.
 * Source: http://hl7.org/fhir/us/udap-security/b2b.html#server-processing-of-token-requests
 */
export const token: Handler = async (request, payer) => {
  const { rules } = payer;
  const form = new URLSearchParams(request.body);
  if (form.get('grant_type') !== 'client_credentials') return refuse('unsupported_grant_type', 'grant_type must be client_credentials. Correct it.');
  if (form.get('client_assertion_type') !== bearerType) return refuse('invalid_request', `client_assertion_type must be ${bearerType}. Correct it.`);
  if (!rules.udapVersionFits(form.get('udap') ?? undefined, 'token'))
    return refuse('invalid_request', 'The form needs udap=1. Add it and send the request again.');
  const jwt = receive(form.get('client_assertion') ?? '');
  if (!jwt) return refuse('invalid_client', 'client_assertion is not a compact JWT. Send the signed authentication token.');
  const problems = (await problemsOf(jwt, payer)).filter(({ code }) => !rules.udapForgivesAssertion(code));
  if (problems[0]) return refuse(problems[0].error, problems[0].text);
  udapMemory(payer).assertions.add(String(jwt.claims['jti']));
  return grant(payer, String(jwt.claims['iss'] ?? jwt.claims['sub']), scopesIn(form.get('scope')));
};

function grant(payer: PayerState, clientId: string, asked: readonly string[]): MockReply {
  const { rules } = payer;
  const client = udapMemory(payer).clients.get(clientId);
  const registered = client?.scope ?? asked;
  const granted = asked.length === 0 ? registered : rules.udapGrants(asked, registered);
  if (asked.length > 0 && (granted.length === 0 || (!rules.udapReducesScope() && granted.length < asked.length)))
    return refuse('invalid_scope', `None of the scopes ${asked.join(' ')} is registered for this client. Choose from ${registered.join(' ')}.`);
  const lifetime = rules.tokenLifetime();
  const accessToken = randomBytes(24).toString('base64url');
  authMemory(payer).tokens.set(accessToken, {
    clientId,
    organization: organizationOf(client?.uri ?? ''),
    scope: granted,
    expires: payer.now() + lifetime,
  });
  return json({ access_token: accessToken, token_type: 'Bearer', expires_in: lifetime, scope: granted.join(' ') }, 200, noStore);
}

async function problemsOf(jwt: ReceivedJwt, payer: PayerState): Promise<readonly Problem[]> {
  const { rules } = payer;
  const { clients, assertions } = udapMemory(payer);
  const { claims, header, x5c } = jwt;
  const found: Problem[] = [
    ...jwtProblems({
      jwt,
      pki: await pkiOf(payer.origin, 'alpha'),
      audience: tokenUrl(payer),
      now: payer.now(),
      seen: assertions,
      errors: { jwt: 'invalid_client', trust: 'invalid_client' },
    }),
  ];
  const wrong = (code: string, text: string, error = 'invalid_client') => found.push({ code, text, error });
  if (claims['iss'] === undefined) wrong('missing-iss', 'iss is missing. Name your client_id.');
  if (claims['sub'] === undefined) wrong('missing-sub', 'sub is missing. Name your client_id.');
  if (!rules.udapTakesAlgorithm(String(header['alg']))) wrong('algorithm', `alg ${String(header['alg'])} is not taken here. Sign with ES384.`);
  const client = clients.get(String(claims['iss'] ?? claims['sub']));
  if (!client) wrong('unknown-client', 'iss names no registered client. Register first and use the client_id you were given.');
  else if (!client.active) wrong('cancelled-client', 'The registration of this client was cancelled. Register again.');
  if (client && x5c[0] && !urisOf(x5c[0]).includes(client.uri))
    wrong('certificate-of-another', 'The certificate belongs to another client than iss. Use the certificate that you registered with.');
  found.push(...extensionProblems(claims['extensions']));
  return found;
}

/** hl7-b2b is required here. Source: http://hl7.org/fhir/us/udap-security/b2b.html#b2b-authorization-extension-object */
function extensionProblems(extensions: Json | undefined): readonly Problem[] {
  const member = (value: Json | undefined, name: string): Json | undefined =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Json>>)[name] : undefined;
  const b2b = member(extensions, 'hl7-b2b');
  const problem = (code: string, text: string): Problem => ({ code, text, error: 'invalid_grant' });
  if (b2b === undefined) return [problem('missing-extension', 'The extension hl7-b2b is required. Add it to extensions.')];
  const purposes = member(b2b, 'purpose_of_use');
  return [
    ...(member(b2b, 'version') === '1' ? [] : [problem('bad-version', 'version of hl7-b2b must be "1". Correct it.')]),
    ...(typeof member(b2b, 'organization_id') === 'string'
      ? []
      : [problem('missing-organization', 'organization_id of hl7-b2b is missing. Add its URI.')]),
    ...(Array.isArray(purposes) && purposes.length > 0 ? [] : [problem('missing-purpose', 'purpose_of_use of hl7-b2b is missing. Add a code.')]),
  ];
}
