import { introspection } from '../../src/client/requests/introspection.ts';
import { decided, honest, refusedBeside } from '../../src/core/controls.ts';
import { asString, at, isObject, jsonOf } from '../../src/core/fhir.ts';
import { all, check, describeBody, fail, headerOf, notTestable, onEach, pass, select, status, statusOf, warn } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding, Probe, Variant } from '../../src/core/model.ts';
import { sameSet } from '../../src/core/same.ts';
import { oneMember } from '../../src/core/steps.ts';
import { tokenClientOf } from '../../src/core/target.ts';
import { set, whenBody } from '../alter.ts';
import { type Applies, allOf } from '../applies.ts';
import { group } from '../group.ts';
import { rfc, smart } from '../sources.ts';
import { backendServices } from './applies.ts';
import { grantedScopes, smartDocument, tokenAnswer, tokenIn } from './documents.ts';

/** Token introspection (RFC 7662), where the payer offers it. */

const offered: Applies = (evidence) =>
  typeof smartDocument(evidence)?.['introspection_endpoint'] === 'string' || 'smart-configuration names no introspection_endpoint.';

/** We may not be allowed to ask; that is no fault of the payer. */
const onAnswer = (variant: Variant<'introspect'>, judge: (exchange: Exchange, evidence: Evidence) => Finding) =>
  onEach({ step: 'introspect', variant }, (exchange, evidence) =>
    [401, 403].includes(statusOf(exchange))
      ? notTestable(`The introspection endpoint does not let us ask (status ${statusOf(exchange)}).`, 'payer')
      : all(
          () => status(exchange, 200),
          () => check(isObject(jsonOf(exchange.response)), exchange, 'a JSON object', describeBody(exchange)),
          () => judge(exchange, evidence),
        ),
  );

/** Seconds by which two clocks and a busy server may differ. */
const tolerance = 60;

/** "As included in the original access token response", and an exp "consistent with the expires_in interval provided" there. */
function asGranted(exchange: Exchange, evidence: Evidence): Finding {
  const grant = select(evidence, {
    step: 'token',
    where: (each) => each.index < exchange.index && [undefined, 'renewal'].includes(each.variant) && tokenIn(each) !== undefined,
  }).at(-1);
  if (!grant) return pass;
  const body = jsonOf(exchange.response);
  const client = tokenClientOf(evidence.target)?.clientId;
  if (client !== undefined && at(body, 'client_id') !== client)
    return fail(exchange, `client_id ${client}, to which the token was issued`, `client_id ${String(at(body, 'client_id'))}`);
  const granted = new Set(grantedScopes(grant));
  const said = new Set((asString(at(body, 'scope')) ?? '').split(' ').filter((each) => each !== ''));
  if (!sameSet(granted, said)) return fail(exchange, `scope ${[...granted].join(' ')}, as in the token response`, `scope ${[...said].join(' ')}`);
  const [lifetime, exp] = [tokenAnswer(grant)['expires_in'], at(body, 'exp')];
  const clock = Date.parse(headerOf(grant, 'date') ?? '') || Date.parse(grant.startedAt);
  if (typeof lifetime !== 'number' || typeof exp !== 'number') return pass;
  const beyond = Math.round(exp - (clock / 1000 + lifetime));
  return Math.abs(beyond) <= tolerance
    ? pass
    : fail(
        exchange,
        `exp ${lifetime} s after the token was issued, as its expires_in says`,
        `exp ${Math.abs(beyond)} s ${beyond > 0 ? 'later' : 'earlier'} than that`,
      );
}

/** About our own token, by nobody in particular. */
const anonymous: Probe = {
  id: 'introspection.anonymous',
  step: 'introspect',
  suite: 'introspection',
  expected: {
    status: [401, 400, 403],
    codes: ['invalid_client', 'invalid_token', 'invalid_request'],
    names: ['token', 'Authorization', 'client'],
    action: 'reauthenticate',
  },
  request: ({ smart: document }) => {
    const endpoint = asString(at(document, 'introspection_endpoint'));
    return endpoint === undefined ? 'smart-configuration names no introspection_endpoint' : introspection(endpoint, 'default', 'none');
  },
};

export const introspectionChecks: readonly Check[] = group({ scenarios: oneMember, lines: ['L3'], applies: allOf(backendServices, offered) }, [
  {
    id: 'cc2.introspection.inactive',
    level: 'SHALL',
    text: 'Introspection reports a garbage or expired token as inactive.',
    source: rfc(7662, '2015', '2.2'),
    judge: onAnswer('garbage', (exchange) => {
      const active = at(jsonOf(exchange.response), 'active');
      return check(active === false, exchange, 'active: false for a token that was never issued', `active: ${JSON.stringify(active)}`);
    }),
    faults: [{ name: 'calls any token active', at: 'introspect', behaviour: 'introspects-anything-as-active' }],
  },
  {
    id: 'cc2.introspection.fields',
    level: 'SHALL',
    text: 'An active introspection answer includes active, scope, client_id and exp.',
    source: smart('token-introspection.html'),
    judge: onAnswer('fresh', (exchange, evidence) => {
      const body = jsonOf(exchange.response);
      const missing = [
        ...(at(body, 'active') === true ? [] : ['active: true']),
        ...['scope', 'client_id'].filter((name) => (asString(at(body, name)) ?? '') === ''),
        ...(typeof at(body, 'exp') === 'number' ? [] : ['exp']),
      ];
      return missing.length === 0
        ? asGranted(exchange, evidence)
        : fail(exchange, 'active, scope, client_id and exp', `without ${missing.join(', ')}`);
    }),
    faults: [
      { name: 'leaves exp out', at: 'introspect', alter: whenBody(/"active":true/, set({ exp: undefined })) },
      {
        name: 'says that a token lives for another day',
        at: 'introspect',
        alter: whenBody(
          /"active":true/,
          set(({ exp }) => ({ exp: Number(exp) + 86_400 })),
        ),
      },
      { name: 'says that a token may write', at: 'introspect', alter: whenBody(/"active":true/, set({ scope: 'system/*.cruds' })) },
      { name: "says that a token is another client's", at: 'introspect', alter: whenBody(/"active":true/, set({ client_id: 'somebody-else' })) },
    ],
  },
  {
    id: 'cc2.introspection.protected',
    level: 'SHALL',
    text: 'Introspection needs authorization: "the endpoint MUST also require some form of authorization to access this endpoint".',
    source: rfc(7662, '2015', '2.1'),
    probes: [anonymous],
    judge: refusedBeside([{ step: 'introspect', probe: anonymous.id }], honest({ step: 'introspect', variant: 'fresh' }), (exchange) => {
      const active = at(jsonOf(exchange.response), 'active');
      if (active === true) return fail(exchange, 'a refusal without authorization', 'active: true, with all that the payer knows about the token');
      if (active === false) return warn(exchange, 'status 401 without authorization', 'active: false to a caller who proved nothing');
      return decided(exchange) ?? pass;
    }),
    faults: [
      {
        name: 'tells anybody about a token',
        at: 'introspect',
        alter: (response, { headers }) =>
          headers['authorization'] === undefined && response.status === 401
            ? { ...response, status: 200, body: JSON.stringify({ active: true, scope: 'system/*.rs', client_id: 'assay', exp: 4_102_444_800 }) }
            : response,
      },
    ],
  },
]);
