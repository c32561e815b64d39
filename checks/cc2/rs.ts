import { refusedBeside, sameRequest } from '../../src/core/controls.ts';
import { fail, headerOf, notReached, notTestable, onEach, pass, reasonIn, statusOf, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Fault, Finding, Probe, Step, WireRequest, WireResponse } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { change, searchsetOf } from '../alter.ts';
import { anyOf, follows } from '../applies.ts';
import { group } from '../group.ts';
import { pdex22, rfc, smart } from '../sources.ts';
import { takesTokens } from './applies.ts';
import { bringsData, challengesOf } from './documents.ts';
import { doorsExpired, doorsTampered, doorsWithoutToken, openedHere } from './door-probes.ts';
import { expired, garbage, noToken, revoked, tampered, tamperedPayload } from './resource-server-probes.ts';

/** How a resource server treats callers without a good token. */

const at = ({ step, id }: Probe) => ({ step, probe: id }) as const;
const bearer = (exchange: Exchange): string | undefined =>
  challengesOf(headerOf(exchange, 'www-authenticate')).find((each) => each.scheme === 'bearer')?.text;
const served = (exchange: Exchange): boolean => statusOf(exchange) >= 200 && statusOf(exchange) < 300 && bringsData(exchange);
const seen = (exchange: Exchange): string => `status ${statusOf(exchange)}, WWW-Authenticate: ${headerOf(exchange, 'www-authenticate') ?? 'absent'}`;

const others = (count: number): string => (count > 1 ? ` (and ${count - 1} more)` : '');
const fhirSteps: ReadonlySet<Step> = new Set([
  ...(['read', 'vread', 'search', 'page', 'everything', 'docref', 'binary', 'care-gaps', 'operation', 'member-match', 'match', 'idi-match'] as const),
  ...(['group.search', 'group.read', 'group.operation', 'bulk.kickoff', 'bulk.status', 'bulk.manifest', 'bulk.file', 'bulk.delete'] as const),
]);

/** A breakdown is no refusal. */
const crashed = (exchange: Exchange): Finding | undefined =>
  statusOf(exchange) >= 500
    ? notTestable(`The payer broke down (status ${statusOf(exchange)}${reasonIn(exchange)}) instead of refusing ${exchange.probe}.`, 'payer')
    : undefined;

/** Bad tokens at something that a good one has opened in this run. */
const besideControl = (probes: readonly Probe[], judge: (exchange: Exchange, evidence: Evidence) => Finding) =>
  openedHere(refusedBeside(probes.map(at), sameRequest, judge, served, bringsData));

/** Strikes requests whose Authorization header passes the test. */
const whenSent =
  (test: (authorization: string | undefined) => boolean, alter: (response: WireResponse) => WireResponse) =>
  (response: WireResponse, request: WireRequest) =>
    response.status === 401 && test(request.headers['authorization']) ? alter(response) : response;

/** A door without a lock: data in place of the refusal. */
const opened =
  (test: (authorization: string | undefined) => boolean): NonNullable<Fault['alter']> =>
  (response, request) =>
    whenSent(test, (refusal) => searchsetOf({ resourceType: 'DocumentReference', id: 'any', status: 'current' })(refusal, request))(
      response,
      request,
    );

