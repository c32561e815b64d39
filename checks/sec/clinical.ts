import { capabilityOf, resourceEntry } from '../../src/core/capability.ts';
import { asArray, asString, at, isObject, jsonOf, type Resource } from '../../src/core/fhir.ts';
import { check, fail, notApplicable, notReached, notTestable, pass, unanswered, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, SectionKey } from '../../src/core/model.ts';
import { documents, identity } from '../../src/core/steps.ts';
import { queryOf } from '../../src/core/url.ts';
import { refuse, when } from '../alter.ts';
import { type Applies, allOf, anyOf, declaresSearchParam, declaresType, follows, followsUsCoreServer, owesSearch } from '../applies.ts';
import { group } from '../group.ts';
import { usCore as usCoreGuide } from '../sources.ts';
import { all, asks, eachResource, everyMatch, first, holdings, holdsAll, idsOf, onSection, type Section, sectionNamed } from './lib.ts';

/** Claims the whole US Core server, or declares this very search. */
const usCore = (type: string, ...names: readonly string[]): Applies =>
  allOf(anyOf(followsUsCoreServer, declaresSearchParam(type, 'patient', ...names)), declaresType(type));
const codes = (resource: Resource, element: string): readonly string[] =>
  [asArray(resource[element]), [resource[element] ?? null]]
    .flat()
    .flatMap((concept) => asArray(at(concept, 'coding')).flatMap((coding) => asString(at(coding, 'code')) ?? []));
const has =
  (element: string, code: string) =>
  (resource: Resource): boolean =>
    codes(resource, element).includes(code);
const shownCodes =
  (element: string) =>
  (resource: Resource): string =>
    `${element} ${codes(resource, element).join(', ') || 'absent'}`;
const is =
  (element: string, ...values: readonly string[]) =>
  (resource: Resource): boolean =>
    values.includes(asString(resource[element]) ?? '');
const shown =
  (element: string) =>
  (resource: Resource): string =>
    `${element} ${JSON.stringify(resource[element]) ?? 'absent'}`;
const without = (resource: Resource, ...names: readonly string[]): Resource =>
  Object.fromEntries(Object.entries(resource).filter(([name]) => !names.includes(name))) as Resource;

/** The latest moment that a date or period may still mean, ms; day precision counts to the end of the day. */
const endOf = (resource: Resource, ...elements: readonly string[]): number | undefined => {
  for (const element of elements) {
    const value = resource[element];
    const text =
      asString(value) ?? (isObject(value) ? (asString(value['end']) ?? (value['start'] === undefined ? undefined : '9999-12-31')) : undefined);
    if (text !== undefined) return Date.parse(text.length <= 10 ? `${text.padEnd(10, '-12-31').slice(0, 10)}T23:59:59Z` : text);
  }
  return undefined;
};
/** The earliest moment that it may mean, ms. */
const startOf = (resource: Resource, ...elements: readonly string[]): number | undefined => {
  for (const element of elements) {
    const value = resource[element];
    const text = asString(value) ?? (isObject(value) ? asString(value['start']) : undefined);
    if (text !== undefined) return Date.parse(text.length <= 10 ? `${text.padEnd(10, '-01-01').slice(0, 10)}T00:00:00Z` : text);
  }
  return undefined;
};
const since = (exchange: Exchange): number => Date.parse((queryOf(exchange.request.url).find(([name]) => name === 'date')?.[1] ?? '').slice(2));
/** Day precision and time zones count by overlap: a day's slack in favour of the payer. */
const slack = 86_400_000;

/** The last moment that it means whatever the time zone: a day ends everywhere when ten hours of it are over in UTC. */
const surelyEnds = (resource: Resource, ...elements: readonly string[]): number => {
  const [begins, text] = elements.flatMap((element) => {
    const value = resource[element];
    const told = asString(value) ?? asString(at(value, 'start'));
    return told === undefined ? [] : [Date.parse(told), told];
  }) as [number?, string?];
  if (begins === undefined || text === undefined) return Number.NEGATIVE_INFINITY;
  if (text.length === 10) return begins + slack - 14 * 3_600_000;
  return text.length > 10 ? begins : (startOf(resource, ...elements) ?? Number.NEGATIVE_INFINITY) - slack;
};

