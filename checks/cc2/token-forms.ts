import { asString, at, jsonOf } from '../../src/core/fhir.ts';
import { all, check, describeBody, fail, onEach, pass, reasonIn, statusOf, warn } from '../../src/core/findings.ts';
import type { Check, Exchange, Finding } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { set, whenBody } from '../alter.ts';
import { group } from '../group.ts';
import { rfc, useCase } from '../sources.ts';
import { asksForTokens } from './applies.ts';
import { tokenIn } from './documents.ts';
import { badRequest, withoutAssertion, wrongRequest } from './probes.ts';

/** Token requests that are malformed as such: what a client's library sends when something in it is broken. */

const errorOf = (exchange: Exchange): string => asString(at(jsonOf(exchange.response), 'error')) ?? 'no error member';

/** Refused with one of these codes; the first is the right one, the others are near enough to be a warning. */
const refusedAs = (exchange: Exchange, statuses: readonly number[], right: string, ...near: readonly string[]): Finding =>
  all(
    () => check(tokenIn(exchange) === undefined, exchange, `a refusal with error ${right}`, 'an access token'),
    () => check(statuses.includes(statusOf(exchange)), exchange, `status ${statuses.join(' or ')}`, describeBody(exchange)),
    () => {
      const code = errorOf(exchange);
      if (code === right) return pass;
      return near.includes(code) ? warn(exchange, `error ${right}`, `error ${code}`) : fail(exchange, `error ${right}`, code);
    },
  );

const breakdown = { status: 500, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error' };

export const tokenFormChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3', 'L7'], applies: asksForTokens }, [
  {
    id: 'cc2.token.missing-grant',
    level: 'SHALL',
    text: 'A token request without grant_type is refused with invalid_request: "The request is missing a required parameter".',
    source: rfc(6749, '2012', '5.2'),
    probes: [wrongRequest('missing-grant', ['grant_type'], { form: { grant_type: undefined }, expected: badRequest('invalid_request') })],
    judge: onEach({ step: 'token', probe: 'token.missing-grant' }, (exchange) =>
      refusedAs(exchange, [400], 'invalid_request', 'unsupported_grant_type', 'invalid_client'),
    ),
    faults: [
      { name: 'takes a missing grant_type for a bad grant', at: 'token', alter: whenBody(/grant_type is missing/, set({ error: 'invalid_grant' })) },
    ],
  },
  {
    id: 'cc2.token.malformed-assertion',
    level: 'SHALL',
    text: 'A client_assertion that is no JWT, and a client_assertion_type without an assertion, are failed client authentications: invalid_client, never a breakdown.',
    source: rfc(7523, '2015', '3.2'),
    probes: [
      wrongRequest('malformed-assertion', ['client_assertion', 'JWT', 'JSON Web Token'], {
        change: ({ assertion: _assertion, ...request }) => ({
          ...request,
          form: { ...request.form, client_assertion: 'payer-assay-this-is-no-jwt' },
        }),
      }),
      wrongRequest('absent-assertion', ['client_assertion'], {
        change: ({ assertion: _assertion, ...request }) => request,
        expected: { codes: ['invalid_client', 'invalid_request'] },
      }),
    ],
    judge: onEach(
      { step: 'token', probe: '*', where: ({ probe }) => probe === 'token.malformed-assertion' || probe === 'token.absent-assertion' },
      (exchange) => refusedAs(exchange, [400, 401], 'invalid_client', 'invalid_request', 'invalid_grant'),
    ),
    faults: [
      { name: 'falls over a client_assertion that is no JWT', at: 'token', alter: whenBody(/is not a JSON Web Token/, () => breakdown) },
      {
        name: 'calls a client_assertion that is no JWT an unsupported grant',
        at: 'token',
        alter: whenBody(/is not a JSON Web Token/, (response) => ({ ...set({ error: 'unsupported_grant_type' })(response), status: 400 })),
      },
    ],
  },
  {
    id: 'cc2.token.empty-scope',
    level: 'SHALL',
    text: 'An empty scope counts as omitted (RFC 6749 3.2: "parameters sent without a value MUST be treated as if they were omitted"): the server uses its default and says which scope it granted, or refuses with invalid_scope.',
    source: rfc(6749, '2012', '3.3'),
    // An ordinary answer is right as well, so the rubric does not score it.
    probes: [{ ...unscored('empty-scope', '') }],
    judge: onEach({ step: 'token', probe: 'token.empty-scope' }, (exchange) => {
      if (tokenIn(exchange) === undefined) return refusedAs(exchange, [400], 'invalid_scope', 'invalid_request');
      const told = asString(at(jsonOf(exchange.response), 'scope')) ?? '';
      return told === ''
        ? warn(exchange, 'the scope that was granted, since none was asked for', 'a token without scope: nobody knows what it opens')
        : { ...pass, note: `granted by default: ${told}` };
    }),
    faults: [
      {
        name: 'gives a token for an empty scope and does not say for what',
        at: 'token',
        alter: whenBody(/None of the scopes asked for \(none\)/, (response) => ({
          ...response,
          status: 200,
          body: JSON.stringify({ access_token: 'for-nothing-named', token_type: 'bearer', expires_in: 300 }),
        })),
      },
    ],
  },
  {
    id: 'cc2.token.content-type',
    level: 'FAST',
    text: 'A token request that is no form ("application/x-www-form-urlencoded", RFC 6749 4.4.2) is refused as the client\'s mistake, never with a breakdown.',
    source: useCase('Scenario 1 line 7'),
    probes: [
      wrongRequest('json-body', ['Content-Type', 'form', 'urlencoded', 'grant_type'], {
        change: (request) => {
          const { form = {}, ...rest } = withoutAssertion(request);
          return { ...rest, headers: { ...rest.headers, 'content-type': 'application/json' }, body: JSON.stringify(form) };
        },
        expected: { status: [400, 415, 401], codes: ['invalid_request', 'invalid_client', 'unsupported_grant_type'], action: 'correct' },
      }),
    ],
    judge: onEach({ step: 'token', probe: 'token.json-body' }, (exchange) => {
      if (tokenIn(exchange) !== undefined) return warn(exchange, 'a refusal', 'an access token without any client authentication');
      return statusOf(exchange) >= 400 && statusOf(exchange) < 500
        ? pass
        : warn(exchange, 'a 4xx status that says what is wrong', `status ${statusOf(exchange)}${reasonIn(exchange)}`);
    }),
    faults: [{ name: 'falls over a token request in JSON', at: 'token', alter: whenBody(/takes a form/, () => breakdown) }],
  },
]);

/** A request that a payer may also serve. */
function unscored(id: string, scope: string) {
  const { expected: _expected, ...probe } = wrongRequest(id, [], { scope });
  return probe;
}
