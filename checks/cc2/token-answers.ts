import { mediaTypeOf } from '../../src/core/fhir.ts';
import {
  all,
  check,
  fail,
  headerOf,
  judgeAll,
  notReached,
  notTestable,
  onEach,
  onFirst,
  pass,
  reasonIn,
  select,
  status,
  together,
  warn,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, WireResponse } from '../../src/core/model.ts';
import { hasValue } from '../../src/core/same.ts';
import { fhirApi, panel } from '../../src/core/steps.ts';
import { tokenClientOf } from '../../src/core/target.ts';
import { change, set, whenBody } from '../alter.ts';
import { allOf, anyOf, follows } from '../applies.ts';
import { group } from '../group.ts';
import { atr, rfc, smart, useCase } from '../sources.ts';
import { asksByUdap, asksForTokens, backendServices, listsCapability, takesTokens } from './applies.ts';
import { covers, formOf, grantedScopes, permits, show, tokenAnswer, tokenIn } from './documents.ts';

/** What a token response must hold. */

const honest = { step: 'token', where: (exchange: Exchange) => tokenIn(exchange) !== undefined } as const;

/** Every answer with a token, whichever way the client came. */
const onTokens =
  (judge: (exchange: Exchange) => Finding) =>
  (evidence: Evidence): Finding => {
    const granted = (['token', 'udap.token'] as const).flatMap((step) => select(evidence, { ...honest, step, probe: '*' }));
    return granted.length === 0 ? notReached(evidence, honest) : judgeAll(granted, judge);
  };
/** Changes members of responses that carry a token. */
const inToken = (members: Parameters<typeof set>[0]) => (response: WireResponse) =>
  response.body.includes('"access_token"') ? set(members)(response) : response;