/** What the same search without a date showed, and what fits the date: R4 search prefixes, ge "the range above the search value ... intersects". */
function bringsLater(section: Section, plain: Section | undefined, elements: readonly string[]): Finding {
  const from = since(section.exchange);
  const certain = (plain?.matches ?? []).filter((each) => surelyEnds(each, ...elements) > from);
  if (certain.length === 0 && section.matches.length === 0)
    return notTestable('Nothing of the member is later than the date that was asked for.', 'test-data');
  return holdsAll(
    section,
    certain.map((each) => String(each['id'])),
  );
}

const dated = (key: SectionKey, plainKey: SectionKey, type: string, ...elements: readonly string[]) =>
  onSection(key, type, (section, evidence) => {
    const lost = bringsLater(section, sectionNamed(evidence, plainKey, type), elements);
    if (lost.outcome !== 'pass') return lost;
    return everyMatch(
      section,
      (each) => (endOf(each, ...elements) ?? Number.POSITIVE_INFINITY) + slack >= since(section.exchange),
      `nothing before ${new Date(since(section.exchange)).toISOString()}`,
      (each) => elements.map((element) => shown(element)(each)).join(', '),
    );
  });

const searchset = (key: SectionKey, type: string) =>
  onSection(key, type, ({ exchange }) =>
    check(at(jsonOf(exchange.response), 'type') === 'searchset', exchange, 'a searchset', String(at(jsonOf(exchange.response), 'type'))),
  );
const declared = (evidence: Evidence, type: string): boolean => resourceEntry(capabilityOf(evidence), type) !== undefined;
/** Judges each of these types that metadata lists; none listed = not applicable. */
const perType =
  (judges: Readonly<Record<string, (evidence: Evidence) => Finding>>) =>
  (evidence: Evidence): Finding => {
    const offered = Object.entries(judges).filter(([type]) => declared(evidence, type));
    return offered.length === 0
      ? notApplicable(`metadata lists none of ${Object.keys(judges).join(', ')}`)
      : worst(offered.map(([, judge]) => judge(evidence)));
  };

/** A combination that US Core demands, asked with what the reports themselves say; without reports there is nothing to ask with. */
const whereAsked = (key: 'report-code' | 'report-date', name: string, judge: (evidence: Evidence) => Finding) => (evidence: Evidence) =>
  sectionNamed(evidence, key, 'DiagnosticReport') === undefined || usCore('DiagnosticReport', name)(evidence) !== true ? pass : judge(evidence);

const ofCode = (section: Section): Finding => {
  const asked = queryOf(section.exchange.request.url).find(([name]) => name === 'code')?.[1] ?? '';
  if (section.matches.length === 0) return section.unread ?? fail(section.exchange, `the report with the code ${asked}`, 'no match');
  return everyMatch(section, has('code', asked.split('|').pop() ?? ''), `code ${asked}`, shownCodes('code'));
};

