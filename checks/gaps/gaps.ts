import { careGaps, type GapsQuestion } from '../../src/client/requests/record.ts';
import {
  asArray,
  asString,
  at,
  codesOf,
  entriesOf,
  isObject,
  isResource,
  jsonOf,
  literalReference,
  type Resource,
  requestJsonOf,
} from '../../src/core/fhir.ts';
import {
  check,
  fail,
  notApplicable,
  notReached,
  notTestable,
  onEach,
  pass,
  reasonIn,
  select,
  status,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, Json, Known, Probe, RequestSpec } from '../../src/core/model.ts';
import { queryOf } from '../../src/core/url.ts';
import { group } from '../group.ts';
import { disclosedIn } from '../id/disclosed.ts';
import { deqm as deqmGuide } from '../sources.ts';

const statusUrl = 'http://hl7.org/fhir/us/davinci-deqm/StructureDefinition/extension-gapStatus';
const statusSystem = 'http://hl7.org/fhir/us/davinci-deqm/CodeSystem/gaps-status';

/** Asks with one part left out. */
function without(known: Known, part: keyof GapsQuestion): RequestSpec | string {
  if (known.base === undefined || known.patientId === undefined) return 'no member was matched';
  const question: GapsQuestion = { periodStart: '2026-01-01', periodEnd: '2026-12-31', subject: `Patient/${known.patientId}`, status: 'open-gap' };
  return careGaps(known.base, Object.fromEntries(Object.entries(question).filter(([name]) => name !== part)));
}

// The one without a subject could set off a computation over the whole population, so it comes last.
const probes: readonly Probe[] = (['periodStart', 'periodEnd', 'status', 'subject'] as const).map((part) => ({
  id: `gaps.without-${part}`,
  step: 'care-gaps',
  suite: 'record.gaps',
  request: (known) => without(known, part),
  expected: { status: [400, 422], codes: ['required', 'invalid', 'structure'], names: [part], action: 'correct' },
}));

/** Bundles of the honest answers. */
function reports(evidence: Evidence): readonly { readonly exchange: Exchange; readonly bundle: Resource }[] {
  return select(evidence, { step: 'care-gaps', where: (each) => statusOf(each) === 200 }).flatMap((exchange) =>
    asArray(at(jsonOf(exchange.response), 'parameter')).flatMap((parameter) => {
      const bundle = at(parameter, 'resource');
      return at(parameter, 'name') === 'return' && isResource(bundle, 'Bundle') ? [{ exchange, bundle }] : [];
    }),
  );
}

