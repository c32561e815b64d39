import type { JsonObject } from '../../src/core/fhir.ts';
import { asArray, isObject, jsonOf } from '../../src/core/fhir.ts';
import { all, check, describeBody, onFirst, pass, status, statusOf, warn } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { type Applies, allOf } from '../applies.ts';
import { claimsUdap, metadataOf, offersGrant, onMetadata, since, strings } from './evidence.ts';
import { member } from './wire.ts';

const shown = (name: string, value: Json | undefined): string => (value === undefined ? `${name} absent` : `${name} ${JSON.stringify(value)}`);

const absolute =
  (name: string) =>
  (document: JsonObject, exchange: Exchange): Finding =>
    check(isHttpUrl(document[name]), exchange, `${name} as an absolute URL`, shown(name, document[name]));

const includesRs256 =
  (name: string) =>
  (document: JsonObject, exchange: Exchange): Finding =>
    check(strings(document[name]).includes('RS256'), exchange, `${name} with RS256`, shown(name, document[name]));

/** `_required` must stand beside a non-empty `_supported`; that it is a subset binds from 2.0 on. */
const requiredSubset =
  (stem: string) =>
  (document: JsonObject, exchange: Exchange, { target }: Evidence): Finding => {
    const [supported, required] = [strings(document[`${stem}_supported`]), document[`${stem}_required`]];
    const demanded = supported.length > 0;
    if (demanded && !Array.isArray(required)) return check(false, exchange, `${stem}_required as an array`, shown(`${stem}_required`, required));
    const foreign = asArray(required).filter((each) => !supported.some((known) => known === each));
    if (foreign.length === 0) return pass;
    const [expected, actual] = [`${stem}_required lists supported keys only`, `it also lists ${foreign.join(', ')}`];
    return target.udap?.version === '2.0' ? check(false, exchange, expected, actual) : warn(exchange, expected, actual);
  };

/** Redirects are followed; what they lead to is judged. */
const isRedirect = (exchange: Exchange): boolean => statusOf(exchange) >= 300 && statusOf(exchange) < 400;

const claimsTiered: Applies = (evidence) => {
  const told = evidence.target.claims?.['udap.tiered-oauth'] === true;
  return told || strings(metadataOf(evidence)?.['scopes_supported']).includes('udap') || 'Tiered OAuth is not claimed: the scope udap is not listed.';
};

