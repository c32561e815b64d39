import { asString, at, isResource, jsonOf } from '../../src/core/fhir.ts';
import {
  check,
  clip,
  fail,
  notApplicable,
  notReached,
  notTestable,
  onEach,
  onFirst,
  pass,
  select,
  statusOf,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Exchange, Finding } from '../../src/core/model.ts';
import { ordering } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { cdsHooks, crd, crd20, useCase } from '../sources.ts';
import { answeredCalls, cardsOf, doesFollow, followsCrd, informationOf, mayFollow, shown } from './lib.ts';
import { badJwts, malformed, missingContext, noJwt, noPrefetch, profile, unknownService, wrongHook, wrongPayer } from './probes.ts';

const is =
  (variantText: string) =>
  (body: string | undefined): boolean =>
    body?.includes(variantText) === true;

/** No coverage opinion and no 2xx data for a caller that must not have it. */
const refuses =
  (what: string) =>
  (exchange: Exchange): Finding => {
    const seen = statusOf(exchange);
    if (seen >= 400 && seen < 500)
      return check(informationOf(exchange).length === 0, exchange, 'a refusal without coverage data', 'coverage data inside the refusal');
    return fail(exchange, `${what} refused with a 4xx status`, `status ${seen}${informationOf(exchange).length > 0 ? ' with coverage data' : ''}`);
  };

