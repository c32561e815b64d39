import { asArray, asString, at } from '../../core/fhir.ts';
import type { Json, Known, RequestSpec, Target } from '../../core/model.ts';
import type { UdapJwtSpec } from '../../core/udap.ts';
import { withQuery } from '../../core/url.ts';
import { jwtBearer } from './token.ts';

/** UDAP requests as pure data; the client signs them. What is wrong with a JWT, if anything, stands in its spec. */
export type JwtChange = Omit<UdapJwtSpec, 'use'>;

/** `/.well-known/udap`, for one trust community when its URI is given. */
export const udapMetadata = (base: string, community?: string): RequestSpec => ({
  method: 'GET',
  url: withQuery(`${base.replace(/\/+$/, '')}/.well-known/udap`, { community }),
  headers: { accept: 'application/json' },
});

/** Where to register and ask for tokens: the suites note it from signed_metadata first, from the plain members else. */
export const registrationEndpoint = ({ notes }: Known): string | undefined => asString(notes['udap.registration']);
export const tokenEndpoint = ({ notes }: Known): string | undefined => asString(notes['udap.token']);

/**
 * Dynamic registration. Claims of the software statement come from the target file; `change` says what is wrong or different.
 * Source: http://hl7.org/fhir/us/udap-security/registration.html#software-statement
 */
export const registration = (endpoint: string, target: Target, change: JwtChange = {}): RequestSpec => ({
  method: 'POST',
  url: endpoint,
  headers: { accept: 'application/json', 'content-type': 'application/json' },
  body: JSON.stringify({ udap: '1' }),
  udap: { use: 'software_statement', ...change, claims: { ...statementClaims(target), ...change.claims } },
});

/** What a client with users adds to its statement. Source: http://hl7.org/fhir/us/udap-security/registration.html#software-statement */
export const codeFlow: Readonly<Record<string, Json>> = {
  grant_types: ['authorization_code'],
  redirect_uris: ['https://provider.example/redirect'],
  response_types: ['code'],
  logo_uri: 'https://provider.example/logo.png',
};

const statementClaims = ({ udap }: Target): Record<string, Json> => ({
  client_name: udap?.clientName ?? 'payer-assay conformance test',
  contacts: udap?.contacts ?? ['mailto:operations@example.org'],
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'private_key_jwt',
  scope: scopeOf(udap),
});

export const scopeOf = (udap: Target['udap']): string => udap?.scope ?? 'system/Patient.read';

/**
 * A B2B token request with client credentials. `claims` may change the extension too.
 * Source: http://hl7.org/fhir/us/udap-security/b2b.html#submitting-a-token-request
 */
export const b2bToken = (
  endpoint: string,
  clientId: string,
  target: Target,
  change: JwtChange = {},
  scope: string | null = scopeOf(target.udap),
): RequestSpec => ({
  method: 'POST',
  url: endpoint,
  headers: { accept: 'application/json' },
  form: { grant_type: 'client_credentials', ...(scope === null ? {} : { scope }), client_assertion_type: jwtBearer, udap: '1' },
  udap: {
    use: 'client_assertion',
    ...change,
    claims: { iss: clientId, sub: clientId, extensions: { 'hl7-b2b': b2bExtension(target) }, ...change.claims },
  },
});

/** The hl7-b2b authorization extension object. Source: http://hl7.org/fhir/us/udap-security/b2b.html#b2b-authorization-extension-object */
export const b2bExtension = ({ udap }: Target): { readonly [key: string]: Json } => ({
  version: '1',
  organization_id: udap?.organization?.id ?? 'https://example.org/payer-assay',
  ...(udap?.organization?.name === undefined ? {} : { organization_name: udap.organization.name }),
  purpose_of_use: udap?.purposeOfUse ?? ['urn:oid:2.16.840.1.113883.5.8#TREAT'],
});

/** The metadata lists this grant type. */
export const offersGrantType = (metadata: Json | undefined, grant: string): boolean => asArray(at(metadata, 'grant_types_supported')).includes(grant);

/** Extension keys that the server demands. */
export const requiredExtensions = (metadata: Json | undefined): readonly string[] =>
  asArray(at(metadata, 'udap_authorization_extensions_required')).flatMap((each) => (typeof each === 'string' ? [each] : []));

/** The client_id of this run's registration, or the one that the operator names. */
export const clientIdOf = ({ notes, target }: Known): string | undefined => asString(notes['udap.clientId']) ?? target.udap?.clientId;
