import { randomUUID } from 'node:crypto';
import type { Json } from '../../src/core/model.ts';
import type { Handler, MockReply, PayerState } from '../kernel/payer.ts';
import { json } from '../kernel/replies.ts';
import { pkiOf } from './community.ts';
import { receive } from './jwt.ts';
import { registrationUrl } from './metadata.ts';
import { jwtProblems, type Problem, scopesIn, statementProblems } from './problems.ts';

export interface UdapClient {
  readonly id: string;
  /** The certificate URI that the registration is bound to. */
  readonly uri: string;
  readonly scope: readonly string[];
  readonly active: boolean;
}

interface UdapMemory {
  readonly clients: Map<string, UdapClient>;
  readonly statements: Set<string>;
  readonly assertions: Set<string>;
}

export const udapMemory = (payer: PayerState): UdapMemory =>
  payer.memory('udap', () => ({ clients: new Map<string, UdapClient>(), statements: new Set<string>(), assertions: new Set<string>() }));

/** RFC 7591 section 3.2.2. */
const refuse = ({ error, text }: Pick<Problem, 'error' | 'text'>): MockReply =>
  json({ error, error_description: text }, 400, { 'cache-control': 'no-store', pragma: 'no-cache' });

/**
 * UDAP dynamic registration: new, changed or cancelled, by what the software statement says and who has registered before.
 * Source: http://hl7.org/fhir/us/udap-security/registration.html
 */
export const register: Handler = async (request, payer) => {
  const { rules } = payer;
  const body = parse(request.body);
  if (body === undefined)
    return refuse({
      error: 'invalid_client_metadata',
      text: 'The body is no JSON object. Correct the body and its Content-Type (application/json), and send it again.',
    });
  const jwt = receive(String(body['software_statement'] ?? ''));
  if (!rules.udapVersionFits(body['udap'] === undefined ? undefined : String(body['udap']), 'register'))
    return refuse({ error: 'invalid_client_metadata', text: 'The body needs "udap": "1". Add it and send the request again.' });
  if (!jwt)
    return refuse({ error: 'invalid_software_statement', text: 'software_statement is not a compact JWT. Send the signed software statement.' });
  const memory = udapMemory(payer);
  const problems = [
    ...jwtProblems({
      jwt,
      pki: await pkiOf(payer.origin, 'alpha'),
      audience: registrationUrl(payer),
      now: payer.now(),
      seen: memory.statements,
      errors: { jwt: 'invalid_software_statement', trust: 'unapproved_software_statement' },
    }),
    ...statementProblems(jwt, payer.rules.udapScopes()),
  ].filter(({ code }) => !rules.udapForgivesStatement(code));
  if (problems[0]) return refuse(problems[0]);
  const certifications = Array.isArray(body['certifications']) ? body['certifications'] : [];
  if (certifications.length > 0 && !rules.udapIgnoresCertifications())
    return refuse({ error: 'invalid_software_statement', text: 'A certification in the request is not known here. Leave it out.' });
  if (certifications.length === 0 && rules.udapDemandsCertification())
    return refuse({
      error: 'unapproved_software_statement',
      text: 'The certification https://payer.example/certified is required. Add it to certifications.',
    });
  memory.statements.add(String(jwt.claims['jti']));
  return store(payer, jwt.claims, jwt.text);
};

function store(payer: PayerState, claims: Readonly<Record<string, Json>>, statement: string): MockReply {
  const { rules } = payer;
  const { clients } = udapMemory(payer);
  const uri = String(claims['iss']);
  const known = [...clients.values()].find((each) => each.uri === uri && each.active);
  const grants = [claims['grant_types'] ?? ['client_credentials']].flat();
  const cancelled = grants.length === 0;
  const how = rules.udapOnModify();
  const renamed = known !== undefined && !cancelled && how !== 'same';
  if (known && renamed && how === 'new') clients.set(known.id, { ...known, active: false });
  if (cancelled && rules.udapCancels()) for (const each of clients.values()) if (each.uri === uri) clients.set(each.id, { ...each, active: false });
  const id = known && !renamed ? known.id : `c-${randomUUID()}`;
  const scope = scopesIn(claims['scope']);
  clients.set(id, { id, uri, scope, active: !cancelled || !rules.udapCancels() });
  return json(
    {
      client_id: id,
      software_statement: statement,
      client_name: claims['client_name'] ?? 'unnamed',
      contacts: claims['contacts'] ?? [],
      grant_types: grants,
      token_endpoint_auth_method: 'private_key_jwt',
      ...(scope.length === 0 ? {} : { scope: scope.join(' ') }),
    },
    (known && !renamed) || (cancelled && !rules.udapMakesEmptyClients()) ? 200 : 201,
    { 'cache-control': 'no-store', pragma: 'no-cache' },
  );
}

function parse(text: string): Readonly<Record<string, Json>> | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : undefined;
  } catch {
    return undefined;
  }
}