/** What the service refuses, and in which words. */
export const errorChecks: readonly Check[] = group({ scenarios: ordering, holds: [{ ig: guides.crd }] }, [
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
    judge: onFirst({ step: 'cds.hook', probe: noJwt.id }, refuses('a call without a client JWT')),
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
    judge: (evidence) =>
      worst(
        badJwts.map((probe) =>
          onEach({ step: 'cds.hook', probe: probe.id }, refuses(`a JWT that is wrong (${probe.id.replace('crd.jwt-', '')})`))(evidence),
        ),
      ),
    faults: [{ name: 'accepts alg none', at: 'cds.hook', behaviour: 'crd-admits-unsigned-jwts' }],
  },
  {
    id: 'crd.error.malformed',
    level: 'SHALL',
    lines: ['L7'],
    text: 'A body that is not JSON gets 400.',
    source: crd20('hooks.html', 'hooks.html hook-13'),
    probes: [malformed],
    judge: onFirst({ step: 'cds.hook', probe: malformed.id }, (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 400) return pass;
      return (seen === 422 || seen < 300 ? fail : warn)(exchange, '400 for a body that is not JSON', `status ${seen}`);
    }),
    faults: [
      {
        name: 'answers unreadable JSON with 422',
        at: 'cds.hook',
        alter: (response, request) => (request.body === '{"hook":' ? { ...response, status: 422 } : response),
      },
    ],
  },
  {
    id: 'crd.error.profile',
    level: 'SHALL',
    lines: ['L7'],
    text: 'A request that breaks only CRD rules, if refused, gets 422 (from CRD 2.1 also 400).',
    source: crd('hooks.html', 'hooks.html hook-13, hook-14'),
    probes: [profile],
    judge: onFirst({ step: 'cds.hook', probe: profile.id }, (exchange, evidence) => {
      const seen = statusOf(exchange);
      if (seen === 422 || seen === 200 || (seen === 400 && mayFollow(evidence, '2.1.0'))) return pass;
      return (seen >= 500 ? fail : warn)(exchange, '422 (or a lenient 200; from CRD 2.1 also 400)', `status ${seen}`);
    }),
    faults: [
      {
        name: 'falls over an order without a code',
        at: 'cds.hook',
        alter: (response) => (response.status === 422 ? { ...response, status: 500 } : response),
      },
    ],
  },
  {
    id: 'crd.error.outcome',
    level: 'SHALL',
    lines: ['L7'],
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
            : (doesFollow(evidence, '2.2.1') ? fail : warn)(exchange, 'an OperationOutcome', shown(jsonOf(exchange.response))),
        ),
      );
    },
    faults: [
      {
        name: 'answers a wrong payer in plain text',
        at: 'cds.hook',
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
    judge: onFirst({ step: 'cds.hook', probe: wrongPayer.id }, (exchange) =>
      check(statusOf(exchange) === 400, exchange, '400 for a Coverage of another payer', `status ${statusOf(exchange)}`),
    ),
    faults: [{ name: 'answers for any payer', at: 'cds.hook', behaviour: 'crd-serves-any-payer' }],
  },
  {
    id: 'crd.error.status-class',
    level: 'SHALL',
    lines: ['L7'],
    text: 'A request the server cannot process is answered with a 4xx or 5xx status.',
    source: crd('hooks.html', 'hooks.html hook-9'),
    probes: [wrongHook, missingContext, unknownService],
    judge(evidence) {
      const calls = [wrongHook, missingContext, unknownService, malformed].flatMap(({ id }) => select(evidence, { step: 'cds.hook', probe: id }));
      if (calls.length === 0) return notReached(evidence, { step: 'cds.hook', probe: wrongHook.id });
      const disguised = answeredCalls(evidence).find((exchange) =>
        cardsOf(exchange).some((card) =>
          /\b(internal|server|unexpected|processing) (error|failure)|exception\b/i.test(asString(card['summary']) ?? ''),
        ),
      );
      if (disguised) return fail(disguised, 'a 4xx or 5xx status for a failure', `200 with the card "${cardsOf(disguised)[0]?.['summary']}"`);
      return worst(
        calls.map((exchange) =>
          statusOf(exchange) >= 400 ? pass : fail(exchange, 'a 4xx or 5xx status', `status ${statusOf(exchange)} to ${exchange.probe}`),
        ),
      );
    },
    faults: [
      {
        name: 'answers an empty context with a card that says internal error',
        at: 'cds.hook',
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
    ],
  },
  {
    id: 'crd.prefetch.412',
    level: 'SHALL',
    lines: ['L7'],
    text: 'When needed data is neither in prefetch nor reachable, the service answers 412 (CRD 2.1+ may answer 400 when no Coverage can be reached).',
    source: cdsHooks('#prefetch-template'),
    probes: [noPrefetch],
    judge: onFirst({ step: 'cds.hook', probe: noPrefetch.id }, (exchange, evidence) => {
      const seen = statusOf(exchange);
      if (seen === 412 || (seen === 400 && mayFollow(evidence, '2.1.0'))) return pass;
      if (seen === 200)
        return check(
          !informationOf(exchange).some((each) => each.parts.has('covered') && !/indeterminate/.test(JSON.stringify(each.parts.get('covered')))),
          exchange,
          '412, or 200 without an assertion about coverage',
          '200 with an assertion about a patient it could not read',
        );
      return fail(exchange, `412${mayFollow(evidence, '2.1.0') ? ' (or 400)' : ''}`, `status ${seen}`);
    }),
    faults: [{ name: 'invents coverage for a patient it cannot read', at: 'cds.hook', behaviour: 'crd-guesses-for-unreadable-patients' }],
  },
  {
    id: 'crd.error.distinguishable',
    level: 'FAST',
    lines: ['L7'],
    text: 'Two different faults get two different answers: a reader can tell from the words what went wrong.',
    source: useCase('L7, meaningful and useful response'),
    judge(evidence) {
      const seen = new Map<string, Exchange>();
      for (const { id } of [malformed, profile, wrongHook, missingContext, wrongPayer, noPrefetch]) {
        const exchange = select(evidence, { step: 'cds.hook', probe: id })[0];
        const text = exchange && wordsOf(exchange);
        if (!exchange || !text) continue;
        const other = seen.get(text);
        if (other) return fail(exchange, `words of its own for ${id}`, `the same as for ${other.probe}: ${clip(text, 160)}`);
        seen.set(text, exchange);
      }
      return seen.size < 2 ? notTestable('fewer than two refusals with words were seen', 'not-offered') : pass;
    },
    faults: [
      {
        name: 'says of a broken order what it says of a missing context',
        at: 'cds.hook',
        alter: (response) =>
          response.status === 422
            ? {
                ...response,
                body: response.body.replace(
                  /"(text|diagnostics)":"[^"]+"/g,
                  '"$1":"context.patientId is missing. Add the id of the Patient and send the request again."',
                ),
              }
            : response,
      },
    ],
  },
]);

/** What a refusal or a card says to a person. */
const wordsOf = (exchange: Exchange): string =>
  asString(at(jsonOf(exchange.response), 'issue', 0, 'details', 'text')) ??
  cardsOf(exchange)
    .map((card) => `${card['summary']} ${card['detail'] ?? ''}`)
    .join(' ');
