import type { JsonObject } from '../../src/core/fhir.ts';
import { check, notTestable } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Exchange, Finding } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { provingNothing } from '../cc2/documents.ts';
import { group } from '../group.ts';
import { udapSecurity, useCase } from '../sources.ts';
import { offersGrant, onMetadata, shown, strings } from './evidence.ts';
import { member } from './wire.ts';

const absolute =
  (name: string) =>
  (document: JsonObject, exchange: Exchange): Finding =>
    check(isHttpUrl(document[name]), exchange, `${name} as an absolute URL`, shown(name, document[name]));

const includesRs256 =
  (name: string) =>
  (document: JsonObject, exchange: Exchange): Finding =>
    check(strings(document[name]).includes('RS256'), exchange, `${name} with RS256`, shown(name, document[name]));

/** Endpoints, scopes and algorithms of the metadata document. */
export const endpointChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3'], holds: [{ ig: guides.udap }] }, [
  {
    id: 'cc2.udap.metadata.scopes',
    level: 'SHALL',
    text: 'scopes_supported is present and lists all supported scopes including wildcards.',
    source: udapSecurity('general.html#scope-negotiation'),
    holds: [{ ig: guides.udap, from: '2.0.0' }],
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
    text: 'token_endpoint is an absolute URL.',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    judge: onMetadata(absolute('token_endpoint')),
    faults: [{ name: 'gives a relative token endpoint', at: 'udap.metadata', alter: member({ token_endpoint: '/udap/token' }) }],
  },

  {
    id: 'cc2.udap.metadata.registration-endpoint',
    level: 'SHALL',
    text: 'registration_endpoint is an absolute URL.',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    judge: onMetadata(absolute('registration_endpoint')),
    faults: [{ name: 'names no registration endpoint', at: 'udap.metadata', alter: member({ registration_endpoint: undefined }) }],
  },

  {
    id: 'cc2.udap.metadata.authorization-endpoint',
    level: 'SHALL',
    text: 'authorization_endpoint is present when authorization_code is offered.',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    applies: offersGrant('authorization_code'),
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
    text: 'token_endpoint_auth_methods_supported is the array ["private_key_jwt"].',
    source: udapSecurity('discovery.html#required-udap-metadata'),
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
    text: 'token_endpoint_auth_signing_alg_values_supported is present and includes RS256.',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    judge: onMetadata(includesRs256('token_endpoint_auth_signing_alg_values_supported')),
    faults: [
      { name: 'lists only ES384 for tokens', at: 'udap.metadata', alter: member({ token_endpoint_auth_signing_alg_values_supported: ['ES384'] }) },
    ],
  },

  {
    id: 'cc2.udap.metadata.registration-algs',
    level: 'SHALL',
    text: 'registration_endpoint_jwt_signing_alg_values_supported is present.',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    holds: [{ ig: guides.udap, from: '2.0.0' }],
    judge: onMetadata(includesRs256('registration_endpoint_jwt_signing_alg_values_supported')),
    faults: [
      {
        name: 'names no algorithms for registration',
        at: 'udap.metadata',
        alter: member({ registration_endpoint_jwt_signing_alg_values_supported: undefined }),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.no-shared-secret-algorithm',
    level: 'FAST',
    text: 'Advice: neither an HMAC algorithm nor none is listed: clients prove themselves by a certificate alone, and "The value none MUST NOT be used" (RFC 8414 2).',
    source: useCase('Scenario 1 line 3'),
    judge: onMetadata((document, exchange) => {
      const listed = ['token_endpoint_auth_signing_alg_values_supported', 'registration_endpoint_jwt_signing_alg_values_supported'].flatMap((name) =>
        strings(document[name]),
      );
      if (listed.length === 0) return notTestable('No algorithms are listed: see cc2.udap.metadata.token-algs.', 'payer');
      const shared = provingNothing(listed);
      return check(shared.length === 0, exchange, 'asymmetric algorithms only', `${shared.join(', ')} listed`);
    }),
    faults: [
      {
        name: 'lists none for tokens',
        at: 'udap.metadata',
        alter: member({ token_endpoint_auth_signing_alg_values_supported: ['RS256', 'none'] }),
      },
      {
        name: 'lists HS256 for registration',
        at: 'udap.metadata',
        alter: member({ registration_endpoint_jwt_signing_alg_values_supported: ['RS256', 'HS256'] }),
      },
    ],
  },
]);
