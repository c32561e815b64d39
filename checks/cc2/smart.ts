import { asString, isObject, jsonOf, mediaTypeOf } from '../../src/core/fhir.ts';
import { all, check, describeBody, fail, notApplicable, onEach, onFirst, pass, status, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check } from '../../src/core/model.ts';
import { fhirApi, panel } from '../../src/core/steps.ts';
import { isHttpUrl, parseUrl } from '../../src/core/url.ts';
import { change, set, when } from '../alter.ts';
import { follows } from '../applies.ts';
import { group } from '../group.ts';
import { atr, smart, useCase } from '../sources.ts';
import { authorizesBySmart, backendServices } from './applies.ts';
import { lists, onSmart, permits, provingNothing, show, stringsOf } from './documents.ts';

/** What every SMART server must say in its smart-configuration. */

/** Absolute, or relative to the base: the second is judged by absolute-urls alone. */
const resolves = (url: string | undefined): boolean =>
  url !== undefined && url !== '' && (isHttpUrl(url) || (parseUrl(url) === undefined && !/\s/.test(url)));

export const smartChecks: readonly Check[] = group(
  { scenarios: fhirApi, applies: authorizesBySmart, holds: [{ ig: guides.smart }, { ig: guides.usCore }, { ig: guides.atr }, { ig: guides.pdex }] },
  [
    {
      id: 'cc2.smart.wellknown.available',
      level: 'SHALL',
      lines: ['L1', 'L3'],
      text: 'A FHIR endpoint that needs authorization serves a JSON document at its base URL plus /.well-known/smart-configuration.',
      source: smart('conformance.html#using-well-known'),
      judge: onFirst({ step: 'smart.configuration' }, (exchange) =>
        all(
          () => status(exchange, 200),
          () => check(isObject(jsonOf(exchange.response)), exchange, 'a JSON object', describeBody(exchange)),
        ),
      ),
      faults: [{ name: 'has no smart-configuration', at: 'smart.configuration', alter: change({ status: 404 }) }],
    },
    {
      id: 'cc2.smart.wellknown.content-type',
      level: 'SHALL',
      lines: ['L3'],
      text: 'The document is returned as application/json whatever Accept header is sent.',
      source: smart('conformance.html#using-well-known'),
      judge: onSmart((_document, _exchange, evidence) =>
        onEach({ step: 'smart.configuration', variant: 'accept-xml' }, (exchange) =>
          all(
            () => status(exchange, 200),
            () => {
              const media = mediaTypeOf(exchange.response);
              return check(
                media === 'application/json',
                exchange,
                'Content-Type application/json whatever Accept says',
                `Content-Type ${media || 'absent'}`,
              );
            },
          ),
        )(evidence),
      ),
      faults: [
        {
          name: 'answers 406 when XML is asked for',
          at: 'smart.configuration',
          alter: when(({ headers }) => /xml/.test(headers['accept'] ?? ''), change({ status: 406 })),
        },
      ],
    },
    {
      id: 'cc2.smart.wellknown.token-endpoint',
      level: 'SHALL',
      lines: ['L3'],
      text: 'token_endpoint is present.',
      source: smart('conformance.html#metadata'),
      judge: onSmart((document, exchange) =>
        check(
          resolves(asString(document['token_endpoint'])),
          exchange,
          'token_endpoint, a URL',
          `token_endpoint: ${show(document['token_endpoint'])}`,
        ),
      ),
      faults: [{ name: 'leaves token_endpoint out', at: 'smart.configuration', alter: set({ token_endpoint: undefined }) }],
    },
    {
      id: 'cc2.smart.wellknown.grant-types',
      level: 'SHALL',
      lines: ['L3'],
      text: 'grant_types_supported is an array; it contains client_credentials when Backend Services is supported.',
      source: smart('conformance.html#metadata'),
      holds: [{ ig: guides.smart, from: '2.0.0' }],
      judge: onSmart((document, exchange, evidence) => {
        const seen = stringsOf(document['grant_types_supported']);
        if (!seen)
          return fail(exchange, 'grant_types_supported, an array of strings', `grant_types_supported: ${show(document['grant_types_supported'])}`);
        return backendServices(evidence) === true ? lists(document, exchange, 'grant_types_supported', 'client_credentials') : pass;
      }),
      faults: [{ name: 'leaves grant_types_supported out', at: 'smart.configuration', alter: set({ grant_types_supported: undefined }) }],
    },
    {
      id: 'cc2.smart.wellknown.capabilities',
      level: 'SHALL',
      lines: ['L3'],
      text: 'capabilities is present as an array of strings.',
      source: smart('conformance.html#metadata'),
      judge: onSmart((document, exchange) => {
        const seen = stringsOf(document['capabilities']);
        if (!seen) return fail(exchange, 'capabilities, an array of strings', `capabilities: ${show(document['capabilities'])}`);
        return seen.length === 0 ? warn(exchange, 'at least one capability', 'an empty array') : pass;
      }),
      faults: [
        {
          name: 'leaves capabilities out',
          at: 'smart.configuration',
          target: { guides: { 'hl7.fhir.us.core': '6.1.0' } },
          alter: set({ capabilities: undefined }),
        },
      ],
    },
    {
      id: 'cc2.smart.wellknown.pkce',
      level: 'SHALL',
      lines: ['L3'],
      text: 'code_challenge_methods_supported lists S256 and does not list plain.',
      source: smart('conformance.html#metadata'),
      holds: [{ ig: guides.smart, from: '2.0.0' }],
      judge: onSmart((document, exchange) => {
        const seen = stringsOf(document['code_challenge_methods_supported']);
        if (seen) return check(seen.includes('S256') && !seen.includes('plain'), exchange, 'S256 and not plain', seen.join(', ') || 'an empty array');
        const launches = JSON.stringify([document['grant_types_supported'], document['capabilities']]);
        const report = /"authorization_code"|"launch-/.test(launches) ? fail : warn;
        return report(exchange, 'code_challenge_methods_supported with S256', show(document['code_challenge_methods_supported']));
      }),
      faults: [
        { name: 'offers plain code challenges', at: 'smart.configuration', alter: set({ code_challenge_methods_supported: ['S256', 'plain'] }) },
      ],
    },
    {
      id: 'cc2.smart.wellknown.absolute-urls',
      level: 'SHALL',
      lines: ['L3'],
      text: 'Every endpoint URL in the document is absolute.',
      source: smart('conformance.html#using-well-known'),
      applies: (evidence) => {
        const asked = authorizesBySmart(evidence);
        if (asked !== true) return asked;
        const bound = follows(guides.smart, '2.1.0')(evidence);
        return bound === true ? true : { unknown: 'SMART App Launch asks for absolute URLs from 2.1 on, and that version is not stated' };
      },
      judge: onSmart((document, exchange) => {
        const relative = Object.entries(document).filter(([name, value]) => name.endsWith('_endpoint') && !isHttpUrl(value));
        if (relative.length > 0)
          return fail(exchange, 'every *_endpoint an absolute URL', relative.map(([name, value]) => `${name}: ${show(value)}`).join(', '));
        const keys = document['jwks_uri'];
        return keys === undefined || isHttpUrl(keys) ? pass : warn(exchange, 'jwks_uri absolute', show(keys));
      }),
      faults: [{ name: 'gives a relative endpoint', at: 'smart.configuration', alter: set({ revocation_endpoint: '/as/revoke' }) }],
    },
    {
      id: 'cc2.smart.wellknown.scopes',
      level: 'SHALL',
      lines: ['L3'],
      scenarios: panel,
      text: 'An attribution producer publishes scopes_supported.',
      source: atr('spec.html#smart-on-fhir-backend-services-authorization'),
      holds: [{ ig: guides.atr }, { ig: guides.usCore, from: '7.0.0' }],
      judge: onSmart((document, exchange) => {
        const seen = stringsOf(document['scopes_supported']);
        if (!seen || seen.length === 0)
          return fail(exchange, 'scopes_supported, a non-empty array of strings', `scopes_supported: ${show(document['scopes_supported'])}`);
        const system = seen.filter((scope) => scope.startsWith('system/'));
        const open = ['Group', 'Patient', 'Coverage'].filter((type) => !permits(system, type, 'r'));
        return open.length === 0 ? pass : warn(exchange, 'system scopes that cover Group, Patient and Coverage', `none for ${open.join(', ')}`);
      }),
      faults: [
        {
          name: 'leaves scopes_supported out',
          at: 'smart.configuration',
          target: { guides: { 'hl7.fhir.us.davinci-atr': '2.1.0' } },
          alter: set({ scopes_supported: undefined }),
        },
      ],
    },
    {
      id: 'cc2.smart.wellknown.auth-methods',
      level: 'SHALL',
      lines: ['L3'],
      scenarios: panel,
      text: 'An attribution producer publishes token_endpoint_auth_methods_supported.',
      source: atr('spec.html#smart-on-fhir-backend-services-authorization'),
      holds: [{ ig: guides.atr }],
      judge: onSmart((document, exchange) => lists(document, exchange, 'token_endpoint_auth_methods_supported', 'private_key_jwt')),
      faults: [
        {
          name: 'offers client passwords only',
          at: 'smart.configuration',
          target: { guides: { 'hl7.fhir.us.davinci-atr': '2.1.0' } },
          alter: set({ token_endpoint_auth_methods_supported: ['client_secret_basic'] }),
          alsoFails: { 'cc2.smart.wellknown.asymmetric-discovery': 'the same member, for every server that lists client-confidential-asymmetric' },
        },
      ],
    },
    {
      id: 'cc2.smart.wellknown.signing-algs',
      level: 'SHALL',
      lines: ['L3'],
      scenarios: panel,
      text: 'An attribution producer publishes token_endpoint_auth_signing_alg_values_supported.',
      source: atr('spec.html#smart-on-fhir-backend-services-authorization'),
      holds: [{ ig: guides.atr }],
      judge: onSmart((document, exchange) => lists(document, exchange, 'token_endpoint_auth_signing_alg_values_supported', 'RS384', 'ES384')),
      faults: [
        {
          name: 'offers HS256 only',
          at: 'smart.configuration',
          target: { guides: { 'hl7.fhir.us.davinci-atr': '2.1.0' } },
          alter: set({ token_endpoint_auth_signing_alg_values_supported: ['HS256'] }),
          alsoFails: {
            'cc2.smart.wellknown.asymmetric-discovery': 'the same member, for every server that lists client-confidential-asymmetric',
            'cc2.smart.no-shared-secret-algorithm': 'HS256 signs with a shared secret',
          },
        },
      ],
    },
    {
      id: 'cc2.smart.no-shared-secret-algorithm',
      level: 'FAST',
      lines: ['L3'],
      text: 'Advice: where clients prove themselves by private_key_jwt alone, neither an HMAC algorithm nor none is listed: a secret that both sides hold proves nothing, and "The value none MUST NOT be used" (RFC 8414 2).',
      source: useCase('Scenario 1 line 3'),
      holds: [{ ig: guides.smart }],
      applies: backendServices,
      judge: onSmart((document, exchange) => {
        const methods = stringsOf(document['token_endpoint_auth_methods_supported']) ?? [];
        const algorithms = stringsOf(document['token_endpoint_auth_signing_alg_values_supported']);
        if (algorithms === undefined || methods.includes('client_secret_jwt'))
          return notApplicable('No signing algorithms are listed, or client_secret_jwt is offered, which uses HMAC.');
        const shared = provingNothing(algorithms);
        return check(
          shared.length === 0,
          exchange,
          'asymmetric algorithms only',
          `token_endpoint_auth_signing_alg_values_supported with ${shared.join(', ')}`,
        );
      }),
      faults: [
        {
          name: 'lists HS256 for signed assertions',
          at: 'smart.configuration',
          alter: set((document) => ({
            token_endpoint_auth_signing_alg_values_supported: [
              ...(stringsOf(document['token_endpoint_auth_signing_alg_values_supported']) ?? []),
              'HS256',
            ],
          })),
        },
        {
          name: 'lists none for signed assertions',
          at: 'smart.configuration',
          alter: set((document) => ({
            token_endpoint_auth_signing_alg_values_supported: [
              ...(stringsOf(document['token_endpoint_auth_signing_alg_values_supported']) ?? []),
              'none',
            ],
          })),
        },
      ],
    },
  ],
);
