import { asString, at, jsonOf, mediaTypeOf } from '../../src/core/fhir.ts';
import { all, check, fail, headerOf, judgeAll, notReached, onEach, pass, select, status, statusOf, warn, worst } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { inText, set, whenBody } from '../alter.ts';
import { anyOf } from '../applies.ts';
import { group } from '../group.ts';
import { rfc, smart, useCase } from '../sources.ts';
import { asksByUdap, asksForTokens } from './applies.ts';
import { challengesOf, smartDocument, tokenIn } from './documents.ts';
import { badRequest, tokenless, withoutAssertion, wrongRequest } from './probes.ts';

/** How the token endpoint says no. */

const errorOf = (exchange: Exchange): string | undefined => asString(at(jsonOf(exchange.response), 'error'));
const describedBy = (exchange: Exchange): string => asString(at(jsonOf(exchange.response), 'error_description')) ?? '';
const refusal = (exchange: Exchange): boolean => exchange.response !== null && errorOf(exchange) !== undefined && tokenIn(exchange) === undefined;

/** A POST that won no token, whatever its status says; 405, 413 and 415 speak of HTTP, 5xx of a breakdown. */
const isRefusedPost = (exchange: Exchange): boolean =>
  exchange.request.method === 'POST' &&
  exchange.response !== null &&
  tokenIn(exchange) === undefined &&
  statusOf(exchange) < 500 &&
  ![405, 413, 415, 429].includes(statusOf(exchange));

/** RFC 6749 section 5.2 and the IANA registry of OAuth extension errors for the token endpoint. */
const registered = new Set([
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope', 'invalid_target'],
  ...['invalid_token', 'insufficient_scope', 'invalid_dpop_proof', 'use_dpop_nonce', 'access_denied', 'slow_down', 'temporarily_unavailable'],
]);
const authenticationProbes = ['expired', 'wrong-aud', 'replay', 'bad-signature', 'unknown-kid', 'unknown-client', 'foreign-jku'].map(
  (id) => `token.${id}`,
);
/** A type that does not exist; a scope without actions; one with a letter changed. */
const badScopes: Readonly<Record<string, string>> = {
  'invalid-scope': 'system/NoSuchThing.zz',
  'malformed-scope': 'system/Patient',
  'changed-scope': 'systen/Patient.rs',
};
/** Four faults that a person must be able to distinguish, with what a helpful answer mentions. */
const causes: Readonly<Record<string, RegExp>> = {
  'token.expired': /\bexp|time|clock/i,
  'token.wrong-aud': /\baud/i,
  'token.replay': /jti|replay|used|unique/i,
  'token.bad-signature': /signature|verif|key/i,
};

const onTokenErrors =
  (judge: (exchange: Exchange) => Finding) =>
  (evidence: Evidence): Finding => {
    const errors = (['token', 'udap.token'] as const).flatMap((step) => select(evidence, { step, probe: '*', where: isRefusedPost }));
    return errors.length === 0 ? notReached(evidence, { step: 'token', probe: '*' }) : judgeAll(errors, judge);
  };

