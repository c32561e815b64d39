import { asString, at } from '../../src/core/fhir.ts';
import { describeBody, fail, notApplicable, pass, select, statusOf, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check } from '../../src/core/model.ts';
import { ordering } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { cdsHooks, crd } from '../sources.ts';
import { doesFollow, informationOf, onVariant, partOf } from './lib.ts';
import { emptyCall, noInstance, plainText } from './probes.ts';
import { besideHonest } from './refusals.ts';

/** Calls that lack something: in the call itself, or at our EHR. */
export const requestChecks: readonly Check[] = group({ scenarios: ordering, holds: [{ ig: guides.crd }] }, [
  {
    id: 'crd.error.incomplete',
    level: 'SHALL',
    lines: ['L7'],
    text: "A call without content or without its hookInstance, which is REQUIRED, is the client's mistake and answered with a 4xx status; text/plain is never answered with a breakdown.",
    source: crd('hooks.html', 'hooks.html hook-9; CDS Hooks 2.0 #http-request_1'),
    probes: [emptyCall, noInstance, plainText],
    judge: besideHonest([emptyCall, noInstance, plainText], (exchange) => {
      const seen = statusOf(exchange);
      const expected = 'a 4xx status, since the request is at fault';
      if (seen >= 500) return fail(exchange, expected, `${exchange.probe}: ${describeBody(exchange)}`);
      if (seen >= 400 || exchange.probe === plainText.id) return pass;
      return (exchange.probe === emptyCall.id ? fail : warn)(exchange, expected, `${exchange.probe}: ${describeBody(exchange)}`);
    }),
    faults: [
      {
        name: 'falls over a call without content',
        at: 'cds.hook',
        drives: ['crd.hooks'],
        alter: (response, { body }) => (body === '{}' ? { ...response, status: 500 } : response),
      },
    ],
  },
  {
    id: 'crd.fetch.refused',
    level: 'SHALL',
    lines: ['L2', 'L7'],
    text: 'A service whose query is refused asserts nothing of coverage; "unable to retrieve the necessary FHIR data" is 412.',
    source: cdsHooks('#http-status-codes'),
    applies: (evidence) => !doesFollow(evidence, '2.2.1') || 'CRD 2.2 has a word for it (graded by crd.coverage.technical).',
    judge: onVariant('order-sign:refused', (exchange, evidence) => {
      const refused = select(evidence, { step: 'ehr.callback', where: (each) => each.follows === exchange.index && statusOf(each) >= 400 });
      if (refused.length === 0) return notApplicable('the service did not query our FHIR server for what was left out');
      if (statusOf(exchange) !== 200) return pass;
      const said = informationOf(exchange).map((each) => asString(partOf(each, 'covered')) ?? at(partOf(each, 'covered'), 'code') ?? 'something');
      const expected = '412 when the FHIR data needed is not available';
      const guess = said.find((each) => each !== 'indeterminate' && each !== 'conditional');
      // It may know the member from its own records, so it is said, and not counted against the payer.
      if (guess !== undefined) return warn(exchange, expected, `200 with coverage information that says ${String(guess)}`);
      return said.length > 0 ? pass : warn(exchange, expected, '200 without a word on what could not be read');
    }),
    faults: [
      {
        name: 'guesses after its query was refused, in CRD 2.0',
        at: ['cds.discovery', 'cds.hook'],
        behaviour: 'crd-2-0-guesses-after-a-refused-query',
        alsoFails: {
          'crd.prefetch.412': 'who guesses when its query is refused guesses without any EHR as well',
          'crd.coverage.right-coverage': 'a guess cannot name a Coverage that was never read',
        },
      },
    ],
  },
]);