const onReports =
  (judge: (bundle: Resource, exchange: Exchange, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const all = reports(evidence);
    if (all.length > 0) return worst(all.map(({ bundle, exchange }) => judge(bundle, exchange, evidence)));
    const [asked] = select(evidence, { step: 'care-gaps' });
    return asked?.response?.status === 200
      ? notApplicable('no gaps Bundle was returned')
      : ((asked && unanswered(asked)) ?? notReached(evidence, { step: 'care-gaps' }));
  };

const resources = (bundle: Resource, type: string): readonly Resource[] =>
  entriesOf(bundle).flatMap(({ resource }) => (resource?.resourceType === type ? [resource] : []));
const references = (value: Json | undefined): readonly string[] =>
  [...JSON.stringify(value ?? null).matchAll(/"reference":"([^"]+)"/g)].map((match) => match[1] ?? '');
const gapStatuses = (issue: Resource): readonly Json[] => asArray(issue['modifierExtension']).filter((each) => at(each, 'url') === statusUrl);
const codeOf = (extension: Json | undefined): string | undefined => {
  const concept = at(extension, 'valueCodeableConcept');
  return [...codesOf(concept, statusSystem), ...codesOf(concept)][0];
};
const inside = (bundle: Resource): ReadonlySet<string> =>
  new Set(entriesOf(bundle).flatMap(({ resource }) => (resource ? [`${resource.resourceType}/${resource['id']}`] : [])));
const swap =
  (from: string | RegExp, to: string) =>
  (response: { readonly status: number; readonly headers: Readonly<{ [name: string]: string }>; readonly body: string }) =>
    response.status === 200 ? { ...response, body: response.body.replace(from, to) } : response;

/** The first form that was answered with 200, of GET, POST, with and without a measure. None: what the payer said, for it may want a measure that nobody named. */
const onAnyForm =
  (judge: (exchange: Exchange) => Finding) =>
  (evidence: Evidence): Finding => {
    const asked = select(evidence, { step: 'care-gaps' });
    const good = asked.find((each) => statusOf(each) === 200);
    if (good) return judge(good);
    const [first] = asked;
    if (!first) return notReached(evidence, { step: 'care-gaps' });
    const silent = unanswered(first);
    const named = evidence.target.knownResources?.['measure.id'] !== undefined;
    return (
      silent ??
      (named && statusOf(first) >= 500
        ? fail(first, 'status 200 with Parameters', `status ${statusOf(first)}${reasonIn(first)}`)
        : notTestable(
            `Every form of the question was refused (status ${statusOf(first)}${reasonIn(first)}). Name a measure of the payer in knownResources (measure.id).`,
            'target-file',
          ))
    );
  };

/** Within the period that was asked for. */
function otherPeriod(report: Resource, exchange: Exchange): string | undefined {
  const asked = new Map([
    ...queryOf(exchange.request.url),
    ...asArray(at(requestJsonOf(exchange.request), 'parameter')).map(
      (each) => [asString(at(each, 'name')) ?? '', asString(at(each, 'valueDate')) ?? ''] as const,
    ),
  ]);
  const [from, to] = [asked.get('periodStart'), asked.get('periodEnd')];
  const [start, end] = [asString(at(report, 'period', 'start')), asString(at(report, 'period', 'end'))];
  const apart =
    (from !== undefined && end !== undefined && end.slice(0, 10) < from) || (to !== undefined && start !== undefined && start.slice(0, 10) > to);
  return apart ? `${start} to ${end}` : undefined;
}

/** Gaps in care as DEQM shapes them. */
export const gapsChecks: readonly Check[] = group({ scenarios: ['S4'], lines: ['L2'], holds: [{ ig: guides.deqm }] }, [
  {
    id: 'gaps.operation',
    level: 'SHALL',
    text: 'Measure/$care-gaps answers with Parameters holding zero or more return Bundles.',
    source: deqmGuide('OperationDefinition-care-gaps.html'),
    judge: onAnyForm((exchange) => {
      const body = jsonOf(exchange.response);
      const odd = asArray(at(body, 'parameter')).find((each) => at(each, 'name') === 'return' && !isResource(at(each, 'resource'), 'Bundle'));
      return worst([
        status(exchange, 200),
        check(isResource(body, 'Parameters'), exchange, 'Parameters', isResource(body) ? body.resourceType : 'another body'),
        check(odd === undefined, exchange, 'a Bundle in every return', String(at(odd, 'resource', 'resourceType'))),
      ]);
    }),
    faults: [
      {
        name: 'returns a bare MeasureReport',
        at: 'care-gaps',
        alter: (response) =>
          response.status === 200
            ? {
                ...response,
                body: '{"resourceType":"MeasureReport","status":"complete","type":"individual","measure":"x","period":{"start":"2026-01-01","end":"2026-12-31"}}',
              }
            : response,
      },
    ],
  },
  {
    id: 'gaps.required-params',
    level: 'SHOULD',
    lines: ['L2', 'L7'],
    text: 'periodStart, periodEnd and status are required, and a subject, organization, or practitioner with organization must be given.',
    source: deqmGuide('OperationDefinition-care-gaps.html'),
    probes,
    judge: (evidence) =>
      worst(
        probes.map(({ id }) =>
          onEach({ step: 'care-gaps', probe: id }, (exchange) => {
            const seen = statusOf(exchange);
            return check(
              seen >= 400 && seen < 500 && isResource(jsonOf(exchange.response), 'OperationOutcome'),
              exchange,
              `a 4xx with an OperationOutcome (${id.replace('gaps.without-', 'without ')})`,
              `status ${seen}`,
            );
          })(evidence),
        ),
      ),
    faults: [
      {
        name: 'answers whatever is missing',
        at: 'care-gaps',
        behaviour: 'care-gaps-need-nothing',
        alsoFails: { 'err.no-success-on-error': 'a 200 for an incomplete question' },
      },
    ],
  },
  {
    id: 'gaps.status-filter',
    level: 'SHOULD',
    text: 'Only gaps with the requested status are reported.',
    source: deqmGuide('gaps-in-care-reporting.html'),
    judge: onReports((bundle, exchange) => {
      const odd = resources(bundle, 'DetectedIssue').find((issue) =>
        gapStatuses(issue).some((each) => codeOf(each) !== undefined && codeOf(each) !== 'open-gap'),
      );
      return odd ? warn(exchange, 'open gaps only', `DetectedIssue/${odd['id']} is ${codeOf(gapStatuses(odd)[0])}`) : pass;
    }),
    faults: [{ name: 'reports closed gaps as well', at: 'care-gaps', behaviour: 'care-gaps-ignore-status' }],
  },
  {
    id: 'gaps.structure',
    level: 'SHALL',
    text: 'Each report has sections that focus on an individual MeasureReport and list DetectedIssues with code CAREGAP and evidence.',
    source: deqmGuide('gaps-in-care-reporting.html'),
    judge: onReports((bundle, exchange) => {
      const composition = resources(bundle, 'Composition')[0];
      if (at(bundle, 'type') === 'document') {
        const bad = asArray(composition?.['section']).find(
          (section) =>
            !literalReference(at(section, 'focus', 'reference'))?.startsWith('MeasureReport/') ||
            !asArray(at(section, 'entry')).some((entry) => literalReference(at(entry, 'reference'))?.startsWith('DetectedIssue/')),
        );
        if (bad !== undefined)
          return fail(exchange, 'every section with a focus on a MeasureReport and a DetectedIssue as entry', JSON.stringify(bad).slice(0, 160));
      }
      const odd = resources(bundle, 'DetectedIssue').find((issue) => {
        const code = asArray(at(issue, 'code', 'coding')).some((each) => at(each, 'code') === 'CAREGAP');
        return !code || !references(issue['evidence']).some((each) => /(MeasureReport|GuidanceResponse)\//.test(each));
      });
      return check(
        odd === undefined,
        exchange,
        'code CAREGAP, and evidence that points to a MeasureReport',
        `DetectedIssue/${odd?.['id']} lacks one of them`,
      );
    }),
    faults: [{ name: 'gives no evidence', at: 'care-gaps', alter: swap(/,"evidence":\[\{"detail":\[\{"reference":"[^"]+"\}\]\}\]/g, '') }],
  },
  {
    id: 'gaps.same-patient',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    text: 'Every MeasureReport in a gaps Bundle is about the Composition subject.',
    source: deqmGuide('gaps-in-care-reporting.html'),
    judge: onReports((bundle, exchange, evidence) => {
      const strangers = disclosedIn([exchange], evidence);
      if (strangers) return strangers;
      const composition = resources(bundle, 'Composition')[0];
      if (!composition) return notApplicable('the Bundle has no Composition');
      const subject = literalReference(at(composition, 'subject', 'reference'));
      const odd = resources(bundle, 'MeasureReport').find((each) => literalReference(at(each, 'subject', 'reference')) !== subject);
      return check(
        odd === undefined,
        exchange,
        `reports about ${subject}`,
        `MeasureReport/${odd?.['id']} is about ${at(odd, 'subject', 'reference')}`,
      );
    }),
    faults: [
      {
        name: 'puts the report of another member in',
        at: 'care-gaps',
        alter: swap(/("resourceType":"MeasureReport".*?"subject":\{"reference":")Patient\/[^"]+/, '$1Patient/assay-somebody-else'),
        alsoFails: { 'gaps.bundle-complete': 'the stranger is not in the Bundle', 'id.authz.compartment': 'a foreign member is a foreign member' },
      },
    ],
  },
  {
    id: 'gaps.period',
    level: 'SHALL',
    text: 'Gaps are reported for the period that was asked for: MeasureReport.period lies within periodStart and periodEnd, or at least meets it.',
    source: deqmGuide('OperationDefinition-care-gaps.html', 'OperationDefinition-care-gaps.html periodStart, periodEnd'),
    judge: onReports((bundle, exchange) => {
      const reports = resources(bundle, 'MeasureReport');
      if (reports.length === 0) return notApplicable('the Bundle has no MeasureReport');
      const odd = reports.find((each) => otherPeriod(each, exchange) !== undefined);
      return odd
        ? fail(exchange, 'reports of the period that was asked for', `MeasureReport/${odd['id']} is of ${otherPeriod(odd, exchange)}`)
        : pass;
    }),
    faults: [
      {
        name: 'answers with the reports of another year',
        at: 'care-gaps',
        alter: swap(/("resourceType":"MeasureReport".*?"period":\{"start":")[^"]+(","end":")[^"]+/, '$12019-01-01$22019-12-31'),
      },
    ],
  },
  {
    id: 'gaps.status-extension',
    level: 'SHALL',
    text: 'Each gaps DetectedIssue has exactly one gapStatus modifier extension with a code of the gap status code system.',
    source: deqmGuide('STU5/StructureDefinition-gaps-detectedissue-deqm.html', 'gaps-detectedissue-deqm'),
    judge: onReports((bundle, exchange) => {
      const odd = resources(bundle, 'DetectedIssue').find((issue) => {
        const [only, ...more] = gapStatuses(issue);
        return (
          only === undefined ||
          more.length > 0 ||
          codesOf(at(only, 'valueCodeableConcept'), statusSystem).length === 0 ||
          !['open-gap', 'closed-gap', 'prospective-gap', 'not-applicable'].includes(codeOf(only) ?? '')
        );
      });
      return check(
        odd === undefined,
        exchange,
        'gapStatus once as modifier extension, with a code of the gap status code system',
        `DetectedIssue/${odd?.['id']}: ${JSON.stringify(odd?.['modifierExtension'] ?? odd?.['extension'] ?? null).slice(0, 160)}`,
      );
    }),
    faults: [
      {
        name: 'sends gapStatus as an ordinary extension',
        at: 'care-gaps',
        alter: swap(/"modifierExtension":(\[\{"url":"http:\/\/hl7.org\/fhir\/us\/davinci-deqm)/g, '"extension":$1'),
      },
    ],
  },
  {
    id: 'gaps.document-bundle',
    level: 'SHALL',
    text: 'A gaps Bundle has identifier (system and value) and timestamp; a document Bundle starts with a Composition of type LOINC 96315-7 that has a subject and at least one section.',
    source: deqmGuide('STU5/StructureDefinition-gaps-bundle-deqm.html', 'gaps-bundle-deqm, gaps-composition-deqm'),
    judge: onReports((bundle, exchange) => {
      const stamped = asString(at(bundle, 'identifier', 'system')) && asString(at(bundle, 'identifier', 'value')) && asString(bundle['timestamp']);
      if (!stamped)
        return fail(
          exchange,
          'identifier with system and value, and a timestamp',
          JSON.stringify({ identifier: bundle['identifier'] ?? null, timestamp: bundle['timestamp'] ?? null }),
        );
      const head = entriesOf(bundle)[0]?.resource;
      if (bundle['type'] !== 'document')
        return check(!resources(bundle, 'Composition').length, exchange, 'no Composition in a collection', 'a Composition');
      const coded = asArray(at(head, 'type', 'coding')).some((each) => at(each, 'system') === 'http://loinc.org' && at(each, 'code') === '96315-7');
      return check(
        head?.resourceType === 'Composition' && coded && isObject(head['subject']) && asArray(head['section']).length > 0,
        exchange,
        'a Composition of type LOINC 96315-7 with subject and section first',
        `${head?.resourceType} of type ${codesOf(at(head, 'type')).join(' ')}`,
      );
    }),
    faults: [{ name: 'gives the Composition another type', at: 'care-gaps', alter: swap('"code":"96315-7"', '"code":"11506-3"') }],
  },
  {
    id: 'gaps.bundle-complete',
    level: 'SHOULD',
    text: 'A gaps Bundle holds the MeasureReports, DetectedIssues, the evaluated resources and the patient.',
    source: deqmGuide('STU5/gaps-in-care-reporting.html', 'gaps-in-care-reporting.html#gaps-in-care-bundle-structure'),
    judge: onReports((bundle, exchange) => {
      const here = inside(bundle);
      const wanted = [
        ...resources(bundle, 'MeasureReport').flatMap((each) => [...references(each['evaluatedResource']), ...references(each['subject'])]),
        ...resources(bundle, 'DetectedIssue').flatMap((each) => references(each['evidence'])),
      ];
      const lost = wanted.find((each) => !here.has(literalReference(each) ?? each));
      return check(lost === undefined, exchange, 'everything that reports and issues refer to inside the Bundle', `${lost} is not`);
    }),
    faults: [
      {
        name: 'leaves the evaluated resource out',
        at: 'care-gaps',
        alter: swap(/("evaluatedResource":\[\{"reference":")Encounter\/[^"]+/, '$1Encounter/assay-elsewhere'),
      },
    ],
  },
]);