export const tokenErrorChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3', 'L7'], applies: asksForTokens }, [
  {
    id: 'cc2.token.unsupported-grant',
    level: 'SHALL',
    text: 'An unsupported grant type gets unsupported_grant_type.',
    source: rfc(6749, '2012', '5.2'),
    probes: [
      wrongRequest('unsupported-grant', ['grant'], {
        form: { grant_type: 'urn:example:no-such-grant' },
        expected: badRequest('unsupported_grant_type', 'unauthorized_client', 'invalid_request'),
      }),
    ],
    judge: onEach({ step: 'token', probe: 'token.unsupported-grant' }, (exchange) =>
      all(
        () => (tokenIn(exchange) === undefined ? pass : fail(exchange, 'unsupported_grant_type', 'an access token for a grant type nobody knows')),
        () => status(exchange, 400),
        () => {
          const code = errorOf(exchange) ?? 'absent';
          if (code === 'unsupported_grant_type') return pass;
          const expected = 'error unsupported_grant_type';
          return ['unauthorized_client', 'invalid_request'].includes(code) ? warn(exchange, expected, code) : fail(exchange, expected, code);
        },
      ),
    ),
    faults: [{ name: 'answers any grant type with a token', at: 'token', behaviour: 'accepts-any-grant' }],
  },
  {
    id: 'cc2.token.invalid-scope',
    level: 'SHALL',
    text: 'A malformed or unknown scope is refused with invalid_scope, or answered with other scopes that are reported; never a server fault.',
    source: rfc(6749, '2012', '5.2'),
    probes: Object.entries(badScopes).map(([id, scope]) => wrongRequest(id, ['scope'], { scope, expected: badRequest('invalid_scope') })),
    judge: onEach(
      { step: 'token', probe: '*', where: ({ probe }) => probe?.slice('token.'.length) !== undefined && probe.slice('token.'.length) in badScopes },
      (exchange) => {
        const told = asString(at(jsonOf(exchange.response), 'scope'));
        if (tokenIn(exchange) !== undefined) {
          if (told === undefined)
            return fail(exchange, 'invalid_scope, or a token whose scope member says what was granted', 'a token without scope');
          const bad = badScopes[exchange.probe?.slice('token.'.length) ?? ''];
          if (told.split(' ').some((each) => each === bad)) return fail(exchange, 'the unknown scope left out', `granted: ${told}`);
          return told === '' ? warn(exchange, 'invalid_scope', 'a token with an empty scope') : pass;
        }
        return all(
          () => status(exchange, 400),
          () => check(errorOf(exchange) === 'invalid_scope', exchange, 'error invalid_scope', errorOf(exchange) ?? 'no error member'),
        );
      },
    ),
    faults: [
      {
        name: 'breaks down on an unknown scope',
        at: 'token',
        alter: whenBody(/scopes asked for \(system\/NoSuchThing/, inText(500, 'Internal Server Error')),
      },
      {
        name: 'breaks down on a scope without actions',
        at: 'token',
        alter: whenBody(/scopes asked for \(system\/Patient\)/, inText(500, 'Internal Server Error')),
      },
    ],
  },
  {
    id: 'cc2.token.missing-assertion',
    level: 'SHALL',
    text: 'A token request without client authentication gets an RFC 6749 error.',
    source: rfc(6749, '2012', '5.2'),
    probes: [
      wrongRequest('missing-assertion', ['client_assertion', 'assertion', 'client'], {
        change: withoutAssertion,
        expected: { status: [401, 400], codes: ['invalid_client', 'invalid_request'], action: 'correct' },
      }),
    ],
    judge: onEach({ step: 'token', probe: 'token.missing-assertion' }, (exchange) =>
      all(
        () => (tokenIn(exchange) === undefined ? pass : fail(exchange, 'a refusal', 'an access token without any client authentication')),
        () => status(exchange, 400, 401),
        () =>
          jsonOf(exchange.response) === undefined || ['invalid_client', 'invalid_request'].includes(errorOf(exchange) ?? '')
            ? pass
            : fail(exchange, 'error invalid_client or invalid_request', errorOf(exchange) ?? 'no error member'),
      ),
    ),
    faults: [
      {
        name: 'calls a missing assertion a server error',
        at: 'token',
        alter: whenBody(/client_assertion is missing/, inText(500, 'NullPointerException')),
        alsoFails: { 'cc2.token.malformed-assertion': 'an assertion that is no JWT is reported as missing' },
      },
    ],
  },
  {
    id: 'cc2.token.error-json',
    level: 'SHALL',
    text: 'Token errors use the RFC 6749 section 5.2 JSON form.',
    source: smart('backend-services.html#issue-access-token'),
    applies: anyOf(asksForTokens, asksByUdap),
    // Every POST without a token in its answer, whichever way a client came; RFC 6749 5.2 does not speak of a GET, nor of a breakdown.
    judge: onTokenErrors((exchange) => {
      const media = mediaTypeOf(exchange.response);
      const code = errorOf(exchange);
      if (media !== 'application/json') return fail(exchange, 'Content-Type application/json', `Content-Type ${media || 'absent'}`);
      if (code === undefined || code === '')
        return fail(exchange, 'a JSON object with a non-empty string member error', exchange.response?.body || 'an empty body');
      return registered.has(code) ? pass : warn(exchange, 'an error code of RFC 6749 or the IANA registry', code);
    }),
    faults: [
      {
        name: 'labels an error as HTML',
        at: 'token',
        alter: whenBody(/signature does not fit/, (response) => ({ ...response, headers: { ...response.headers, 'content-type': 'text/html' } })),
      },
      { name: 'tells a UDAP client in words alone (K16.1)', at: 'udap.token', alter: whenBody(/signature/, set({ error: undefined })) },
    ],
  },
  {
    id: 'cc2.token.error-description',
    level: 'SHOULD',
    text: 'Token errors carry error_description or error_uri.',
    source: smart('backend-services.html#issue-access-token'),
    judge: onEach({ step: 'token', probe: '*', where: refusal }, (exchange) => {
      const uri = asString(at(jsonOf(exchange.response), 'error_uri'));
      return describedBy(exchange) !== '' || (uri ?? '') !== ''
        ? pass
        : fail(exchange, 'error_description or error_uri', `${errorOf(exchange)} alone`);
    }),
    faults: [
      { name: 'leaves error_description out', at: 'token', alter: whenBody(/"unsupported_grant_type"/, set({ error_description: undefined })) },
    ],
  },
  {
    id: 'cc2.token.error-distinct',
    level: 'FAST',
    text: 'Different token faults can be told apart from the error pair (error, error_description).',
    source: useCase('Scenario 1 line 7'),
    judge: (evidence) => {
      const seen = select(evidence, { step: 'token', probe: '*', where: (exchange) => (exchange.probe ?? '') in causes && refusal(exchange) });
      const [first] = seen;
      if (!first || seen.length < 2) return notReached(evidence, { step: 'token', probe: 'token.expired' });
      const named = seen.filter((exchange) => causes[exchange.probe ?? '']?.test(describedBy(exchange))).length;
      const distinct = new Set(seen.map((exchange) => `${errorOf(exchange)} ${describedBy(exchange)}`)).size;
      return named > 0 || distinct > 1
        ? { ...pass, note: `${named} of ${seen.length} answers name the cause; ${distinct} are distinct` }
        : warn(
            first,
            'answers that let a person tell expiry, audience, replay and signature apart',
            `${seen.length} times: ${describedBy(first) || errorOf(first)}`,
          );
    },
    faults: [
      {
        name: 'gives one answer for every fault of an assertion',
        at: 'token',
        alter: whenBody(/"invalid_client"/, set({ error_description: 'Client authentication failed. Contact us.' })),
      },
    ],
  },
  {
    id: 'cc2.token.error-status',
    level: 'SHALL',
    text: 'Token errors use HTTP 400, or 401 for invalid_client.',
    source: rfc(6749, '2012', '5.2'),
    judge: onEach({ step: 'token', probe: '*', where: isRefusedPost }, (exchange) => {
      const code = errorOf(exchange);
      // An answer without an error code may be meant as invalid_client; that the code is missing is said by the row of each fault.
      const wanted = code === undefined || code === 'invalid_client' ? [400, 401] : [400];
      return wanted.includes(statusOf(exchange))
        ? pass
        : fail(exchange, `status ${wanted.join(' or ')} with ${code ?? 'an error'}`, `status ${statusOf(exchange)}`);
    }),
    faults: [
      {
        name: 'answers 403 to a bad signature',
        at: 'token',
        alter: whenBody(/signature does not fit/, (response) => ({ ...response, status: 403 })),
      },
    ],
  },
  {
    id: 'cc2.token.invalid-client-code',
    level: 'SHALL',
    text: 'A failed client authentication by assertion is answered with error invalid_client, status 400 or 401.',
    source: smart('client-confidential-asymmetric.html#signature-verification'),
    judge: (evidence) => {
      const refusals = select(evidence, {
        step: 'token',
        probe: '*',
        where: (each) => authenticationProbes.includes(each.probe ?? '') && refusal(each),
      });
      if (refusals.length === 0) return notReached(evidence, { step: 'token', probe: 'token.bad-signature' });
      return worst(
        refusals.map((exchange) =>
          errorOf(exchange) === 'invalid_client' ? pass : fail(exchange, `invalid_client (${exchange.probe})`, `${errorOf(exchange)}`),
        ),
      );
    },
    faults: [
      {
        name: 'calls a bad signature a bad grant',
        at: 'token',
        alter: whenBody(/signature does not fit/, (response) => ({ ...set({ error: 'invalid_grant' })(response), status: 400 })),
      },
    ],
  },
  {
    id: 'cc2.token.basic-auth-401',
    level: 'SHALL',
    text: 'A client that authenticates with the Authorization header and fails gets 401 and a WWW-Authenticate challenge of the same scheme.',
    source: rfc(6749, '2012', '5.2'),
    probes: [
      wrongRequest('basic-auth', ['client_assertion', 'client', 'Basic'], {
        change: (request) => {
          const bare = withoutAssertion(request);
          return { ...bare, headers: { ...bare.headers, authorization: 'Basic aGFybmVzcy11bmtub3duOm5vLXNlY3JldA==' } };
        },
        expected: { status: [401], codes: ['invalid_client'], action: 'reauthenticate' },
      }),
    ],
    judge: (evidence) =>
      onEach({ step: 'token', probe: 'token.basic-auth' }, (exchange) => {
        const challenged = challengesOf(headerOf(exchange, 'www-authenticate')).some((each) => each.scheme === 'basic');
        if (statusOf(exchange) === 401 && challenged) return pass;
        const expected = 'status 401 with WWW-Authenticate: Basic';
        const actual = `status ${statusOf(exchange)}, WWW-Authenticate: ${headerOf(exchange, 'www-authenticate') ?? 'absent'}`;
        // A server that never offered passwords may overlook the header.
        const offered = JSON.stringify(smartDocument(evidence)?.['token_endpoint_auth_methods_supported'] ?? []);
        return offered.includes('client_secret_basic') ? fail(exchange, expected, actual) : warn(exchange, expected, actual);
      })(evidence),
    faults: [
      {
        name: 'sends no challenge to a failed Basic login',
        at: 'token',
        alter: whenBody(/Client passwords are not accepted/, ({ headers: { 'www-authenticate': _challenge, ...headers }, ...response }) => ({
          ...response,
          headers,
        })),
      },
    ],
  },
  {
    id: 'cc2.token.post-only',
    level: 'FAST',
    lines: ['L3'],
    text: 'The token endpoint should not answer GET with a token.',
    source: rfc(6749, '2012', '3.2'),
    probes: [
      wrongRequest('get', ['POST', 'method', 'GET'], {
        // In a URL it may be logged: it is good for seconds only.
        assertion: { expOffset: 15 },
        change: (request) => ({ ...request, method: 'GET' }),
        expected: { status: [405, 400, 404], codes: ['invalid_request'], action: 'correct' },
      }),
    ],
    judge: onEach({ step: 'token', probe: 'token.get' }, (exchange) =>
      tokenIn(exchange) === undefined
        ? tokenless(exchange)
        : warn(exchange, 'no token for a GET', 'an access token: assertions end up in access logs'),
    ),
    faults: [{ name: 'answers GET with a token', at: 'token', behaviour: 'answers-get-with-token' }],
  },
]);
