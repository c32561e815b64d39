import { fail, headerOf, notReached, notTestable, onEach, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Exchange, Probe, WireRequest, WireResponse } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { change } from '../alter.ts';
import { anyOf, follows } from '../applies.ts';
import { group } from '../group.ts';
import { pdex22, rfc, smart } from '../sources.ts';
import { takesTokens } from './applies.ts';
import { challengesOf, resourcesIn } from './documents.ts';
import { expired, garbage, noToken, revoked, tampered, tamperedPayload } from './gate-probes.ts';

/** How a resource server treats callers without a good token. */

const at = ({ step, id }: Probe) => ({ step, probe: id }) as const;
const bearer = (exchange: Exchange): string | undefined =>
  challengesOf(headerOf(exchange, 'www-authenticate')).find((each) => each.scheme === 'bearer')?.text;
const served = (exchange: Exchange): boolean => statusOf(exchange) >= 200 && statusOf(exchange) < 300 && resourcesIn(exchange).length > 0;
const seen = (exchange: Exchange): string => `status ${statusOf(exchange)}, WWW-Authenticate: ${headerOf(exchange, 'www-authenticate') ?? 'absent'}`;

/** Strikes requests whose Authorization header passes the test. */
const whenSent =
  (test: (authorization: string | undefined) => boolean, alter: (response: WireResponse) => WireResponse) =>
  (response: WireResponse, request: WireRequest) =>
    response.status === 401 && test(request.headers['authorization']) ? alter(response) : response;

