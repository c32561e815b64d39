import { followed } from '../../src/core/binding.ts';
import { asString, at, jsonOf } from '../../src/core/fhir.ts';
import { all, check, clientError, describeBody, notTestable, onEach, onFirst, status, statusOf, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { type Applies, allOf } from '../applies.ts';
import { group } from '../group.ts';
import { rfc, udapSecurity } from '../sources.ts';
import { canAskForTokens, hasToken, offersGrant, scopesOf } from './evidence.ts';
import { badToken } from './probes.ts';
import { deniedTokens } from './refusals.ts';
import { member } from './wire.ts';

const refusal = { status: 400, headers: { 'content-type': 'application/json' }, body: '{"error":"invalid_request"}' };

/** PDex has its own rule for refresh tokens. */
const noPdex: Applies = (evidence) => {
  const found = followed(evidence, guides.pdex);
  return typeof found === 'string' || !('said' in found) || 'The payer claims PDex, which has a rule of its own.';
};

/** B2B tokens: honest requests and unusual scopes. */
export const tokenChecks: readonly Check[] = group(
  { scenarios: fhirApi, lines: ['L3'], holds: [{ ig: guides.udap }], applies: allOf(offersGrant('client_credentials'), canAskForTokens) },
  [
    {
      id: 'cc2.udap.b2b.success',
      level: 'SHALL',
      text: 'A valid B2B token request (udap=1, client assertion with hl7-b2b extension) gets an access token.',
      source: udapSecurity('b2b.html#submitting-a-token-request'),
      judge: onFirst({ step: 'udap.token', where: (each) => each.variant === undefined }, (exchange) =>
        all(
          () => status(exchange, 200),
          () => check(hasToken(exchange), exchange, 'an access_token', describeBody(exchange)),
          () => check(asString(at(jsonOf(exchange.response), 'token_type')) !== undefined, exchange, 'token_type', 'token_type absent'),
        ),
      ),
      faults: [
        {
          name: 'answers 400 to a correct request',
          at: 'udap.token',
          alter: (response) => (response.status === 200 ? refusal : response),
          alsoFails: { 'cc2.udap.b2b.rs256': 'we sign with RS256' },
        },
      ],
    },

    {
      id: 'cc2.udap.b2b.rs256',
      level: 'SHALL',
      text: 'RS256 assertions are accepted.',
      source: udapSecurity('general.html#signature-algorithm-identifiers'),
      judge: onFirst({ step: 'udap.token', where: (each) => each.variant === undefined }, (exchange) => {
        const alg = at(exchange.facts?.['sent.header'], 'alg');
        if (alg !== 'RS256')
          return notTestable(
            `Our certificate has no RSA key, so we signed with ${String(alg)}. Name an RSA certificate in udap.client.`,
            'target-file',
          );
        return check(hasToken(exchange), exchange, 'a token for an assertion signed with RS256', describeBody(exchange));
      }),
      faults: [
        {
          name: 'takes only ES384',
          at: 'udap.token',
          behaviour: 'udap-takes-only-es384',
          alsoFails: { 'cc2.udap.b2b.success': 'we sign with RS256' },
        },
      ],
    },

    {
      id: 'cc2.udap.b2b.lifetime',
      level: 'SHALL',
      lines: ['L3', 'L6'],
      text: 'Access tokens live at most 60 minutes.',
      source: udapSecurity('b2b.html#server-processing-of-token-requests'),
      judge: onEach({ step: 'udap.token', where: hasToken }, (exchange) => {
        const seconds = at(jsonOf(exchange.response), 'expires_in');
        if (typeof seconds !== 'number') return notTestable('The token answer has no expires_in, so the lifetime is not known.', 'payer');
        return check(seconds <= 3600, exchange, 'expires_in of 3600 s at most', `expires_in ${seconds}`);
      }),
      faults: [
        {
          name: 'issues tokens for two hours',
          at: 'udap.token',
          alter: member({ expires_in: 7200 }, (_request, { access_token }) => access_token !== undefined),
        },
      ],
    },

    {
      id: 'cc2.udap.b2b.no-refresh',
      level: 'SHOULD',
      text: 'No refresh token is issued with client_credentials.',
      source: udapSecurity('b2b.html#refresh-tokens'),
      applies: allOf(offersGrant('client_credentials'), canAskForTokens, noPdex),
      judge: onEach({ step: 'udap.token', where: hasToken }, (exchange) =>
        check(
          at(jsonOf(exchange.response), 'refresh_token') === undefined,
          exchange,
          'no refresh_token',
          'a refresh_token: access outlives the client certificate',
        ),
      ),
      faults: [
        {
          name: 'adds a refresh token',
          target: { guides: { [guides.pdex.id]: false } },
          at: 'udap.token',
          alter: member({ refresh_token: 'r-0123456789' }, (_request, { access_token }) => access_token !== undefined),
        },
      ],
    },

    {
      id: 'cc2.udap.b2b.scope-reported',
      level: 'SHALL',
      text: 'scope is in the token response when the granted set differs from the requested one.',
      source: udapSecurity('general.html#scope-negotiation'),
      judge: onFirst({ step: 'udap.token', variant: 'mixed-scopes' }, (exchange) => {
        if (!hasToken(exchange)) return notTestable(`The request for more than was registered was refused with ${statusOf(exchange)}.`, 'payer');
        return check(
          scopesOf(exchange) !== undefined,
          exchange,
          'scope in the answer, since we asked for a scope that no server can grant',
          'scope absent: the client must believe that it got everything',
        );
      }),
      faults: [
        {
          name: 'reduces scopes silently',
          at: 'udap.token',
          alter: member({ scope: undefined }, (request) => (request.body ?? '').includes('NoSuchType')),
        },
      ],
    },

    {
      id: 'cc2.udap.b2b.scope-when-omitted',
      level: 'SHALL',
      text: 'scope is returned when the client asks for no scope.',
      source: udapSecurity('general.html#scope-negotiation'),
      holds: [{ ig: guides.udap, from: '2.0.0' }],
      judge: onFirst({ step: 'udap.token', variant: 'no-scope' }, (exchange) => {
        if (hasToken(exchange))
          return check(scopesOf(exchange) !== undefined, exchange, 'scope in the answer, since none was asked for', 'scope absent');
        return clientError(exchange, 'a request without scope');
      }),
      faults: [
        {
          name: 'does not say what it granted when nothing was asked',
          at: 'udap.token',
          alter: member({ scope: undefined }, (request) => !/(^|&)scope=/.test(request.body ?? '')),
        },
      ],
    },

    {
      id: 'cc2.udap.b2b.invalid-scope',
      level: 'SHOULD',
      lines: ['L3', 'L7'],
      text: 'invalid_scope is used only when a wildcard is not supported or no requested scope is supported.',
      source: udapSecurity('general.html#scope-negotiation'),
      holds: [{ ig: guides.udap, from: '2.0.0' }],
      probes: [
        badToken(
          'unknown-scope',
          ['scope'],
          {},
          { suite: 'udap.token.scopes', scope: 'system/NoSuchType.rs', status: [400], codes: ['invalid_scope'], action: 'correct' },
        ),
      ],
      judge: (evidence) =>
        worst([
          onFirst({ step: 'udap.token', variant: 'mixed-scopes' }, (exchange) =>
            check(hasToken(exchange), exchange, 'a token with the scopes that are supported', describeBody(exchange)),
          )(evidence),
          onFirst({ step: 'udap.token', probe: 'udap.b2b.unknown-scope' }, (exchange) => {
            const error = asString(at(jsonOf(exchange.response), 'error'));
            if (!hasToken(exchange))
              return check(error === 'invalid_scope', exchange, '400 invalid_scope', `status ${statusOf(exchange)} ${error ?? 'without error'}`);
            const granted = scopesOf(exchange) ?? ['system/NoSuchType.rs'];
            return check(
              !granted.some((scope) => scope.startsWith('system/NoSuchType')),
              exchange,
              'invalid_scope, or a scope member without the unknown scope',
              granted.join(' '),
            );
          })(evidence),
        ]),
      faults: [{ name: 'refuses a request for one known and one unknown scope', at: 'udap.token', behaviour: 'udap-refuses-mixed-scopes' }],
    },

    {
      id: 'cc2.udap.b2b.no-extra-scope',
      level: 'FAST',
      lines: ['L3', 'L7'],
      text: 'A token never carries a wildcard or a write scope that was not registered.',
      source: rfc(6749, '2012', '3.3'),
      ...deniedTokens({
        danger: 'The client can read every resource, or change data, though it registered for less.',
        through: (exchange) => (scopesOf(exchange) ?? ['system/*.*']).some((scope) => scope === 'system/*.*' || scope === 'system/Patient.cruds'),
        wrong: [
          badToken('wildcard-scope', ['scope'], {}, { suite: 'udap.token.scopes', scope: 'system/*.*', unscored: true }),
          badToken('write-scope', ['scope'], {}, { suite: 'udap.token.scopes', scope: 'system/Patient.cruds', unscored: true }),
        ],
      }),
      faults: [
        { name: 'grants a wildcard that was not registered', at: 'udap.token', behaviour: 'udap-grants-wildcards' },
        { name: 'grants write access that was not registered', at: 'udap.token', behaviour: 'udap-grants-writes' },
      ],
    },
  ],
);
