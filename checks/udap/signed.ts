import { asString, isObject, jsonOf } from '../../src/core/fhir.ts';
import { check, fail, notTestable, onFirst, pass, statusOf, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { allOf, follows } from '../applies.ts';
import { group } from '../group.ts';
import { udapSecurity, useCase } from '../sources.ts';
import { claimsOf, followsUdap1, onMetadata, onSigned } from './evidence.ts';
import { askedAt, chainHolds, communityHolds, hasAnchors, issuerHolds, jtiHolds, namesCommunity } from './trust.ts';
import { member } from './wire.ts';

/** What the server signs about itself, and for which trust community. */
export const signedChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3'], holds: [{ ig: guides.udap }] }, [
  {
    id: 'cc2.udap.signed.present',
    level: 'SHALL',
    text: 'signed_metadata holds a compact JWS.',
    source: udapSecurity('discovery.html#signed-metadata-elements'),
    judge: onMetadata((document, exchange) =>
      check(
        exchange.facts?.['jws.compact'] === true,
        exchange,
        'signed_metadata as a compact JWS of three base64url parts',
        document['signed_metadata'] === undefined ? 'signed_metadata absent' : `signed_metadata ${JSON.stringify(document['signed_metadata'])}`,
      ),
    ),
    faults: [{ name: 'signs nothing', at: 'udap.metadata', alter: member({ signed_metadata: undefined }) }],
  },

  {
    id: 'cc2.udap.signed.alg',
    level: 'SHALL',
    text: 'The signed metadata JWT is signed with RS256.',
    source: udapSecurity('discovery.html#signed-metadata-elements'),
    judge: onSigned((_claims, exchange, evidence) => {
      const alg = String(exchange.facts?.['jws.alg']);
      if (alg === 'RS256') return pass;
      // No version allows a JWT that anybody can make.
      const forgeable = alg === 'none' || alg.startsWith('HS');
      const bound = follows(guides.udap, '1.1.0')(evidence) === true;
      return (forgeable || bound ? fail : warn)(exchange, 'signed_metadata signed with RS256', `alg ${alg}`);
    }),
    faults: [
      { name: 'signs with ES256', at: 'udap.metadata', behaviour: 'udap-signed-es256' },
      {
        name: 'does not sign at all (alg none)',
        at: 'udap.metadata',
        behaviour: 'udap-signed-by-nobody',
        alsoFails: { 'cc2.udap.signed.x5c': 'nothing verifies with the leaf key' },
      },
      {
        name: 'signs with a shared secret',
        at: 'udap.metadata',
        behaviour: 'udap-signed-with-hmac',
        alsoFails: { 'cc2.udap.signed.x5c': 'nothing verifies with the leaf key' },
      },
    ],
  },

  {
    id: 'cc2.udap.signed.x5c',
    level: 'SHALL',
    text: 'The JWT header has x5c with the leaf certificate first and the signature verifies with that leaf key.',
    source: udapSecurity('general.html#jwt-headers'),
    judge: onSigned((_claims, exchange) =>
      check(
        exchange.facts?.['jws.valid'] === true,
        exchange,
        'a signature that verifies with the key of x5c[0]',
        `${String(exchange.facts?.['jws.why'] ?? 'it does not')}. Whoever sits between us could have written it`,
      ),
    ),
    faults: [
      { name: "signs with a key that is not the leaf's", at: 'udap.metadata', behaviour: 'udap-signed-by-stranger' },
      { name: 'leaves x5c out', at: 'udap.metadata', behaviour: 'udap-signed-without-x5c' },
    ],
  },

  {
    id: 'cc2.udap.signed.chain',
    level: 'FAST',
    text: 'The x5c chain can be validated by a member of the configured trust community: no certificate expired or revoked.',
    source: udapSecurity('general.html#jwt-validation'),
    applies: hasAnchors,
    judge: onSigned(chainHolds),
    faults: [
      { name: 'signs with an expired certificate', at: 'udap.metadata', behaviour: 'udap-server-expired' },
      { name: 'signs with a certificate that is not yet valid', at: 'udap.metadata', behaviour: 'udap-server-not-yet-valid' },
      { name: 'signs with a revoked certificate', at: 'udap.metadata', behaviour: 'udap-server-revoked' },
    ],
  },

  {
    id: 'cc2.udap.signed.iss-base-and-san',
    level: 'SHALL',
    text: 'iss equals the server base URL and matches a URI entry of the leaf Subject Alternative Name.',
    source: udapSecurity('discovery.html#signed-metadata-elements'),
    judge: onSigned(issuerHolds),
    faults: [
      { name: 'names its authorization server as issuer', at: 'udap.metadata', behaviour: 'udap-signed-for-as' },
      { name: 'names itself with a slash too many', at: 'udap.metadata', behaviour: 'udap-signed-slash' },
      { name: 'has only DNS names in its certificate', at: 'udap.metadata', behaviour: 'udap-server-dns-only' },
    ],
  },

  {
    id: 'cc2.udap.signed.sub',
    level: 'SHALL',
    text: 'sub equals iss.',
    source: udapSecurity('discovery.html#signed-metadata-elements'),
    judge: onSigned((claims, exchange) =>
      check(
        claims['sub'] === claims['iss'] && claims['sub'] !== undefined,
        exchange,
        `sub ${String(claims['iss'])}`,
        `sub ${String(claims['sub'] ?? 'absent')}`,
      ),
    ),
    faults: [{ name: 'leaves sub out', at: 'udap.metadata', behaviour: 'udap-signed-without-sub' }],
  },

  {
    id: 'cc2.udap.signed.iat',
    level: 'SHALL',
    text: 'The signed metadata has an iat claim (integer) that is not in the future.',
    source: udapSecurity('discovery.html#signed-metadata-elements'),
    judge: onSigned((claims, exchange) => {
      const iat = claims['iat'];
      const seen = typeof iat === 'number' ? `${Math.round(iat - askedAt(exchange))} s after our request` : 'absent';
      return check(
        typeof iat === 'number' && Number.isInteger(iat) && iat <= askedAt(exchange) + 300,
        exchange,
        'iat in whole seconds, not in the future',
        `iat ${seen}`,
      );
    }),
    faults: [
      { name: 'leaves iat out', at: 'udap.metadata', behaviour: 'udap-signed-without-iat' },
      { name: 'was issued an hour from now', at: 'udap.metadata', behaviour: 'udap-signed-future-iat' },
    ],
  },

  {
    id: 'cc2.udap.signed.exp',
    level: 'SHALL',
    text: 'The JWT is unexpired and exp is at most one year after iat.',
    source: udapSecurity('discovery.html#signed-metadata-elements'),
    judge: onSigned((claims, exchange) => {
      const { iat, exp } = claims;
      if (typeof exp !== 'number') return fail(exchange, 'exp in seconds', 'exp absent');
      if (exp <= askedAt(exchange) - 60)
        return fail(exchange, 'signed_metadata that is not expired', `exp ${Math.round(askedAt(exchange) - exp)} s before our request`);
      const days = typeof iat === 'number' ? (exp - iat) / 86_400 : 0;
      return check(days <= 366, exchange, 'exp at most one year after iat', `exp ${Math.round(days)} days after iat`);
    }),
    faults: [
      { name: 'signs for ten years', at: 'udap.metadata', behaviour: 'udap-signed-ten-years' },
      { name: 'sends expired signed metadata', at: 'udap.metadata', behaviour: 'udap-signed-expired' },
    ],
  },

  {
    id: 'cc2.udap.signed.jti',
    level: 'SHALL',
    text: 'jti is present and is not reused in a different unexpired JWT of the same issuer.',
    source: udapSecurity('general.html#jwt-claims'),
    judge: jtiHolds,
    faults: [
      { name: 'uses one jti for all', at: 'udap.metadata', behaviour: 'udap-signed-same-jti' },
      { name: 'leaves jti out', at: 'udap.metadata', behaviour: 'udap-signed-without-jti' },
    ],
  },

  {
    id: 'cc2.udap.signed.endpoints',
    level: 'SHALL',
    text: 'token_endpoint and registration_endpoint (and authorization_endpoint when in the plain metadata) are claims of the JWT.',
    source: udapSecurity('discovery.html#signed-metadata-elements'),
    judge: onMetadata((document, exchange) => {
      const claims = claimsOf(exchange);
      if (!claims) return notTestable('The metadata holds no signed_metadata whose claims can be read.', 'not-offered');
      const wanted = [
        'token_endpoint',
        'registration_endpoint',
        ...(document['authorization_endpoint'] === undefined ? [] : ['authorization_endpoint']),
      ];
      const missing = wanted.filter((name) => asString(claims[name]) === undefined);
      return check(missing.length === 0, exchange, `${wanted.join(', ')} in signed_metadata`, `without ${missing.join(', ')}`);
    }),
    faults: [
      { name: 'does not sign its registration endpoint', at: 'udap.metadata', behaviour: 'udap-signed-without-registration' },
      { name: 'does not sign its token endpoint', at: 'udap.metadata', behaviour: 'udap-signed-without-token' },
    ],
  },

  {
    id: 'cc2.udap.signed.equals-plain',
    level: 'FAST',
    text: 'Signed and plain endpoint values are equal, so a client that follows the signed value reaches the same place.',
    source: useCase('Scenario 1 line 3'),
    judge: onMetadata((document, exchange) => {
      const claims = claimsOf(exchange) ?? {};
      const names = ['token_endpoint', 'registration_endpoint', 'authorization_endpoint'];
      const differing = names.filter((name) => claims[name] !== undefined && isHttpUrl(document[name]) && claims[name] !== document[name]);
      return check(
        differing.length === 0,
        exchange,
        'the same endpoints signed and plain',
        differing.map((name) => `${name} signed ${String(claims[name])}, plain ${String(document[name])}`).join('; '),
      );
    }),
    faults: [
      {
        name: 'gives another plain token endpoint than the signed one',
        at: 'udap.metadata',
        alter: member(({ token_endpoint: plain }) => ({ token_endpoint: `${String(plain)}?plain` })),
      },
    ],
  },

  {
    id: 'cc2.udap.community.known',
    level: 'SHALL',
    text: 'The community query parameter selects a certificate of that trust community.',
    source: udapSecurity('discovery.html#multiple-trust-communities'),
    holds: [{ ig: guides.udap, from: '2.0.0' }],
    applies: allOf(hasAnchors, namesCommunity),
    judge: communityHolds,
    faults: [{ name: 'answers for every community with the default certificate', at: 'udap.metadata', behaviour: 'udap-one-community' }],
  },

  {
    id: 'cc2.udap.community.unknown',
    level: 'MAY',
    text: 'For an unknown community the server answers 204 or its default metadata.',
    source: udapSecurity('discovery.html#multiple-trust-communities'),
    judge: onFirst({ step: 'udap.metadata', variant: 'unknown-community' }, (exchange, evidence) => {
      const seen = statusOf(exchange);
      if (seen === 204 || (seen === 200 && isObject(jsonOf(exchange.response)))) return pass;
      const expected = 'status 204, or 200 with the default metadata, for a community that is not known';
      if (seen === 404 && followsUdap1(evidence)) return pass;
      return (seen === 404 ? warn : fail)(exchange, expected, `status ${seen}`);
    }),
    faults: [
      {
        name: 'breaks down when the community is unknown',
        at: 'udap.metadata',
        alter: (response) => (response.status === 204 ? { status: 500, headers: { 'content-type': 'text/plain' }, body: 'null' } : response),
      },
    ],
  },
]);