/** Results, conditions, events and plans. */
export const clinicalChecks: readonly Check[] = group({ scenarios: identity, lines: ['L2'], applies: followsUsCoreServer }, [
  {
    id: 'sec.lab.patient-category',
    level: 'SHALL',
    text: 'Lab results can be searched by patient and category laboratory.',
    source: usCoreGuide('CapabilityStatement-us-core-server.html'),
    applies: usCore('Observation', 'category'),
    judge: onSection('lab', 'Observation', (section) =>
      everyMatch(section, has('category', 'laboratory'), 'category laboratory', shownCodes('category')),
    ),
    faults: [
      {
        name: 'mixes vital signs in',
        at: 'search',
        alter: first(asks('Observation', { category: 'http://terminology.hl7.org/CodeSystem/observation-category|laboratory' }), (each) => ({
          ...each,
          category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] }],
        })),
      },
    ],
  },
  {
    id: 'sec.lab.patient-code',
    level: 'SHALL',
    text: 'Observations can be searched by patient and LOINC code.',
    source: usCoreGuide('CapabilityStatement-us-core-server.html'),
    applies: usCore('Observation', 'code'),
    judge: onSection('lab-code', 'Observation', (section) => {
      const wanted = (queryOf(section.exchange.request.url).find(([name]) => name === 'code')?.[1] ?? '').split('|').at(-1) ?? '';
      return everyMatch(section, has('code', wanted), `code ${wanted}`, shownCodes('code'));
    }),
    faults: [
      {
        name: 'ignores code',
        at: 'search',
        alter: first(asks('Observation', { code: true }), (each) => ({
          ...each,
          code: { coding: [{ system: 'http://loinc.org', code: '2339-0' }] },
        })),
      },
    ],
  },
  {
    id: 'sec.lab.category-date',
    level: 'SHALL',
    text: 'Lab results can be limited by date with second precision.',
    source: usCoreGuide('CapabilityStatement-us-core-server.html'),
    applies: usCore('Observation', 'category', 'date'),
    judge: dated('lab-date', 'lab', 'Observation', 'effectiveDateTime', 'effectivePeriod', 'effectiveInstant'),
    faults: [
      {
        name: 'ignores date',
        at: 'search',
        alter: first(asks('Observation', { category: 'laboratory', date: true }), (each) => ({
          ...without(each, 'effectivePeriod'),
          effectiveDateTime: '2011-03-04',
        })),
        alsoFails: { 'rest.usc.date-precision': 'the same search with an offset', 'rest.usc.date-comparators': 'the same search with prefixes' },
      },
    ],
  },
  {
    id: 'sec.token-forms',
    level: 'SHALL',
    text: 'Token parameters work with and without the system part; reference parameters with and without the type.',
    source: usCoreGuide('general-requirements.html'),
    applies: usCore('Observation', 'category'),
    judge(evidence) {
      const forms = (['lab', 'lab-bare', 'lab-typed'] as const).map((key) => sectionNamed(evidence, key, 'Observation'));
      const [plain, ...others] = forms;
      if (!plain || others.includes(undefined)) return notReached(evidence, { step: 'search', variant: 'sec:lab-typed' });
      const silent = forms.flatMap((form) => (form === undefined ? [] : (unanswered(form.exchange) ?? [])))[0];
      if (silent) return silent;
      return worst(
        others.flatMap((other) => {
          if (other === undefined) return [];
          const expected = `the same ${plain.matches.length} results as ${plain.exchange.request.url}`;
          return idsOf(other) === idsOf(plain)
            ? pass
            : (other.unread ?? plain.unread ?? fail(other.exchange, expected, `${other.matches.length} results`));
        }),
      );
    },
    faults: [
      {
        name: 'finds nothing by a code without its system',
        at: 'search',
        alter: eachResource(asks('Observation', { category: 'laboratory' }), () => undefined),
        alsoFails: { 'rest.usc.token-both': 'the same rule is in two rows' },
      },
    ],
  },
  {
    id: 'sec.condition.patient',
    level: 'SHALL',
    text: 'Conditions can be searched by patient (and by patient plus category).',
    source: usCoreGuide('CapabilityStatement-us-core-server.html'),
    applies: usCore('Condition'),
    judge(evidence) {
      const plain = onSection('condition', 'Condition', (section) => holdsAll(section, holdings(evidence, 'Condition') ?? []))(evidence);
      const byCategory = onSection('condition-category', 'Condition', (section) => {
        const wanted = queryOf(section.exchange.request.url).find(([name]) => name === 'category')?.[1] ?? '';
        return everyMatch(section, has('category', wanted), `category ${wanted}`, shownCodes('category'));
      })(evidence);
      if (byCategory.outcome !== 'fail') return plain;
      // Before 6.0 nobody owes this search, and who does not declare the parameter may pass over it; what answers by it must fit it all the same.
      if (!owesSearch('Condition', 'patient', 'category')(evidence)) return plain;
      const answered = evidence.exchanges.some(({ index, response }) => index === byCategory.exchange && response?.status === 200);
      return answered || follows(guides.usCore, '6.0.0')(evidence) === true ? worst([plain, byCategory]) : plain;
    },
    faults: [
      {
        name: 'ignores the category of conditions',
        at: 'search',
        alter: first(asks('Condition', { category: true }), (each) => ({
          ...each,
          category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-category', code: 'assay-other' }] }],
        })),
      },
    ],
  },
  {
    id: 'sec.allergy.patient',
    level: 'SHALL',
    text: 'Allergies, immunizations and goals can be searched by patient.',
    source: usCoreGuide('CapabilityStatement-us-core-server.html'),
    judge: perType({
      AllergyIntolerance: searchset('allergy', 'AllergyIntolerance'),
      Immunization: searchset('immunization', 'Immunization'),
      Goal: searchset('goal', 'Goal'),
    }),
    faults: [
      {
        name: 'does not serve goals',
        at: 'search',
        alter: when(asks('Goal', {}), refuse(404, 'not-supported', 'Goal is not served here. Leave it out.')),
        alsoFails: { 'rest.pdex.clinical-search': 'Goal is in the PDex table too' },
      },
    ],
  },
  {
    id: 'sec.report.patient-category',
    level: 'SHALL',
    text: 'Diagnostic reports can be searched by patient and category, by these and date, and by patient and code.',
    source: usCoreGuide('CapabilityStatement-us-core-server.html'),
    applies: usCore('DiagnosticReport', 'category'),
    judge: all(
      onSection('report-lab', 'DiagnosticReport', (section) => everyMatch(section, has('category', 'LAB'), 'category LAB', shownCodes('category'))),
      whereAsked('report-code', 'code', (evidence) => onSection('report-code', 'DiagnosticReport', ofCode)(evidence)),
      whereAsked('report-date', 'date', dated('report-date', 'report-lab', 'DiagnosticReport', 'effectiveDateTime', 'effectivePeriod')),
    ),
    faults: [
      {
        name: 'refuses a code (F3.14)',
        at: 'search',
        alter: when(({ url }) => /\/DiagnosticReport\?.*[?&]code=/.test(url), refuse(400, 'not-supported', 'DiagnosticReport has no code here.')),
      },
      {
        name: 'refuses a date (F3.15)',
        at: 'search',
        alter: when(({ url }) => /\/DiagnosticReport\?.*[?&]date=/.test(url), refuse(400, 'not-supported', 'DiagnosticReport has no date here.')),
      },
      {
        name: 'mixes other reports in',
        at: 'search',
        alter: first(asks('DiagnosticReport', { category: true }), (each) => ({
          ...each,
          category: [{ coding: [{ system: 'http://loinc.org', code: 'LP29708-2' }] }],
        })),
      },
    ],
  },
  {
    id: 'sec.procedure.patient',
    level: 'SHALL',
    text: 'Procedures can be searched by patient and by patient plus date; encounters by patient and by date plus patient.',
    source: usCoreGuide('CapabilityStatement-us-core-server.html'),
    judge: perType({
      Procedure: all(searchset('procedure', 'Procedure'), dated('procedure-date', 'procedure', 'Procedure', 'performedDateTime', 'performedPeriod')),
      Encounter: all(searchset('encounter', 'Encounter'), dated('encounter-date', 'encounter', 'Encounter', 'period')),
    }),
    faults: [
      { name: 'takes ge for eq', at: 'search', alter: eachResource(asks('Encounter', { date: true }), () => undefined) },
      {
        name: 'ignores the date of encounters',
        at: 'search',
        alter: first(asks('Encounter', { date: true }), (each) => ({
          ...each,
          period: { start: '2011-03-04T09:00:00Z', end: '2011-03-04T10:00:00Z' },
        })),
      },
    ],
  },
  {
    id: 'sec.careplan-careteam-device',
    level: 'SHALL',
    scenarios: documents,
    text: 'CarePlan by patient+category, CareTeam by patient+status and Device by patient are supported.',
    source: usCoreGuide('CapabilityStatement-us-core-server.html'),
    judge: perType({
      CarePlan: onSection('careplan', 'CarePlan', (section) =>
        everyMatch(section, has('category', 'assess-plan'), 'category assess-plan', shownCodes('category')),
      ),
      CareTeam: onSection('careteam', 'CareTeam', (section) => everyMatch(section, is('status', 'active'), 'status active', shown('status'))),
      Device: searchset('device', 'Device'),
    }),
    faults: [
      {
        name: 'ignores the category of care plans',
        at: 'search',
        alter: first(asks('CarePlan', { category: 'assess-plan' }), (each) => ({
          ...each,
          category: [{ coding: [{ system: 'http://example.org', code: 'other' }] }],
        })),
      },
    ],
  },
]);
