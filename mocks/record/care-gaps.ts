import { createHash } from 'node:crypto';
import type { Made } from '../../fixtures/dataset.ts';
import { asArray, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import { type Guest, guarded } from '../fhir/serve.ts';
import type { MockReply, Route } from '../kernel/payer.ts';
import { fhir, outcome } from '../kernel/replies.ts';

/** Measures that this payer computes, and how it finds whether the member has the gap. */
const measures = [
  { id: 'EXM130', title: 'Colorectal cancer screening', status: 'open-gap' },
  { id: 'EXM125', title: 'Breast cancer screening', status: 'closed-gap' },
] as const;

const deqm = 'http://hl7.org/fhir/us/davinci-deqm/';
const loinc = 'http://loinc.org';

/** What was asked, from the query or from Parameters. */
function asked(guest: Guest): (name: string) => readonly string[] {
  const { request } = guest;
  const parameters = request.method === 'POST' ? asArray(at(JSON.parse(request.body || '{}') as Json, 'parameter')) : [];
  return (name) => [
    ...request.query.getAll(name),
    ...parameters
      .filter((each) => at(each, 'name') === name)
      .flatMap((each) =>
        Object.entries(each as object).flatMap(([key, value]) =>
          key.startsWith('value') ? [String((value as { reference?: string }).reference ?? value)] : [],
        ),
      ),
  ];
}

/** Source: http://hl7.org/fhir/us/davinci-deqm/OperationDefinition-care-gaps.html */
function careGaps(guest: Guest): MockReply {
  const { payer, store } = guest;
  const value = asked(guest);
  const missing =
    ['periodStart', 'periodEnd', 'status'].find((name) => value(name).length === 0) ??
    (value('subject').length + value('organization').length + value('practitioner').length === 0 ? 'subject' : undefined);
  if (missing !== undefined && payer.rules.gapsNeed(missing))
    return outcome({
      status: 400,
      code: 'required',
      text: `${missing} is missing. Add it and send the request again.`,
      expression: `http.${missing}`,
    });
  const [subject = ''] = value('subject');
  const patient = store.read('Patient', subject.replace(/^Patient\//, ''));
  if (subject !== '' && !patient)
    return outcome({
      status: 404,
      code: 'not-found',
      text: 'No Patient with this id is available to you. Match the member first, and use the id from there.',
      expression: 'http.subject',
    });
  const wanted = value('measureId').flatMap((each) => each.split(','));
  const statuses = value('status').flatMap((each) => each.split(','));
  const computed = measures.filter(
    (measure) => (wanted.length === 0 || wanted.includes(measure.id)) && payer.rules.gapStatusFilter(measure.status, statuses),
  );
  const bundles =
    patient && computed.length > 0 ? [report(guest, patient, computed, value('periodStart')[0] ?? '', value('periodEnd')[0] ?? '')] : [];
  return fhir({
    resourceType: 'Parameters',
    ...(bundles.length > 0 ? { parameter: bundles.map((resource) => ({ name: 'return', resource })) } : {}),
  });
}

function report({ payer, store }: Guest, patient: Made, computed: readonly (typeof measures)[number][], start: string, end: string): Json {
  const base = `${payer.origin}/fhir`;
  const now = new Date(payer.now() * 1000).toISOString();
  const subject = { reference: `Patient/${patient.id}` };
  const [evaluated] = store.compartment(patient.id).filter((each) => each.resourceType === 'Encounter');
  const parts = computed.map(({ id, title, status }) => {
    const measureReport: Made = {
      resourceType: 'MeasureReport',
      id: `mr-${id}-${patient.id}`,
      status: 'complete',
      type: 'individual',
      measure: `${base}/Measure/${id}`,
      subject,
      date: now,
      reporter: { reference: `Organization/${payer.data.ground.payer.id}` },
      period: { start, end },
      improvementNotation: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/measure-improvement-notation', code: 'increase' }] },
      ...(evaluated ? { evaluatedResource: [{ reference: `Encounter/${evaluated.id}` }] } : {}),
    };
    const issue: Made = {
      resourceType: 'DetectedIssue',
      id: `gap-${id}-${patient.id}`,
      meta: { profile: [`${deqm}StructureDefinition/gaps-detectedissue-deqm`] },
      status: 'final',
      patient: subject,
      modifierExtension: [
        {
          url: `${deqm}StructureDefinition/extension-gapStatus`,
          valueCodeableConcept: { coding: [{ system: `${deqm}CodeSystem/gaps-status`, code: status }] },
        },
      ],
      code: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'CAREGAP', display: 'Care Gaps' }] },
      evidence: [{ detail: [{ reference: `MeasureReport/${measureReport.id}` }] }],
    };
    return { title, measureReport, issue };
  });
  const composition: Made = {
    resourceType: 'Composition',
    id: `gaps-${patient.id}`,
    meta: { profile: [`${deqm}StructureDefinition/gaps-composition-deqm`] },
    status: 'final',
    subject,
    date: now,
    title: 'Gaps in care report',
    type: { coding: [{ system: loinc, code: '96315-7', display: 'Gaps in care report' }] },
    author: [{ reference: `Organization/${payer.data.ground.payer.id}` }],
    section: parts.map(({ title, measureReport, issue }) => ({
      title,
      focus: { reference: `MeasureReport/${measureReport.id}` },
      entry: [{ reference: `DetectedIssue/${issue.id}` }],
    })),
  };
  const inside = [
    composition,
    ...parts.flatMap(({ measureReport, issue }) => [measureReport, issue]),
    patient,
    payer.data.ground.payer,
    ...(evaluated ? [evaluated] : []),
  ];
  return {
    resourceType: 'Bundle',
    id: createHash('sha1').update(`${patient.id}${start}${end}`).digest('hex').slice(0, 20),
    meta: { profile: [`${deqm}StructureDefinition/gaps-bundle-deqm`] },
    type: 'document',
    timestamp: now,
    identifier: { system: `${base}/gaps`, value: `${patient.id}-${start}-${end}` },
    entry: inside.map((resource) => ({ fullUrl: `${base}/${resource.resourceType}/${resource.id}`, resource })),
  };
}

const asReport = () => 'MeasureReport';
export const knownMeasure = measures[0].id;

export const careGapRoutes: readonly Route[] = ['GET', 'POST'].map((method) => ({
  step: 'care-gaps',
  method,
  path: '/fhir/Measure/$care-gaps',
  handle: guarded('r', careGaps, asReport),
}));
