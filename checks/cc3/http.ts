import { isResource, jsonOf, mediaTypeOf } from '../../src/core/fhir.ts';
import { check, headerOf, notApplicable, notTestable, worstOfAll } from '../../src/core/findings.ts';
import { parseHttpDate } from '../../src/core/http-date.ts';
import type { Check, Evidence, Finding } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { headers, when } from '../alter.ts';
import { group } from '../group.ts';
import { r4, rfc } from '../sources.ts';

/** What HTTP asks of any answer. */

/** Steps whose answers are not FHIR, or whose media type is settled elsewhere. */
const notFhir = new Set([
  'token',
  'udap.token',
  'register',
  'introspect',
  'jwks',
  'crl',
  'tls',
  'smart.configuration',
  'udap.metadata',
  'wellknown.davinci',
]);
const ownRules = /^(cds|bulk|ehr|app)\.|^(binary|app-link|plain-http)$/;

function contentType({ exchanges }: Evidence): Finding {
  const fhirJson = exchanges.filter(
    ({ step, request, response }) =>
      !notFhir.has(step) &&
      !ownRules.test(step) &&
      request.headers['accept'] === 'application/fhir+json' &&
      response !== null &&
      !/[?&]_format=/.test(request.url) &&
      isResource(jsonOf(response)),
  );
  if (fhirJson.length === 0) return notTestable('No answer held a FHIR resource.', 'payer');
  return worstOfAll(
    fhirJson.map((exchange) => {
      const media = mediaTypeOf(exchange.response);
      // By its id the row speaks of metadata; it is about any answer, so the finding names the one.
      const { method, url } = exchange.request;
      return check(
        media === 'application/fhir+json',
        exchange,
        'Content-Type application/fhir+json',
        () => `Content-Type ${media || 'absent'} in the answer to ${method} ${url}`,
      );
    }),
  );
}

/** Far from what a busy server or a clock kept by NTP can be off, in ms. */
const grace = 60_000;

/**
 * Judged by our own clock, which only counts where some answer agrees with it: when all are off, ours may be the wrong one. What a cache gave us (Age) was
 * dated when it was made.
 */
function dated({ exchanges }: Evidence): Finding {
  const told = exchanges.flatMap((exchange) => {
    const theirs = parseHttpDate(headerOf(exchange, 'date'));
    const [from, ms] = [Date.parse(exchange.startedAt), exchange.timing.total];
    const cached = headerOf(exchange, 'age') !== undefined;
    return theirs === undefined || Number.isNaN(from) || cached || /^(ehr|app)\./.test(exchange.step)
      ? []
      : [{ exchange, theirs, from, to: from + ms }];
  });
  if (told.length === 0) return notApplicable('no answer has a Date header that can be read');
  const judged = told.map(({ exchange, theirs, from, to }) => {
    const off = theirs > to ? theirs - to : theirs - from;
    const words = `${Math.round(Math.abs(off) / 1000)} s ${off > 0 ? 'ahead of' : 'behind'} it`;
    return { exchange, right: theirs >= from - grace && theirs <= to + grace, words };
  });
  const [first] = judged;
  if (first && !judged.some(({ right }) => right))
    return notTestable(`No Date agrees with our clock (the first is ${first.words}), so one of the two is wrong: check ours first.`, 'set-up');
  return worstOfAll(
    judged.map(({ exchange, right, words }) =>
      check(
        right,
        exchange,
        'a Date within a minute of the time of the answer, by our clock and by other answers',
        () => `${words}: JWTs look expired, or not yet issued, to one of the two sides`,
      ),
    ),
  );
}

const threeHoursOn = (): string => new Date(Date.now() + 3 * 3_600_000).toUTCString();

export const httpChecks: readonly Check[] = group({ scenarios: allScenarios }, [
  {
    id: 'cc3.metadata.content-type',
    level: 'SHALL',
    lines: ['L1', 'L7'],
    text: 'FHIR JSON responses use the MIME type application/fhir+json.',
    source: r4('http.html#mime-type'),
    about: { 'empty-bundle': 'the media type of any answer is judged, whatever it holds', 'empty-list': 'likewise' },
    judge: contentType,
    faults: [
      { name: 'labels FHIR JSON as plain JSON', at: 'metadata', alter: headers({ 'content-type': 'application/json' }) },
      {
        name: 'labels FHIR JSON as HTML',
        at: 'versions',
        alter: when(({ headers: { accept } }) => accept === 'application/fhir+json', headers({ 'content-type': 'text/html' })),
      },
    ],
  },
  {
    id: 'cc3.http.date',
    level: 'SHOULD',
    lines: ['L1'],
    text: 'The Date header of an answer says when it was made.',
    source: rfc(9110, '2022', '6.6.1'),
    judge: dated,
    faults: [{ name: 'has a clock three hours off (K9.5)', at: 'udap.metadata', alter: headers({ date: threeHoursOn() }) }],
  },
]);
