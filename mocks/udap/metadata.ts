import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Json } from '../../src/core/model.ts';
import type { Handler, PayerState } from '../kernel/payer.ts';
import { json } from '../kernel/replies.ts';
import { keyPair } from '../pki/keys.ts';
import { type Community, communityOf, serverCertificate } from './community.ts';

export const registrationUrl = ({ origin }: PayerState): string => `${origin}/udap/register`;
export const tokenUrl = ({ origin }: PayerState): string => `${origin}/udap/token`;

/**
 * UDAP metadata, signed for the community asked for.
 * Source: http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata
 */
export const metadata: Handler = async (request, payer) => {
  const asked = request.query.get('community');
  const fallback = payer.rules.udapUnknownCommunity() === 'default' ? 'alpha' : undefined;
  const community = asked === null ? 'alpha' : (communityOf(asked) ?? fallback);
  if (community === undefined) return { status: 204, headers: {}, body: '' };
  const endpoints = { token_endpoint: tokenUrl(payer), registration_endpoint: registrationUrl(payer) };
  return json({
    udap_versions_supported: ['1'],
    udap_profiles_supported: ['udap_dcr', 'udap_authn', 'udap_authz'],
    udap_authorization_extensions_supported: ['hl7-b2b'],
    udap_authorization_extensions_required: ['hl7-b2b'],
    udap_certifications_supported: [],
    grant_types_supported: ['client_credentials'],
    scopes_supported: [...payer.rules.udapScopes()],
    ...endpoints,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS256', 'ES256', 'RS384', 'ES384'],
    registration_endpoint_jwt_signing_alg_values_supported: ['RS256', 'ES256', 'RS384', 'ES384'],
    signed_metadata: await signed(payer, community, endpoints),
  });
};

async function signed(payer: PayerState, asked: Community, endpoints: Readonly<Record<string, string>>): Promise<string> {
  const { rules } = payer;
  const how = rules.udapSignedAs();
  const leaf = await serverCertificate(payer, rules.udapAnswersFor(asked), how === 'ES256' ? 'ec' : rules.udapServerCertificate(asked));
  const iat = payer.now();
  const base = `${payer.origin}/fhir`;
  const claims = clean(rules.udapSignedClaims({ iss: base, sub: base, iat, exp: iat + 86_400, jti: randomUUID(), ...endpoints }));
  const header = clean(rules.udapSignedHeader({ alg: 'RS256', x5c: [...leaf.x5c] }));
  if (how === 'none') return `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`;
  if (how === 'hmac') return new SignJWT(claims).setProtectedHeader({ ...header, alg: 'HS256' }).sign(Buffer.alloc(32, 'k'));
  const key = how === 'stranger' ? (await keyPair('stranger', 'rsa')).privateKey : leaf.privateKey;
  return new SignJWT(claims).setProtectedHeader({ ...header, alg: how === 'ES256' ? 'ES256' : 'RS256' }).sign(key);
}

const encode = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const clean = (value: Readonly<Record<string, Json | undefined>>): Record<string, Json> =>
  Object.fromEntries(Object.entries(value).filter((pair): pair is [string, Json] => pair[1] !== undefined));