export const tokenAnswerChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3'], applies: asksForTokens }, [
  {
    id: 'cc2.token.success',
    level: 'SHALL',
    text: 'A valid private_key_jwt token request gets a JSON token response with access_token, token_type, expires_in and scope.',
    source: smart('backend-services.html#issue-access-token'),
    judge: onFirst({ step: 'token' }, (exchange) =>
      all(
        () => status(exchange, 200),
        () =>
          together(
            () => {
              const answer = tokenAnswer(exchange);
              const missing = ['access_token', 'token_type', 'scope', 'expires_in'].filter((name) => !hasValue(answer[name]) || answer[name] === '');
              if (missing.length > 0)
                return fail(exchange, 'access_token, token_type, expires_in (a number) and scope', `without ${missing.join(', ')}`);
              return typeof answer['expires_in'] === 'number'
                ? pass
                : fail(exchange, 'expires_in as a number (RFC 6749 5.1 and A.14)', `expires_in is text: ${show(answer['expires_in'])}`);
            },
            () => {
              const media = mediaTypeOf(exchange.response);
              return check(
                media === 'application/json',
                exchange,
                'the application/json media type (RFC 6749 5.1)',
                `Content-Type ${media || 'absent'}`,
              );
            },
          ),
      ),
    ),
    faults: [
      { name: 'leaves the scope out', at: 'token', alter: inToken({ scope: undefined }) },
      { name: 'leaves expires_in out', at: 'token', alter: inToken({ expires_in: undefined }) },
      { name: 'gives expires_in as text', at: 'token', alter: inToken({ expires_in: '300' }) },
      {
        name: 'labels a token response as text',
        at: 'token',
        alter: whenBody(/"access_token"/, change({ headers: { 'content-type': 'text/plain' } })),
      },
    ],
  },
  {
    id: 'cc2.token.type-bearer',
    level: 'SHALL',
    text: 'token_type is bearer.',
    source: smart('backend-services.html#issue-access-token'),
    applies: anyOf(asksForTokens, asksByUdap),
    judge: onTokens((exchange) => {
      const type = tokenAnswer(exchange)['token_type'];
      if (type === undefined) return notTestable('The response has no token_type: see cc2.token.success.', 'payer');
      return String(type).toLowerCase() === 'bearer' ? pass : fail(exchange, 'token_type bearer', show(type));
    }),
    faults: [
      { name: 'calls the token a mac token', at: 'token', alter: inToken({ token_type: 'mac' }) },
      { name: 'calls the token of a UDAP client a mac token', at: 'udap.token', alter: inToken({ token_type: 'mac' }) },
    ],
  },
  {
    id: 'cc2.token.lifetime-short',
    level: 'SHOULD',
    lines: ['L3', 'L6'],
    text: 'Backend access tokens live at most 300 seconds.',
    source: smart('backend-services.html#issue-access-token'),
    judge: onFirst(honest, (exchange) => {
      const seconds = tokenAnswer(exchange)['expires_in'];
      if (typeof seconds !== 'number')
        return notTestable(`The response has no number of seconds in expires_in (${show(seconds)}): see cc2.token.success.`, 'payer');
      return seconds > 0 && seconds <= 300 ? pass : fail(exchange, 'expires_in above 0 and at most 300 seconds', `${seconds} seconds`);
    }),
    faults: [{ name: 'gives tokens for a day', at: 'token', alter: inToken({ expires_in: 86_400 }) }],
  },
  {
    id: 'cc2.token.no-refresh',
    level: 'SHOULD',
    text: 'No refresh token is issued for client_credentials.',
    source: smart('backend-services.html#enforce-authorization'),
    applies: allOf(asksForTokens, (evidence) =>
      follows(guides.pdex)(evidence) === true ? 'The payer claims PDex, which lets Provider and Payer Access clients refresh.' : true,
    ),
    judge: onEach(honest, (exchange) =>
      tokenAnswer(exchange)['refresh_token'] === undefined ? pass : fail(exchange, 'no refresh_token', 'a refresh_token'),
    ),
    faults: [
      {
        name: 'issues a refresh token',
        at: 'token',
        target: { guides: { 'hl7.fhir.us.davinci-pdex': false } },
        alter: inToken({ refresh_token: 'refresh-0123456789' }),
      },
    ],
  },
  {
    id: 'cc2.token.no-store',
    level: 'SHALL',
    text: 'Token responses forbid caching.',
    source: rfc(6749, '2012', '5.1'),
    applies: takesTokens,
    judge: onTokens((exchange) => {
      const seen = headerOf(exchange, 'cache-control') ?? '';
      return /(^|,)\s*no-store\s*(,|$)/i.test(seen) ? pass : fail(exchange, 'Cache-Control with no-store', `Cache-Control: ${seen || 'absent'}`);
    }),
    faults: [
      { name: 'lets token responses be cached', at: 'token', alter: change({ headers: { 'cache-control': 'public, max-age=600' } }) },
      {
        name: 'lets the token response to a UDAP client be cached',
        at: 'udap.token',
        alter: change({ headers: { 'cache-control': 'max-age=600' } }),
      },
    ],
  },
  {
    id: 'cc2.token.pragma',
    level: 'SHALL',
    lines: ['L3', 'L7'],
    text: 'Token responses carry Pragma: no-cache.',
    source: rfc(6749, '2012', '5.1'),
    // RFC 6749 demands it; RFC 9111 made it obsolete and OAuth 2.1 drops it, so a miss is a warning.
    applies: takesTokens,
    judge: onTokens((exchange) =>
      /no-cache/i.test(headerOf(exchange, 'pragma') ?? '')
        ? pass
        : warn(exchange, 'Pragma: no-cache', `Pragma: ${headerOf(exchange, 'pragma') ?? 'absent'}`),
    ),
    faults: [{ name: 'leaves Pragma out', at: 'token', alter: change({ headers: { pragma: undefined } }) }],
  },
  {
    id: 'cc2.token.algorithms',
    level: 'SHALL',
    text: 'The server validates at least one of RS384 and ES384.',
    source: smart('client-confidential-asymmetric.html#registering-a-client-communicating-public-keys'),
    applies: backendServices,
    judge: (evidence) => {
      const tried = select(evidence, { step: 'token' });
      const [first] = tried;
      if (!first) return notReached(evidence, { step: 'token' });
      if (tried.some((exchange) => tokenIn(exchange) !== undefined)) return pass;
      // The two organisations of the target file sign with different algorithms, or the question stays open.
      const about = tried.find((exchange) => /\balg|[RE]S384|signature|signing/i.test(reasonIn(exchange)));
      return tried.some((exchange) => exchange.variant === 'other-algorithm')
        ? about
          ? fail(about, 'a token for an assertion signed with RS384 or with ES384', `both are refused${reasonIn(about)}`)
          : notTestable(
              `No token is available at all, and the refusals do not speak of the algorithm${reasonIn(first)}: see cc2.token.success.`,
              'payer',
            )
        : notTestable('Only one algorithm could be tried: the target file names no second client with a key of the other kind.', 'target-file');
    },
    faults: [
      {
        name: 'takes RS256 only',
        at: 'token',
        behaviour: 'takes-rs256-only',
        alsoFails: { 'cc2.token.success': 'the honest request is signed with one of the two algorithms' },
      },
    ],
  },
  {
    id: 'cc2.token.v2-scopes',
    level: 'SHOULD',
    text: 'SMART v2 scopes such as system/Group.rs are accepted when permission-v2 is listed.',
    source: smart('scopes-and-launch-context.html'),
    applies: allOf(backendServices, listsCapability('permission-v2')),
    judge: onEach({ step: 'token', variant: 'narrow' }, (exchange) =>
      all(
        () => status(exchange, 200),
        () =>
          permits(grantedScopes(exchange), 'Patient', 'rs')
            ? pass
            : fail(exchange, 'system/Patient.rs, or scopes that cover it', `granted: ${grantedScopes(exchange).join(' ') || 'nothing'}`),
      ),
    ),
    faults: [{ name: 'refuses v2 scopes though it lists permission-v2', at: 'token', behaviour: 'refuses-v2-scopes' }],
  },
  {
    id: 'cc2.token.atr-system-read',
    level: 'SHALL',
    scenarios: panel,
    text: 'A producer supports the system/*.read scope.',
    source: atr('spec.html#smart-on-fhir-backend-services-authorization'),
    holds: [{ ig: guides.atr }],
    applies: backendServices,
    judge: onEach({ step: 'token', variant: 'v1-wildcard' }, (exchange) =>
      all(
        () => status(exchange, 200),
        () => {
          const open = ['Group', 'Patient', 'Coverage'].filter((type) => !permits(grantedScopes(exchange), type, 'r'));
          return open.length === 0 ? pass : fail(exchange, 'read of Group, Patient and Coverage', `not granted: ${open.join(', ')}`);
        },
      ),
    ),
    faults: [
      { name: 'refuses system/*.read', at: 'token', target: { guides: { 'hl7.fhir.us.davinci-atr': '2.1.0' } }, behaviour: 'refuses-v1-wildcard' },
    ],
  },
  {
    id: 'cc2.token.unknown-parameter-ignored',
    level: 'SHALL',
    lines: ['L3', 'L7'],
    text: 'Unrecognized request parameters are ignored by the token endpoint.',
    source: rfc(6749, '2012', '3.2'),
    judge: (evidence) => {
      const [plain] = select(evidence, { step: 'token' });
      if (plain === undefined || tokenIn(plain) === undefined)
        return notTestable('The request without the extra parameter got no token either.', 'payer');
      return onEach({ step: 'token', variant: 'extra-parameter' }, (exchange) =>
        tokenIn(exchange) === undefined ? fail(exchange, 'a token as without harness_probe=1', `status ${exchange.response?.status}`) : pass,
      )(evidence);
    },
    faults: [{ name: 'refuses parameters it does not know', at: 'token', behaviour: 'refuses-unknown-parameters' }],
  },
  {
    id: 'cc2.token.scope-mediated',
    level: 'SHALL',
    text: 'The granted scope stays within what the client is pre-authorized for.',
    source: smart('backend-services.html#evaluate-requested-access'),
    applies: (evidence) =>
      tokenClientOf(evidence.target) !== undefined && tokenClientOf(evidence.target)?.scope === undefined
        ? { unknown: 'the target file does not say which scopes the client is registered for' }
        : select(evidence, { step: 'token' }).some((each) => each.variant === 'narrow') &&
            select(evidence, { step: 'token', variant: 'beyond-registration' }).length === 0
          ? {
              open: 'The client is registered for everything that could be asked for, so nothing lies beyond (auth.scope in the target file).',
              because: 'test-data',
            }
          : backendServices(evidence),
    judge: onEach({ step: 'token', variant: 'beyond-registration' }, (exchange, evidence) => {
      if (tokenIn(exchange) === undefined) return pass;
      if (tokenAnswer(exchange)['scope'] === undefined) return notTestable('The response has no scope: see cc2.token.success.', 'payer');
      const registered = (tokenClientOf(evidence.target)?.scope ?? '').split(' ');
      const asked = (formOf(exchange)['scope'] ?? '').split(' ').filter((each) => !registered.includes(each));
      const beyond = asked.find((scope) => ['c', 'u', 'd'].some((action) => permits(grantedScopes(exchange), scope.slice(7, -4), action)));
      return beyond === undefined ? pass : fail(exchange, `no ${beyond}, which is not registered`, `granted: ${grantedScopes(exchange).join(' ')}`);
    }),
    faults: [{ name: 'grants a write scope that was never registered', at: 'token', behaviour: 'grants-write-scopes' }],
  },
  {
    id: 'cc2.token.scope-asked',
    level: 'FAST',
    text: 'Advice: who asks for a part of what it is registered for is granted no more: a token that opens more than its holder needs is the greater loss when it is stolen.',
    source: useCase('Scenario 1 line 3'),
    applies: backendServices,
    judge: (evidence) => {
      const narrow = [
        ...select(evidence, { ...honest, where: (each) => honest.where(each) && isNarrow(each.variant) }),
        ...select(evidence, { ...honest, step: 'udap.token', where: (each) => honest.where(each) && formOf(each)['scope'] !== undefined }),
      ];
      if (narrow.length === 0) return notReached(evidence, { step: 'token', variant: 'narrow' });
      return judgeAll(narrow, (exchange) => {
        const asked = (formOf(exchange)['scope'] ?? '').split(' ');
        const wider = grantedScopes(exchange).filter((scope) => !covers(asked, scope));
        return wider.length === 0 ? pass : fail(exchange, `no more than was asked for: ${asked.join(' ')}`, `besides: ${wider.join(' ')}`);
      });
    },
    faults: [
      { name: 'grants all that is registered, whatever is asked for', at: 'token', behaviour: 'grants-all-registered' },
      {
        name: 'grants a certificate more than it asked for',
        at: 'udap.token',
        alter: inToken(({ scope }) => ({ scope: `${String(scope)} system/Practitioner.rs` })),
      },
    ],
  },
]);

const isNarrow = (variant: string | undefined): boolean => variant === 'narrow' || variant === 'panel' || variant === 'patient-only';