export const resourceServerChecks: readonly Check[] = group({ scenarios: fhirApi, applies: takesTokens }, [
  {
    id: 'cc2.rs.no-token',
    level: 'SHALL',
    lines: ['L3', 'L7'],
    text: 'A request without a token for protected data is rejected with HTTP 401 (403 or 404 where the claimed IG allows them).',
    source: pdex22('CapabilityStatement-pdex-provider-access-server.html', 'CapabilityStatement-pdex-provider-access-server.html rest.security'),
    probes: [noToken],
    judge: (evidence) =>
      onEach(at(noToken), (exchange) => {
        const status = statusOf(exchange);
        const expected = 'status 401 without an access token';
        if (served(exchange) || status >= 500 || (status >= 300 && status < 400))
          return fail(exchange, expected, `status ${status}${served(exchange) ? ' with data: the record is open to anybody' : ''}`);
        if (status === 401) return pass;
        const tolerated =
          [403, 404].includes(status) && anyOf(follows(guides.usCore, '6.1.0'), follows(guides.pdex), follows(guides.c4bb))(evidence) === true;
        return tolerated ? pass : warn(exchange, expected, `status ${status}`);
      })(evidence),
    faults: [{ name: 'reads a Patient out to anybody', at: 'read', behaviour: 'opens-patient-reads' }],
  },
  {
    id: 'cc2.rs.www-authenticate',
    level: 'SHALL',
    lines: ['L3', 'L7'],
    text: 'A 401 for missing or bad credentials carries a WWW-Authenticate header with the Bearer scheme.',
    source: rfc(6750, '2012', '3'),
    judge: (evidence) => {
      const refused = select(evidence, {
        step: 'read',
        probe: '*',
        where: (each) => (each.probe ?? '').startsWith('gate.') && statusOf(each) === 401,
      });
      if (refused.length === 0) return notReached(evidence, at(noToken));
      return worst(
        refused.map((exchange) => {
          if (bearer(exchange) !== undefined) return pass;
          const absent = headerOf(exchange, 'www-authenticate') === undefined;
          const report =
            absent || [guides.smart, guides.usCore, guides.atr, guides.pdex].some((guide) => follows(guide)(evidence) === true) ? fail : warn;
          return report(exchange, 'WWW-Authenticate with a Bearer challenge', seen(exchange));
        }),
      );
    },
    faults: [
      {
        name: 'sends 401 without a challenge',
        at: 'read',
        alter: whenSent((sent) => sent === undefined, change({ headers: { 'www-authenticate': undefined } })),
      },
    ],
  },
  {
    id: 'cc2.rs.no-error-code-without-token',
    level: 'SHOULD',
    lines: ['L3', 'L7'],
    text: 'The challenge to a request without any credentials has no error code.',
    source: rfc(6750, '2012', '3.1'),
    judge: onEach(at(noToken), (exchange) => {
      const challenge = bearer(exchange);
      if (statusOf(exchange) !== 401 || challenge === undefined)
        return notTestable('The answer is no 401 with a Bearer challenge: see cc2.rs.no-token.', 'payer');
      return /\berror\s*=/.test(challenge) ? fail(exchange, 'a Bearer challenge without error, because no token was sent', challenge) : pass;
    }),
    faults: [
      {
        name: 'calls a missing token invalid',
        at: 'read',
        alter: whenSent((sent) => sent === undefined, change({ headers: { 'www-authenticate': 'Bearer realm="payer", error="invalid_token"' } })),
      },
    ],
  },
  {
    id: 'cc2.rs.invalid-token',
    level: 'SHOULD',
    lines: ['L3', 'L7'],
    text: 'A malformed, revoked or expired token gets 401 with error="invalid_token".',
    source: rfc(6750, '2012', '3.1'),
    probes: [garbage, revoked],
    judge: (evidence) => {
      const tried = [garbage, revoked].flatMap((probe) => select(evidence, at(probe)));
      if (tried.length === 0) return notReached(evidence, at(garbage));
      return worst(
        tried.map((exchange) =>
          statusOf(exchange) === 401 && /\berror\s*=\s*"?invalid_token/.test(bearer(exchange) ?? '')
            ? pass
            : fail(exchange, `401 with error="invalid_token" (${exchange.probe === garbage.id ? 'garbage' : 'a revoked token'})`, seen(exchange)),
        ),
      );
    },
    faults: [
      {
        name: 'does not say that the token is invalid',
        at: 'read',
        alter: whenSent((sent) => sent?.startsWith('Bearer harness') === true, change({ headers: { 'www-authenticate': 'Bearer realm="payer"' } })),
      },
      { name: 'goes on honouring a revoked token', at: 'introspect', behaviour: 'honours-revoked-tokens' },
    ],
  },
  {
    id: 'cc2.rs.expired-token',
    level: 'SHALL',
    lines: ['L3', 'L6'],
    text: 'The resource server refuses a token after expires_in seconds.',
    source: smart('backend-services.html#step-4-fhir-api'),
    applies: ({ target }) =>
      target.expiredToken !== undefined || 'The target file names no expired token (expiredToken), and tokens of this run outlive it.',
    probes: [expired],
    judge: onEach(at(expired), (exchange) =>
      served(exchange)
        ? fail(exchange, 'a refusal: the token expired long ago', `status ${statusOf(exchange)} with data: a stolen token works for ever`)
        : statusOf(exchange) === 401
          ? pass
          : warn(exchange, 'status 401', `status ${statusOf(exchange)}`),
    ),
    faults: [{ name: 'accepts expired tokens', at: 'read', behaviour: 'accepts-expired-tokens' }],
  },
  {
    id: 'cc2.rs.tampered-token',
    level: 'SHALL',
    lines: ['L3'],
    text: 'A modified token is refused.',
    source: smart('backend-services.html#step-4-fhir-api'),
    probes: [tampered, tamperedPayload],
    judge: (evidence) => {
      const tried = [tampered, tamperedPayload].flatMap((probe) => select(evidence, at(probe)));
      if (tried.length === 0) return notReached(evidence, at(tampered));
      return worst(
        tried.map((exchange) =>
          served(exchange)
            ? fail(exchange, 'a refusal: one character of the token was changed', `status ${statusOf(exchange)} with data: tokens are not verified`)
            : exchange.response
              ? pass
              : notTestable(exchange.error?.message ?? 'no answer', 'payer'),
        ),
      );
    },
    faults: [{ name: 'compares the start of a token only', at: 'read', behaviour: 'accepts-tampered-tokens' }],
  },
]);
