import { clinicalTypes } from '../../src/client/requests/rest.ts';
import { capabilityOf, resourceEntry } from '../../src/core/capability.ts';
import { noRefusal } from '../../src/core/controls.ts';
import { placeOf } from '../../src/core/date-search.ts';
import { asString, at, type Entry, isResource, jsonOf } from '../../src/core/fhir.ts';
import {
  all,
  check,
  fail,
  notApplicable,
  notReached,
  notTestable,
  onFirst,
  pass,
  select,
  status,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { oneMember } from '../../src/core/steps.ts';
import { queryOf } from '../../src/core/url.ts';
import { emptySearchset, refuse, replaceText, when } from '../alter.ts';
import { declaresSearchParam } from '../applies.ts';
import { group } from '../group.ts';
import { pdex22, usCore } from '../sources.ts';
import { bundleIn, isFinding, keyOf, matchedBy, matchesIn, pagesOf, searchedType } from './bundles.ts';
import { matchedByPatient, plainCondition, sameMatches } from './searching.ts';

/** Types of the PDex table of clinical resources. */
const pdexTypes = Object.keys(clinicalTypes);

function clinicalSearch(evidence: Evidence): Finding {
  const capability = capabilityOf(evidence);
  const found = select(evidence, { step: 'search', variant: 'clinical' });
  const [first] = found;
  if (!first) return notReached(evidence, { step: 'search', variant: 'clinical' });
  const answers = pdexTypes.flatMap((type): readonly Finding[] => {
    const asked = found.filter((exchange) => searchedType(exchange) === type);
    const last = asked[asked.length - 1];
    if (!last) return resourceEntry(capability, type) ? [notReached(evidence, { step: 'search', variant: 'clinical' })] : [];
    return [
      asked.some((exchange) => bundleIn(exchange) !== undefined)
        ? pass
        : fail(last, `a search of ${type} by patient to be answered with 200`, `status ${statusOf(last)}`),
    ];
  });
  const absent = capability ? pdexTypes.filter((type) => resourceEntry(capability, type) === undefined) : [];
  return worst([
    ...answers,
    ...(absent.length > 0 ? [warn(first, 'every clinical type of the PDex table to be declared', `not declared: ${absent.join(', ')}`)] : []),
  ]);
}

/** Latest instant that an effective time may mean, ms; undefined when there is none. */
function latest(resource: unknown): number | undefined {
  const body = resource as Parameters<typeof at>[0];
  const text = asString(at(body, 'effectiveDateTime')) ?? asString(at(body, 'effectiveInstant')) ?? asString(at(body, 'effectivePeriod', 'end'));
  if (text === undefined) return undefined;
  const day = 86_400_000;
  const slack = text.length === 4 ? 366 * day : text.length === 7 ? 31 * day : text.length === 10 ? 1.6 * day : 60_000;
  return Date.parse(text) + slack;
}

const dateIn = ({ request }: Exchange): string => queryOf(request.url).find(([name]) => name === 'date')?.[1] ?? '';

const datedInSeconds = onFirst({ step: 'search', variant: 'date-seconds' }, (exchange) => {
  if (statusOf(exchange) !== 200) return fail(exchange, '200 for a date with seconds and offset', `status ${statusOf(exchange)}`);
  const from = Date.parse(dateIn(exchange).replace(/^ge/, ''));
  const early = matchesIn(exchange).find(({ resource }) => (latest(resource) ?? from) < from);
  return check(early === undefined, exchange, 'only matches from the asked instant on', early === undefined ? '' : `${keyOf(early)} from before`);
});

/** A whole day or month, asked for because an Observation lies in it. "Any degree of precision can be provided": https://hl7.org/fhir/R4/search.html#date */
function datedWithin(evidence: Evidence, variant: 'date-day' | 'date-month'): Finding {
  const [exchange] = select(evidence, { step: 'search', variant });
  if (!exchange) return pass;
  const asked = dateIn(exchange);
  const seen = unanswered(exchange);
  if (seen) return seen;
  if (statusOf(exchange) !== 200)
    return warn(exchange, `200 for date=${asked}, since any precision can be asked for`, `status ${statusOf(exchange)}`);
  const found = matchedBy(evidence, variant);
  if (isFinding(found)) return found;
  const place = (entry: Entry) => placeOf(effective(entry), asked);
  const missing = pagesOf(evidence, 'category-code')
    .flatMap(matchesIn)
    .find((entry) => place(entry) === 'within' && !found.includes(keyOf(entry)));
  if (missing !== undefined) return fail(exchange, `for date=${asked} all that lies in it`, `${keyOf(missing)} is missing`);
  const odd = pagesOf(evidence, variant)
    .flatMap(matchesIn)
    .find((entry) => ['before', 'after'].includes(place(entry) ?? ''));
  return check(odd === undefined, exchange, `for date=${asked} nothing that lies elsewhere`, () => (odd ? `${keyOf(odd)} of ${effective(odd)}` : ''));
}

const effective = ({ resource }: Entry): string => asString(at(resource, 'effectiveDateTime')) ?? '';

/** What each prefix finds, seen from a day. "lt: the range below the search value intersects (i.e. overlaps) with the range of the target value". */
const sides = { 'date-lt': ['before'], 'date-le': ['before', 'within'], 'date-gt': ['after'] } as const;

function comparedBy(evidence: Evidence, variant: keyof typeof sides): Finding {
  const [exchange] = select(evidence, { step: 'search', variant });
  if (!exchange) return notTestable('No Observation was found that surely lies on one day, so there is no day to compare with.', 'test-data');
  const asked = dateIn(exchange);
  const seen = unanswered(exchange);
  if (seen) return seen;
  if (statusOf(exchange) !== 200) return fail(exchange, `200 for date=${asked}`, `status ${statusOf(exchange)}`);
  const found = matchedBy(evidence, variant);
  if (isFinding(found)) return found;
  const fits: readonly string[] = sides[variant];
  const place = (entry: Entry) => placeOf(effective(entry), asked.slice(2));
  const odd = pagesOf(evidence, variant)
    .flatMap(matchesIn)
    .find((entry) => !fits.includes(place(entry) ?? fits[0] ?? ''));
  if (odd !== undefined) return fail(exchange, `for date=${asked} nothing else`, `${keyOf(odd)} of ${effective(odd)}`);
  const missing = pagesOf(evidence, 'category-code')
    .flatMap(matchesIn)
    .find((entry) => fits.includes(place(entry) ?? '') && !found.includes(keyOf(entry)));
  return check(missing === undefined, exchange, `for date=${asked} all that fits`, () => (missing ? `${keyOf(missing)} is missing` : ''));
}

/** "The code/value in the given system": https://hl7.org/fhir/R4/search.html#token. Refusing a system that nobody knows is an answer, too. */
function otherSystem(evidence: Evidence): Finding {
  const variant = 'category-other-system';
  const [exchange] = select(evidence, { step: 'search', variant });
  if (!exchange) return notReached(evidence, { step: 'search', variant });
  const none = noRefusal(exchange);
  if (none) return none;
  const found = matchesIn(exchange).length;
  return check(found === 0, exchange, 'nothing for a code of a system that no resource names', `${found} matches`);
}

function statusRequired(evidence: Evidence): Finding {
  const [first] = select(evidence, { step: 'search', variant: 'by-patient' });
  if (!first) return notReached(evidence, { step: 'search', variant: 'by-patient' });
  if (statusOf(first) < 400) return notApplicable('The payer does not insist on a status.');
  if (statusOf(first) >= 500 || [401, 403].includes(statusOf(first))) return notTestable(`The search was answered with ${statusOf(first)}.`, 'payer');
  return all(
    () => status(first, 400),
    () => check(isResource(jsonOf(first.response), 'OperationOutcome'), first, 'an OperationOutcome that asks for the status', 'no OperationOutcome'),
    () => onFirst({ step: 'search', variant: 'by-patient-status' }, (again) => status(again, 200))(evidence),
  );
}

export const usCoreChecks: readonly Check[] = group({ scenarios: oneMember, lines: ['L2'], holds: [{ ig: guides.usCore, from: '4.0.0' }] }, [
  {
    id: 'rest.usc.token-both',
    level: 'SHALL',
    text: 'Token searches accept code alone and system|code, and the same code of another system is another one.',
    source: usCore('general-requirements.html', 'general-requirements.html search requirements, token'),
    applies: declaresSearchParam('Observation', 'patient', 'category'),
    judge: (evidence) => worst([sameMatches(evidence, 'category-system', matchedBy(evidence, 'category-code')), otherSystem(evidence)]),
    faults: [
      {
        name: 'looks at the code alone (F3.10)',
        at: 'search',
        behaviour: 'ignores-token-systems',
      },
      {
        name: 'finds nothing for system|code',
        at: 'search',
        alter: when(({ url }) => /category=http.*laboratory&_count=100$/.test(url), emptySearchset),
      },
    ],
  },
  {
    id: 'rest.usc.reference-both',
    level: 'SHALL',
    text: 'Reference searches accept id alone and Type/id.',
    source: usCore('general-requirements.html', 'general-requirements.html search requirements, reference'),
    applies: declaresSearchParam('Condition', 'patient'),
    judge: (evidence) => sameMatches(evidence, 'by-patient-typed', matchedByPatient(evidence)),
    faults: [
      {
        name: 'finds nothing for patient=Patient/id',
        at: 'search',
        alter: when(({ url }) => /\/Condition\?patient=Patient(%2F|\/)[^&]+$/.test(url), emptySearchset),
      },
      {
        name: 'refuses patient=Patient/id',
        at: 'search',
        alter: when(({ url }) => /\/Condition\?patient=Patient(%2F|\/)[^&]+$/.test(url), refuse(400, 'value', 'Send the id of the patient alone.')),
      },
    ],
  },
  {
    id: 'rest.usc.date-precision',
    level: 'SHALL',
    text: 'Date searches on dateTime accept second + time offset.',
    source: usCore('general-requirements.html', 'general-requirements.html search requirements, date'),
    applies: declaresSearchParam('Observation', 'patient', 'category', 'date'),
    judge: (evidence) => worst([datedInSeconds(evidence), ...(['date-day', 'date-month'] as const).map((variant) => datedWithin(evidence, variant))]),
    faults: [
      {
        name: 'refuses a date with a time offset',
        at: 'search',
        alter: when(({ url }) => /date=ge2018-01-01T/.test(url), refuse(400, 'value', 'Send the date without a time.')),
      },
      {
        name: 'finds what was measured on the first of the next month (F3.11)',
        at: 'search',
        alter: when(({ url }) => /[?&]date=\d{4}-\d\d$/.test(url), replaceText(/"effectiveDateTime":"[^"]*"/, '"effectiveDateTime":"2031-03-01"')),
        alsoFails: { 'rest.version.one-content': 'the same version says another day elsewhere' },
      },
      { name: 'finds nothing on a whole day (K6.13)', at: 'search', alter: when(({ url }) => /[?&]date=\d{4}-\d\d-\d\d$/.test(url), emptySearchset) },
    ],
  },
  {
    id: 'rest.usc.date-comparators',
    level: 'SHALL',
    text: 'Date searches understand the comparators lt, le and gt; ge is asked for by rest.usc.date-precision and in each section.',
    source: usCore('SearchParameter-us-core-observation-date.html', 'SearchParameter us-core-observation-date, comparator gt, lt, ge, le: SHALL'),
    applies: declaresSearchParam('Observation', 'patient', 'category', 'date'),
    judge: (evidence) => worst((['date-lt', 'date-le', 'date-gt'] as const).map((variant) => comparedBy(evidence, variant))),
    faults: [
      {
        name: 'reads lt as le (F3.12)',
        at: 'search',
        behaviour: 'takes-lt-for-le',
      },
      {
        name: 'refuses gt (F3.13)',
        at: 'search',
        alter: when(({ url }) => /[?&]date=gt\d{4}-\d\d-\d\d$/.test(url), refuse(400, 'value', 'Send the date without a prefix.')),
      },
    ],
  },
  {
    id: 'rest.usc.status-required',
    level: 'SHALL',
    lines: ['L2', 'L7'],
    text: 'A server that refuses a search without status answers 400 with an OperationOutcome that asks for it, and the same search with status works.',
    source: usCore('general-requirements.html', 'general-requirements.html Search for Servers Requiring Status'),
    judge: statusRequired,
    faults: [
      {
        name: 'asks for a status with 422 instead of 400',
        at: 'search',
        alter: when(plainCondition, refuse(422, 'required', 'The search parameter clinical-status is missing. Add it and search again.')),
        alsoFails: { 'sec.condition.patient': 'the section of problems is this very search, and only a 400 asks for a status' },
      },
    ],
  },
  {
    id: 'rest.pdex.clinical-search',
    level: 'SHALL',
    lines: ['L2', 'L5'],
    text: "A health plan supports search of a member's data on each US Core clinical resource of the PDex table.",
    source: pdex22('payertopayerexchange.html', 'payertopayerexchange.html Query all clinical resources individually'),
    holds: [{ ig: guides.pdex, from: '2.1.0' }],
    judge: clinicalSearch,
    faults: [
      {
        name: 'offers no search of allergies',
        at: 'search',
        alter: when(
          ({ url }) => /\/AllergyIntolerance\?.*_count=1$/.test(url),
          refuse(404, 'not-supported', 'AllergyIntolerance cannot be searched.'),
        ),
      },
    ],
  },
]);