export const resourceServerChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3', 'L7'], applies: takesTokens }, [
  {
    id: 'cc2.rs.no-token',
    level: 'SHALL',
    text: 'A request without a token for protected data is rejected with HTTP 401 (403 or 404 where the claimed IG allows them).',
    source: pdex22('CapabilityStatement-pdex-provider-access-server.html', 'CapabilityStatement-pdex-provider-access-server.html rest.security'),
    probes: [noToken, ...doorsWithoutToken],
    judge: besideControl([noToken, ...doorsWithoutToken], (exchange, evidence) => {
      const status = statusOf(exchange);
      const expected = 'status 401 without an access token';
      if (served(exchange)) return fail(exchange, expected, `status ${status} with data: the record is open to anybody`);
      if (status === 401) return pass;
      if (status >= 500 || status < 400) return fail(exchange, expected, `status ${status}${reasonIn(exchange)}`);
      const tolerated =
        [403, 404].includes(status) && anyOf(follows(guides.usCore, '6.1.0'), follows(guides.pdex), follows(guides.c4bb))(evidence) === true;
      return tolerated ? pass : warn(exchange, expected, `status ${status}${reasonIn(exchange)}`);
    }),
    faults: [
      {
        name: 'reads a Patient out to anybody',
        at: 'read',
        behaviour: 'opens-patient-reads',
        alsoFails: { 'cc2.rs.other-scheme': 'who needs no token needs no password either' },
      },
      { name: 'shows later pages to anybody', at: 'page', drives: ['rest.paging'], alter: opened((sent) => sent === undefined) },
    ],
  },
  {
    id: 'cc2.rs.www-authenticate',
    level: 'SHALL',
    text: 'A 401 for missing or bad credentials carries a WWW-Authenticate header with the Bearer scheme.',
    source: rfc(6750, '2012', '3'),
    judge: (evidence) => {
      const refused = evidence.exchanges.filter((each) => fhirSteps.has(each.step) && statusOf(each) === 401);
      if (refused.length === 0) return notReached(evidence, at(noToken));
      const claimed = [guides.smart, guides.usCore, guides.atr, guides.pdex].some((guide) => follows(guide)(evidence) === true);
      const report = (exchange: Exchange) => (headerOf(exchange, 'www-authenticate') === undefined || claimed ? fail : warn);
      const without = refused.filter((exchange) => bearer(exchange) === undefined);
      return worst(
        without.length === 0
          ? [pass]
          : without.map((exchange) =>
              report(exchange)(
                exchange,
                'WWW-Authenticate with a Bearer challenge',
                `${seen(exchange)}, in the answer to ${exchange.request.method} ${exchange.request.url}${others(without.length)}`,
              ),
            ),
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
    text: 'A malformed, revoked or expired token gets 401 with error="invalid_token".',
    source: rfc(6750, '2012', '3.1'),
    probes: [garbage],
    judge: besideControl([garbage, revoked], (exchange) => {
      // What a revoked token still opens is the matter of cc2.rs.revoked-token.
      if (exchange.probe === revoked.id && served(exchange)) return pass;
      return statusOf(exchange) === 401 && /\berror\s*=\s*"?invalid_token/.test(bearer(exchange) ?? '')
        ? pass
        : fail(exchange, `401 with error="invalid_token" (${exchange.probe === garbage.id ? 'garbage' : 'a revoked token'})`, seen(exchange));
    }),
    faults: [
      {
        name: 'does not say that the token is invalid',
        at: 'read',
        alter: whenSent((sent) => sent?.startsWith('Bearer harness') === true, change({ headers: { 'www-authenticate': 'Bearer realm="payer"' } })),
      },
    ],
  },
  {
    id: 'cc2.rs.revoked-token',
    level: 'SHALL',
    lines: ['L3'],
    text: 'A token that the payer has revoked opens nothing: "the token cannot be used again after the revocation".',
    source: rfc(7009, '2013', '2'),
    probes: [revoked],
    judge: besideControl([revoked], (exchange) =>
      served(exchange)
        ? fail(
            exchange,
            'a refusal: the payer confirmed that it revoked this token',
            `a token that the payer revoked still opens ${exchange.request.url}`,
          )
        : (crashed(exchange) ?? pass),
    ),
    faults: [{ name: 'goes on honouring a revoked token', at: 'introspect', behaviour: 'honours-revoked-tokens' }],
  },
  {
    id: 'cc2.rs.expired-token',
    level: 'SHALL',
    lines: ['L3', 'L6'],
    text: 'The resource server refuses a token after expires_in seconds.',
    source: smart('backend-services.html#step-4-fhir-api'),
    applies: ({ target }) =>
      target.expiredToken !== undefined || {
        open: 'Tokens of this run outlive it: add expiredToken, a token that this payer issued once, to the target file.',
        because: 'target-file',
      },
    probes: [expired, ...doorsExpired],
    judge: besideControl([expired, ...doorsExpired], (exchange) =>
      served(exchange)
        ? fail(exchange, 'a refusal: the token expired long ago', `status ${statusOf(exchange)} with data: a stolen token works without end`)
        : statusOf(exchange) === 401
          ? pass
          : (crashed(exchange) ?? warn(exchange, 'status 401', `status ${statusOf(exchange)}${reasonIn(exchange)}`)),
    ),
    faults: [
      { name: 'accepts expired tokens', at: 'read', behaviour: 'accepts-expired-tokens' },
      {
        name: 'gives the whole record to any token',
        at: 'everything',
        drives: ['record.everything'],
        alter: opened((sent) => sent !== undefined),
        alsoFails: { 'cc2.rs.tampered-token': 'a door that looks at no token takes any' },
      },
    ],
  },
  {
    id: 'cc2.rs.tampered-token',
    level: 'SHALL',
    lines: ['L3'],
    text: 'A modified token is refused.',
    source: smart('backend-services.html#step-4-fhir-api'),
    probes: [tampered, tamperedPayload, ...doorsTampered],
    judge: besideControl([tampered, tamperedPayload, ...doorsTampered], (exchange) =>
      served(exchange)
        ? fail(exchange, 'a refusal: one character of the token was changed', `status ${statusOf(exchange)} with data: tokens are not verified`)
        : (crashed(exchange) ?? pass),
    ),
    faults: [
      { name: 'compares the start of a token only', at: 'read', behaviour: 'accepts-tampered-tokens' },
      {
        name: 'gives documents to any token',
        at: 'docref',
        drives: ['record.documents'],
        alter: opened((sent) => sent !== undefined),
        alsoFails: { 'cc2.rs.expired-token': 'a door that looks at no token takes any' },
      },
    ],
  },
]);
