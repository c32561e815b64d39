import { withoutControl } from '../../src/core/controls.ts';
import { asString, isResource, jsonOf } from '../../src/core/fhir.ts';
import {
  check,
  clip,
  describeBody,
  fail,
  notApplicable,
  notTestable,
  pass,
  select,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Exchange } from '../../src/core/model.ts';
import { ordering } from '../../src/core/steps.ts';
import { change, replaceText, when } from '../alter.ts';
import { group } from '../group.ts';
import { cdsHooks, crd, crd20, useCase } from '../sources.ts';
import { answeredCalls, cardsOf, doesFollow, followsCrd, informationOf, mayFollow, shown } from './lib.ts';
import { badJwts, malformed, missingContext, noJwt, noPrefetch, profile, unknownService, wrongHook, wrongPayer } from './probes.ts';
import { besideHonest, refusesJwt, served, twin, wordsOf } from './refusals.ts';

const is =
  (variantText: string) =>
  (body: string | undefined): boolean =>
    body?.includes(variantText) === true;

/** The suite of the honest calls that refusals are judged beside. */
const honestCalls = ['crd.hooks'] as const;

/** What the service refuses, and in which words. */
export const errorChecks: readonly Check[] = group({ scenarios: ordering, lines: ['L7'], holds: [{ ig: guides.crd }] }, [
  {
    id: 'crd.auth.jwt-required',
    level: 'SHOULD',
    lines: ['L3', 'L7'],
    text: 'The service refuses calls without a client JWT when patient data is at stake.',
    source: cdsHooks('#trusting-cds-clients'),
    applies: (evidence) =>
      evidence.target.tls?.cert !== undefined || evidence.target.tls?.pfx !== undefined
        ? 'our client certificate already authenticates us'
        : followsCrd(evidence),
    probes: [noJwt],
    judge: besideHonest([noJwt], refusesJwt),
    faults: [{ name: 'answers callers without a JWT', at: 'cds.hook', behaviour: 'crd-admits-callers-without-jwt' }],
  },
  {
    id: 'crd.auth.jwt-checked',
    level: 'SHOULD',
    lines: ['L3', 'L7'],
    text: 'A JWT that is unsigned, HMAC signed, expired, with a foreign key, or with another aud than the service URL is not accepted.',
    source: cdsHooks('#trusting-cds-clients'),
    applies: (evidence) => {
      const open = select(evidence, { step: 'cds.hook', probe: noJwt.id })[0];
      return open?.response && statusOf(open) < 400
        ? 'the service does not authenticate clients by JWT (graded by crd.auth.jwt-required)'
        : followsCrd(evidence);
    },
    probes: badJwts,
    judge: besideHonest(badJwts, refusesJwt),
    faults: [{ name: 'accepts alg none', at: 'cds.hook', behaviour: 'crd-admits-unsigned-jwts' }],
  },
  {
    id: 'crd.error.malformed',
    level: 'SHALL',
    text: 'A body that is not JSON gets 400.',
    source: crd20('hooks.html', 'hooks.html hook-13'),
    probes: [malformed],
    judge: besideHonest([malformed], (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 400) return pass;
      return (seen === 422 || seen < 300 ? fail : warn)(exchange, '400 for a body that is not JSON', `status ${seen}`);
    }),
    faults: [
      {
        name: 'answers unreadable JSON with 422',
        at: 'cds.hook',
        drives: honestCalls,
        alter: when(({ body }) => body === '{"hook":', change({ status: 422 })),
      },
    ],
  },
  {
    id: 'crd.error.profile',
    level: 'SHALL',
    text: 'A request that breaks only CRD rules, if refused, gets 422 (from CRD 2.1 also 400).',
    source: crd('hooks.html', 'hooks.html hook-13, hook-14'),
    probes: [profile],
    judge: besideHonest([profile], (exchange, evidence) => {
      const seen = statusOf(exchange);
      if (seen === 422 || seen === 200 || (seen === 400 && mayFollow(evidence, '2.1.0'))) return pass;
      return (seen >= 500 ? fail : warn)(exchange, '422 (or a lenient 200; from CRD 2.1 also 400)', `status ${seen}`);
    }),
    faults: [
      {
        name: 'falls over an order without a code',
        at: 'cds.hook',
        drives: honestCalls,
        alter: when((_request, { status }) => status === 422, change({ status: 500 })),
      },
    ],
  },
  {
    id: 'crd.error.outcome',
    level: 'SHALL',
    text: 'A fault found at a FHIR-aware layer carries an OperationOutcome.',
    source: crd('hooks.html', 'hooks.html hook-10'),
    judge(evidence) {
      const found = [profile, wrongPayer].flatMap(({ id }) =>
        select(evidence, { step: 'cds.hook', probe: id, where: (each) => statusOf(each) >= 400 }),
      );
      if (found.length === 0) return notApplicable('no such fault was refused');
      return worst(
        found.map((exchange) =>
          isResource(jsonOf(exchange.response), 'OperationOutcome')
            ? pass
            : (unanswered(exchange) ??
              withoutControl(exchange, evidence, twin, served) ??
              (doesFollow(evidence, '2.2.1') ? fail : warn)(exchange, 'an OperationOutcome', shown(jsonOf(exchange.response)))),
        ),
      );
    },
    faults: [
      {
        name: 'answers a wrong payer in plain text',
        at: 'cds.hook',
        drives: honestCalls,
        alter: (response) =>
          response.body.includes('"business-rule"')
            ? {
                ...response,
                headers: { 'content-type': 'text/plain', 'x-request-id': 'x' },
                body: 'Coverage.payor names another payer. Correct the Coverage.',
              }
            : response,
        alsoFails: { 'err.oo.on-failure': 'plain text is no OperationOutcome' },
      },
    ],
  },
  {
    id: 'crd.error.wrong-payer',
    level: 'SHALL',
    lines: ['L4', 'L7'],
    text: 'A call whose only Coverage is for a payer this endpoint does not serve gets 400.',
    source: crd('hooks.html', 'hooks.html hook-13'),
    holds: [{ ig: guides.crd, from: '2.1.0' }],
    probes: [wrongPayer],
    judge: besideHonest([wrongPayer], (exchange) =>
      check(statusOf(exchange) === 400, exchange, '400 for a Coverage of another payer', `status ${statusOf(exchange)}`),
    ),
    faults: [{ name: 'answers for any payer', at: 'cds.hook', behaviour: 'crd-serves-any-payer' }],
  },
  {
    id: 'crd.error.status-class',
    level: 'SHALL',
    text: 'A request the server cannot process is answered with a 4xx or 5xx status.',
    source: crd('hooks.html', 'hooks.html hook-9'),
    probes: [wrongHook, missingContext, unknownService],
    judge(evidence) {
      const disguised = answeredCalls(evidence).find((exchange) =>
        cardsOf(exchange).some((card) =>
          /\b(internal|server|unexpected|processing) (error|failure)|exception\b/i.test(asString(card['summary']) ?? ''),
        ),
      );
      if (disguised) return fail(disguised, 'a 4xx or 5xx status for a failure', `200 with the card "${cardsOf(disguised)[0]?.['summary']}"`);
      // A body that is not JSON has a row of its own, crd.error.malformed.
      return besideHonest([wrongHook, missingContext, unknownService], (exchange) => {
        const seen = statusOf(exchange);
        return check(
          seen >= 400 && seen < 500,
          exchange,
          'a 4xx status, since the request is at fault',
          `${exchange.probe}: ${describeBody(exchange)}`,
        );
      })(evidence);
    },
    faults: [
      {
        name: 'answers an empty context with a card that says internal error',
        at: 'cds.hook',
        drives: honestCalls,
        alter: (response, request) =>
          is('"context":{}')(request.body)
            ? {
                status: 200,
                headers: { 'content-type': 'application/json' },
                body: '{"cards":[{"uuid":"5f0c7f1e-4a7c-4b9b-9b6e-3f1f5e0a1c11","summary":"Internal error","indicator":"critical","source":{"label":"Assay Mutual","topic":{"system":"x","code":"y"}}}]}',
              }
            : response,
        alsoFails: { 'err.no-success-on-error': 'a 200 for a refused request' },
      },
      {
        name: 'breaks down over a service that it does not have (K5.6)',
        at: 'cds.hook',
        drives: honestCalls,
        alter: when((_request, { status }) => status === 404, change({ status: 500 })),
      },
    ],
  },
  {
    id: 'crd.prefetch.412',
    level: 'SHALL',
    text: 'When needed data is neither in prefetch nor reachable, the service answers 412 (CRD 2.1+ may answer 400 when no Coverage can be reached).',
    source: cdsHooks('#prefetch-template'),
    probes: [noPrefetch],
    judge: besideHonest([noPrefetch], (exchange, evidence) => {
      const seen = statusOf(exchange);
      const wanted = `412${mayFollow(evidence, '2.1.0') ? ' (or 400)' : ''}`;
      if (seen === 412 || (seen === 400 && mayFollow(evidence, '2.1.0'))) return pass;
      if (seen !== 200) return fail(exchange, wanted, describeBody(exchange));
      const said = informationOf(exchange);
      const guess = said.some((each) => each.parts.has('covered') && !/indeterminate/.test(JSON.stringify(each.parts.get('covered'))));
      if (guess) return fail(exchange, '412, or 200 without an assertion about coverage', '200 with an assertion about a patient it could not read');
      if (said.length > 0) return pass;
      // A service that says nothing of coverage when it has everything needs no data.
      const bare = withoutControl(exchange, evidence, twin, (honest) => informationOf(honest).length > 0);
      return bare?.outcome === 'not-testable'
        ? notTestable('The honest call brought no coverage information either, so what data the service needs is not known.', 'payer')
        : fail(exchange, `${wanted}, or coverage information that says indeterminate`, '200 without either, to a call that can get no data');
    }),
    faults: [
      { name: 'invents coverage for a patient it cannot read', at: 'cds.hook', behaviour: 'crd-guesses-for-unreadable-patients' },
      {
        name: 'answers 200 with nothing in it when it can get no data (K18.4)',
        at: 'cds.hook',
        drives: honestCalls,
        alter: (response) =>
          response.status === 412 ? { status: 200, headers: { 'content-type': 'application/json' }, body: '{"cards":[]}' } : response,
        alsoFails: { 'err.no-success-on-error': 'a 200 for a request that was not served' },
      },
    ],
  },
  {
    id: 'crd.error.distinguishable',
    level: 'FAST',
    text: 'Two different faults get two different answers: a reader can tell from the words what went wrong.',
    source: useCase('L7, meaningful and useful response'),
    judge(evidence) {
      const refusals = [malformed, profile, wrongHook, missingContext, wrongPayer, noPrefetch]
        .flatMap(({ id }) => select(evidence, { step: 'cds.hook', probe: id }))
        .filter((exchange) => unanswered(exchange) === undefined && statusOf(exchange) >= 400);
      const [first] = refusals;
      if (!first) return notTestable('no wrong call was refused', 'payer');
      const confounded = withoutControl(first, evidence, twin, served);
      if (confounded) return confounded;
      if (refusals.length > 1 && refusals.every((each) => wordsOf(each) === ''))
        return fail(first, 'words that tell one refusal from another', `${refusals.length} refusals, none of them with a word`);
      // Two honest calls that cannot be decided, for different reasons.
      const open = (['order-sign:unknown-code', 'order-sign:refused'] as const).flatMap((variant) => select(evidence, { step: 'cds.hook', variant }));
      const seen = new Map<string, Exchange>();
      for (const exchange of [...refusals, ...open]) {
        const text = unanswered(exchange) === undefined ? wordsOf(exchange) : '';
        const other = text === '' ? undefined : seen.get(text);
        if (other) return fail(exchange, `words of its own for ${nameOf(exchange)}`, `the same as for ${nameOf(other)}: ${clip(text, 160)}`);
        if (text !== '') seen.set(text, exchange);
      }
      return seen.size < 2 ? notTestable('fewer than two refusals with words were seen', 'payer') : pass;
    },
    faults: [
      {
        name: 'says of a broken order what it says of a missing context',
        at: 'cds.hook',
        drives: honestCalls,
        alter: when(
          (_request, { status }) => status === 422,
          replaceText(/"(text|diagnostics)":"[^"]+"/g, '"$1":"context.patientId is missing. Add the id of the Patient and send the request again."'),
        ),
      },
    ],
  },
]);

const nameOf = ({ probe, variant }: Exchange): string => probe ?? variant ?? 'a call';