/** What the metadata document must say. */
export const metadataChecks: readonly Check[] = [
  {
    id: 'cc2.udap.metadata.available',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'UDAP metadata is served at base URL plus /.well-known/udap to unregistered clients without authentication.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#discovery-of-endpoints',
      section: 'discovery.html#discovery-of-endpoints',
    },
    applies: ({ target }) => target.udap !== undefined || 'The target file has no udap part.',
    judge: onFirst({ step: 'udap.metadata', where: (each) => !isRedirect(each) }, (exchange) =>
      all(
        () => status(exchange, 200),
        () => check(isObject(jsonOf(exchange.response)), exchange, 'a JSON object without any authentication', describeBody(exchange)),
      ),
    ),
    faults: [
      {
        name: 'demands a token for its metadata',
        at: 'udap.metadata',
        alter: () => ({ status: 401, headers: { 'www-authenticate': 'Bearer' }, body: '' }),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.versions',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'udap_versions_supported is the array ["1"].',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: claimsUdap,
    judge: onMetadata((document, exchange) => {
      const seen = document['udap_versions_supported'];
      return check(JSON.stringify(seen) === '["1"]', exchange, 'udap_versions_supported ["1"]', shown('udap_versions_supported', seen));
    }),
    faults: [{ name: 'states version 2', at: 'udap.metadata', alter: member({ udap_versions_supported: ['2'] }) }],
  },

  {
    id: 'cc2.udap.metadata.profiles',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'udap_profiles_supported contains udap_dcr and udap_authn.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: claimsUdap,
    judge: onMetadata((document, exchange) => {
      const seen = strings(document['udap_profiles_supported']);
      const missing = ['udap_dcr', 'udap_authn'].filter((each) => !seen.includes(each));
      return check(missing.length === 0, exchange, 'udap_dcr and udap_authn in udap_profiles_supported', `without ${missing.join(' and ')}`);
    }),
    faults: [{ name: 'leaves udap_dcr out', at: 'udap.metadata', alter: member({ udap_profiles_supported: ['udap_authn', 'udap_authz'] }) }],
  },

  {
    id: 'cc2.udap.metadata.profile-authz',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'udap_authz is listed when grant_types_supported contains client_credentials.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: allOf(claimsUdap, offersGrant('client_credentials')),
    judge: onMetadata((document, exchange) =>
      check(
        strings(document['udap_profiles_supported']).includes('udap_authz'),
        exchange,
        'udap_authz in udap_profiles_supported, since client_credentials is offered',
        shown('udap_profiles_supported', document['udap_profiles_supported']),
      ),
    ),
    faults: [
      {
        name: 'offers client_credentials without udap_authz',
        at: 'udap.metadata',
        alter: member({ udap_profiles_supported: ['udap_dcr', 'udap_authn'] }),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.profile-tiered',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'udap_to is listed when Tiered OAuth is supported.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '1.0.0 to 2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: allOf(claimsUdap, claimsTiered),
    judge: onMetadata((document, exchange) =>
      check(
        strings(document['udap_profiles_supported']).includes('udap_to'),
        exchange,
        'udap_to in udap_profiles_supported, since Tiered OAuth is supported',
        shown('udap_profiles_supported', document['udap_profiles_supported']),
      ),
    ),
    faults: [
      {
        name: 'lists the scope udap without udap_to',
        at: 'udap.metadata',
        alter: member(({ scopes_supported: scopes }) => ({ scopes_supported: [...strings(scopes), 'udap'] })),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.b2b-extension',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'A server that supports the client credentials B2B flow lists hl7-b2b in udap_authorization_extensions_supported.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/b2b.html#b2b-authorization-extension-object',
      section: 'b2b.html#b2b-authorization-extension-object',
    },
    applies: allOf(claimsUdap, offersGrant('client_credentials'), since('1.1', 'warning')),
    judge: onMetadata((document, exchange) =>
      check(
        strings(document['udap_authorization_extensions_supported']).includes('hl7-b2b'),
        exchange,
        'hl7-b2b in udap_authorization_extensions_supported',
        shown('udap_authorization_extensions_supported', document['udap_authorization_extensions_supported']),
      ),
    ),
    faults: [
      {
        name: 'supports no authorization extension',
        at: 'udap.metadata',
        alter: member({ udap_authorization_extensions_supported: [], udap_authorization_extensions_required: [] }),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.extensions-required',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'udap_authorization_extensions_required is present when any extension is supported and lists only supported keys.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: claimsUdap,
    judge: onMetadata(requiredSubset('udap_authorization_extensions')),
    faults: [
      {
        name: 'supports extensions without saying which are required',
        at: 'udap.metadata',
        alter: member({ udap_authorization_extensions_required: undefined }),
      },
      {
        name: 'requires an extension that it does not support',
        at: 'udap.metadata',
        alter: member({ udap_authorization_extensions_required: ['hl7-b2b', 'acme-purpose'] }),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.certifications',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'udap_certifications_supported is present and udap_certifications_required (when needed) is a subset of it.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: claimsUdap,
    judge: onMetadata((document, exchange, evidence) =>
      all(
        () =>
          check(
            Array.isArray(document['udap_certifications_supported']),
            exchange,
            'udap_certifications_supported as an array, empty when there are none',
            shown('udap_certifications_supported', document['udap_certifications_supported']),
          ),
        () => requiredSubset('udap_certifications')(document, exchange, evidence),
      ),
    ),
    faults: [{ name: 'says nothing of certifications', at: 'udap.metadata', alter: member({ udap_certifications_supported: undefined }) }],
  },

  {
    id: 'cc2.udap.metadata.grant-types',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'grant_types_supported has at least one value and refresh_token only together with authorization_code.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: claimsUdap,
    judge: onMetadata((document, exchange) => {
      const seen = strings(document['grant_types_supported']);
      const lonely = seen.includes('refresh_token') && !seen.includes('authorization_code');
      return all(
        () => check(seen.length > 0, exchange, 'at least one grant type', shown('grant_types_supported', document['grant_types_supported'])),
        () => check(!lonely, exchange, 'refresh_token only together with authorization_code', seen.join(', ')),
      );
    }),
    faults: [
      {
        name: 'offers refresh_token without authorization_code',
        at: 'udap.metadata',
        alter: member({ grant_types_supported: ['client_credentials', 'refresh_token'] }),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.scopes',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'scopes_supported is present and lists all supported scopes including wildcards.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/general.html#scope-negotiation',
      section: 'general.html#scope-negotiation',
    },
    applies: allOf(claimsUdap, since('2.0')),
    judge: onMetadata((document, exchange) =>
      check(
        strings(document['scopes_supported']).length > 0,
        exchange,
        'scopes_supported with all supported scopes, wildcards included',
        shown('scopes_supported', document['scopes_supported']),
      ),
    ),
    faults: [{ name: 'names no scopes', at: 'udap.metadata', alter: member({ scopes_supported: undefined }) }],
  },

  {
    id: 'cc2.udap.metadata.token-endpoint',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'token_endpoint is an absolute URL.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: claimsUdap,
    judge: onMetadata(absolute('token_endpoint')),
    faults: [{ name: 'gives a relative token endpoint', at: 'udap.metadata', alter: member({ token_endpoint: '/udap/token' }) }],
  },

  {
    id: 'cc2.udap.metadata.registration-endpoint',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'registration_endpoint is an absolute URL.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: claimsUdap,
    judge: onMetadata(absolute('registration_endpoint')),
    faults: [{ name: 'names no registration endpoint', at: 'udap.metadata', alter: member({ registration_endpoint: undefined }) }],
  },

  {
    id: 'cc2.udap.metadata.authorization-endpoint',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'authorization_endpoint is present when authorization_code is offered.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: allOf(claimsUdap, offersGrant('authorization_code')),
    judge: onMetadata(absolute('authorization_endpoint')),
    faults: [
      {
        name: 'offers authorization_code without authorization_endpoint',
        at: 'udap.metadata',
        alter: member({ grant_types_supported: ['authorization_code', 'client_credentials'] }),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.auth-methods',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'token_endpoint_auth_methods_supported is the array ["private_key_jwt"].',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: claimsUdap,
    judge: onMetadata((document, exchange) => {
      const seen = document['token_endpoint_auth_methods_supported'];
      return check(
        JSON.stringify(seen) === '["private_key_jwt"]',
        exchange,
        'token_endpoint_auth_methods_supported ["private_key_jwt"]',
        shown('token_endpoint_auth_methods_supported', seen),
      );
    }),
    faults: [
      {
        name: 'also takes client secrets',
        at: 'udap.metadata',
        alter: member({ token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_post'] }),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.token-algs',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'token_endpoint_auth_signing_alg_values_supported is present and includes RS256.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: claimsUdap,
    judge: onMetadata(includesRs256('token_endpoint_auth_signing_alg_values_supported')),
    faults: [
      { name: 'lists only ES384 for tokens', at: 'udap.metadata', alter: member({ token_endpoint_auth_signing_alg_values_supported: ['ES384'] }) },
    ],
  },

  {
    id: 'cc2.udap.metadata.registration-algs',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'registration_endpoint_jwt_signing_alg_values_supported is present.',
    source: {
      ig: 'hl7.fhir.us.udap-security',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/udap-security/discovery.html#required-udap-metadata',
      section: 'discovery.html#required-udap-metadata',
    },
    applies: allOf(claimsUdap, since('2.0')),
    judge: onMetadata(includesRs256('registration_endpoint_jwt_signing_alg_values_supported')),
    faults: [
      {
        name: 'names no algorithms for registration',
        at: 'udap.metadata',
        alter: member({ registration_endpoint_jwt_signing_alg_values_supported: undefined }),
      },
    ],
  },
];
