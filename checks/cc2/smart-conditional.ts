import { check, fail, notTestable, pass, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check } from '../../src/core/model.ts';
import { fhirApi, oneMember } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { set } from '../alter.ts';
import { follows } from '../applies.ts';
import { group } from '../group.ts';
import { smart, usCore } from '../sources.ts';
import { backendServices, listsCapability } from './applies.ts';
import { onSmart, show, stringsOf } from './documents.ts';

/** What a smart-configuration must say because of something else it says. */

const adding = (capability: string) => (body: { readonly [key: string]: unknown }) => ({
  capabilities: [...(Array.isArray(body['capabilities']) ? body['capabilities'] : []), capability],
});

export const smartConditionalChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3'] }, [
  {
    id: 'cc2.smart.wellknown.confidential-asymmetric',
    level: 'SHALL',
    text: 'A server that supports Backend Services lists client-confidential-asymmetric.',
    source: usCore('scopes.html'),
    applies: backendServices,
    judge: onSmart((document, exchange, evidence) => {
      const listed = stringsOf(document['capabilities']);
      if (!listed) return notTestable('There is no array of capabilities to look into.', 'payer');
      if (listed.includes('client-confidential-asymmetric')) return pass;
      const report = follows(guides.usCore, '7.0.0')(evidence) === true ? fail : warn;
      return report(exchange, 'the capability client-confidential-asymmetric', `capabilities: ${show(document['capabilities'])}`);
    }),
    faults: [
      {
        name: 'lists symmetric clients only',
        at: 'smart.configuration',
        alter: set({ capabilities: ['client-confidential-symmetric', 'permission-v2'] }),
      },
    ],
  },
  {
    id: 'cc2.smart.wellknown.introspection',
    level: 'SHALL',
    scenarios: oneMember,
    text: 'A US Core server publishes introspection_endpoint.',
    source: usCore('scopes.html'),
    holds: [{ ig: guides.usCore, from: '7.0.0' }],
    judge: onSmart((document, exchange) =>
      check(
        isHttpUrl(document['introspection_endpoint']),
        exchange,
        'introspection_endpoint, an absolute URL',
        show(document['introspection_endpoint']),
      ),
    ),
    faults: [
      {
        name: 'leaves introspection_endpoint out',
        at: 'smart.configuration',
        target: { guides: { 'hl7.fhir.us.core': '7.0.0' } },
        alter: set({ introspection_endpoint: undefined }),
      },
    ],
  },
  {
    id: 'cc2.smart.wellknown.oidc-conditional',
    level: 'SHALL',
    text: 'issuer and jwks_uri are present when sso-openid-connect is listed.',
    source: smart('conformance.html#metadata'),
    holds: [{ ig: guides.smart, from: '2.0.0' }],
    applies: listsCapability('sso-openid-connect'),
    judge: onSmart((document, exchange) => {
      const missing = ['issuer', 'jwks_uri'].filter((name) => typeof document[name] !== 'string');
      return missing.length === 0
        ? pass
        : fail(exchange, 'issuer and jwks_uri, because sso-openid-connect is listed', `without ${missing.join(' and ')}`);
    }),
    faults: [
      {
        name: 'lists sso-openid-connect without issuer',
        at: 'smart.configuration',
        alter: set((body) => ({ ...adding('sso-openid-connect')(body), issuer: undefined })),
      },
    ],
  },
  {
    id: 'cc2.smart.wellknown.authorization-conditional',
    level: 'SHALL',
    text: 'authorization_endpoint is present when a launch capability is listed.',
    source: smart('conformance.html#metadata'),
    holds: [{ ig: guides.smart, from: '2.0.0' }],
    applies: listsCapability('launch-ehr', 'launch-standalone'),
    judge: onSmart((document, exchange) =>
      check(
        typeof document['authorization_endpoint'] === 'string',
        exchange,
        'authorization_endpoint, because a launch capability is listed',
        'no authorization_endpoint',
      ),
    ),
    faults: [{ name: 'lists launch-standalone without authorization_endpoint', at: 'smart.configuration', alter: set(adding('launch-standalone')) }],
  },
  {
    id: 'cc2.smart.wellknown.asymmetric-discovery',
    level: 'SHOULD',
    text: 'A server that lists client-confidential-asymmetric publishes private_key_jwt and at least one of RS384, ES384.',
    source: smart('client-confidential-asymmetric.html#discovery-requirements'),
    applies: listsCapability('client-confidential-asymmetric'),
    judge: onSmart((document, exchange) => {
      const methods = stringsOf(document['token_endpoint_auth_methods_supported']) ?? [];
      const algorithms = stringsOf(document['token_endpoint_auth_signing_alg_values_supported']) ?? [];
      return check(
        methods.includes('private_key_jwt') && (algorithms.includes('RS384') || algorithms.includes('ES384')),
        exchange,
        'private_key_jwt, and RS384 or ES384',
        `methods: ${methods.join(', ') || 'none'}; algorithms: ${algorithms.join(', ') || 'none'}`,
      );
    }),
    faults: [
      {
        name: 'lists the capability without method and algorithms',
        at: 'smart.configuration',
        target: { guides: { 'hl7.fhir.us.davinci-atr': false } },
        alter: set({ token_endpoint_auth_methods_supported: undefined, token_endpoint_auth_signing_alg_values_supported: undefined }),
      },
    ],
  },
]);
