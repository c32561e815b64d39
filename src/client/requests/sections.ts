import type { SectionKey } from '../../core/model.ts';

/** The section searches of scenario S4, as data: suites and k6 send them, checks know them by key. */

/** Learned from earlier answers, by dotted key, e.g. `lab.date`. */
export type Learned = Readonly<Record<string, string | undefined>>;

export interface SectionSearch {
  readonly key: SectionKey;
  readonly type: string;
  /** Parameters besides `patient`; undefined when something needed was not learned. */
  readonly query: (learned: Learned) => Readonly<Record<string, string>> | undefined;
  /** `patient=Patient/id` instead of the bare id. */
  readonly typed?: true;
}

export const observationCategory = 'http://terminology.hl7.org/CodeSystem/observation-category';
export const reportCategory = 'http://terminology.hl7.org/CodeSystem/v2-0074';

const fixed =
  (query: Readonly<Record<string, string>> = {}) =>
  () =>
    query;
const known =
  (name: string, key: string, rest: Readonly<Record<string, string>> = {}) =>
  (learned: Learned) =>
    learned[key] === undefined ? undefined : { ...rest, [name]: learned[key] };

export const sectionSearches: readonly SectionSearch[] = [
  { key: 'med-intent', type: 'MedicationRequest', query: fixed({ intent: 'order' }) },
  { key: 'med-all', type: 'MedicationRequest', query: fixed({ intent: 'order,plan', _include: 'MedicationRequest:medication' }) },
  { key: 'med-active', type: 'MedicationRequest', query: fixed({ intent: 'order', status: 'active' }) },
  { key: 'med-statuses', type: 'MedicationRequest', query: fixed({ intent: 'order', status: 'completed,stopped,active' }) },
  { key: 'dispense', type: 'MedicationDispense', query: fixed() },
  { key: 'lab', type: 'Observation', query: fixed({ category: `${observationCategory}|laboratory` }) },
  { key: 'lab-bare', type: 'Observation', query: fixed({ category: 'laboratory' }) },
  { key: 'lab-typed', type: 'Observation', query: fixed({ category: `${observationCategory}|laboratory` }), typed: true },
  { key: 'lab-code', type: 'Observation', query: known('code', 'lab.code') },
  { key: 'lab-date', type: 'Observation', query: known('date', 'lab.date', { category: 'laboratory' }) },
  { key: 'condition', type: 'Condition', query: fixed() },
  { key: 'condition-category', type: 'Condition', query: known('category', 'condition.category') },
  { key: 'condition-provenance', type: 'Condition', query: fixed({ _revinclude: 'Provenance:target' }) },
  { key: 'lab-provenance', type: 'Observation', query: fixed({ category: 'laboratory', _revinclude: 'Provenance:target' }) },
  { key: 'allergy', type: 'AllergyIntolerance', query: fixed() },
  { key: 'immunization', type: 'Immunization', query: fixed() },
  { key: 'goal', type: 'Goal', query: fixed() },
  { key: 'report-lab', type: 'DiagnosticReport', query: fixed({ category: `${reportCategory}|LAB` }) },
  { key: 'report-code', type: 'DiagnosticReport', query: known('code', 'report.code') },
  { key: 'report-date', type: 'DiagnosticReport', query: known('date', 'report.date', { category: `${reportCategory}|LAB` }) },
  { key: 'report', type: 'DiagnosticReport', query: fixed() },
  { key: 'procedure', type: 'Procedure', query: fixed() },
  { key: 'procedure-date', type: 'Procedure', query: known('date', 'procedure.date') },
  { key: 'encounter', type: 'Encounter', query: fixed() },
  { key: 'encounter-date', type: 'Encounter', query: known('date', 'encounter.date') },
  { key: 'coverage', type: 'Coverage', query: fixed() },
  { key: 'careplan', type: 'CarePlan', query: fixed({ category: 'assess-plan' }) },
  { key: 'careteam', type: 'CareTeam', query: fixed({ status: 'active' }) },
  { key: 'device', type: 'Device', query: fixed() },
  { key: 'document', type: 'DocumentReference', query: fixed() },
  { key: 'document-category', type: 'DocumentReference', query: known('category', 'document.category') },
  {
    key: 'document-category-date',
    type: 'DocumentReference',
    query: (learned) =>
      learned['document.category'] && learned['document.date']
        ? { category: learned['document.category'], date: learned['document.date'] }
        : undefined,
  },
  { key: 'document-type', type: 'DocumentReference', query: known('type', 'document.type') },
];

/** Status values to add where a server insists on them (US Core, "Servers Requiring Status"). */
export const statusValues: Readonly<Record<string, string>> = {
  MedicationRequest: 'active,on-hold,cancelled,completed,entered-in-error,stopped,draft,unknown',
  Observation: 'registered,preliminary,final,amended,corrected,cancelled,entered-in-error,unknown',
  DiagnosticReport: 'registered,partial,preliminary,final,amended,corrected,appended,cancelled,entered-in-error,unknown',
  DocumentReference: 'current,superseded,entered-in-error',
  Encounter: 'planned,arrived,triaged,in-progress,onleave,finished,cancelled,entered-in-error,unknown',
  Procedure: 'preparation,in-progress,not-done,on-hold,stopped,completed,entered-in-error,unknown',
  MedicationDispense: 'preparation,in-progress,cancelled,on-hold,completed,entered-in-error,stopped,declined,unknown',
  Condition: 'active,recurrence,relapse,inactive,remission,resolved',
};

/** The search parameter that holds the status of a type. */
export const statusParameter = (type: string): string => (type === 'Condition' ? 'clinical-status' : 'status');
