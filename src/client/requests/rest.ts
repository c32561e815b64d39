import type { RequestSpec, Variant } from '../../core/model.ts';
import { read, search } from './fhir.ts';

/** Questions about one member's data over the RESTful API, as pure data. */

/** Sent with the first read, so that the payer has an id to give back. */
export const ourRequestId = '5f0c7a52-5b0e-4f4e-9d0b-2c1c1a6e7d31';

export const readWithRequestId = (base: string, type: string, id: string): RequestSpec => ({
  ...read(base, type, id),
  headers: { 'x-request-id': ourRequestId },
});

export const readIfChanged = (base: string, type: string, id: string, etag: string): RequestSpec => ({
  ...read(base, type, id),
  headers: { 'if-none-match': etag },
});

/** One version of a resource, or, without one, its history. */
export const readVersion = (base: string, type: string, id: string, version?: string): RequestSpec => {
  const spec = read(base, type, id);
  return { ...spec, url: `${spec.url}/_history${version === undefined ? '' : `/${encodeURIComponent(version)}`}` };
};

/** The question a browser asks before a cross-origin GET. Source: https://fetch.spec.whatwg.org/#cors-preflight-fetch */
export const preflight = (base: string, path: string): RequestSpec => ({
  method: 'OPTIONS',
  url: `${base.replace(/\/+$/, '')}/${path}`,
  headers: { origin: 'https://app.example.org', 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
});

/** A next link as it stands: opaque to us. */
export const follow = (url: string): RequestSpec => ({ method: 'GET', url, token: 'default' });

/** The same id with the case of every letter changed. */
export const otherCase = (id: string): string =>
  id.replace(/[A-Za-z]/g, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()));

/** An instant in seconds with an offset, as US Core servers must accept in date searches. */
export const instant = '2018-01-01T00:00:00-05:00';
const laboratory = 'http://terminology.hl7.org/CodeSystem/observation-category|laboratory';

export interface Question {
  readonly variant: Variant<'search'> & Variant<'page'>;
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Searches for one member. `clinical-status` values serve payers that ask for a status. */
export const memberQuestions = (patient: string): readonly Question[] => [
  { variant: 'by-patient', type: 'Condition', parameters: { patient } },
  { variant: 'by-patient-typed', type: 'Condition', parameters: { patient: `Patient/${patient}` } },
  { variant: 'category-code', type: 'Observation', parameters: { patient, category: 'laboratory', _count: '100' } },
  { variant: 'category-system', type: 'Observation', parameters: { patient, category: laboratory, _count: '100' } },
  // The code that is there, in a system that is not.
  { variant: 'category-other-system', type: 'Observation', parameters: { patient, category: 'https://payer-assay.example/codes|laboratory' } },
  { variant: 'date-seconds', type: 'Observation', parameters: { patient, category: 'laboratory', date: `ge${instant}` } },
  { variant: 'no-match', type: 'Observation', parameters: { patient, code: 'http://loinc.org|00000-0' } },
  { variant: 'id', type: 'Patient', parameters: { _id: patient } },
  { variant: 'id-case', type: 'Patient', parameters: { _id: otherCase(patient) } },
];

/** All statuses of a Condition: what US Core lets a server insist on. */
export const anyStatus = 'active,recurrence,relapse,inactive,remission,resolved';

/** Clinical types of the PDex table, with what US Core lets a server ask for beside the patient. */
export const clinicalTypes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AllergyIntolerance: { 'clinical-status': 'active,inactive,resolved' },
  CarePlan: { category: 'assess-plan' },
  CareTeam: { status: 'active' },
  Condition: { 'clinical-status': anyStatus },
  Device: { status: 'active,inactive' },
  DiagnosticReport: { category: 'LAB' },
  DocumentReference: { status: 'current' },
  Encounter: { status: 'finished' },
  Goal: { 'lifecycle-status': 'active,completed' },
  Immunization: { status: 'completed,not-done' },
  MedicationDispense: { status: 'completed' },
  MedicationRequest: { intent: 'order', status: 'active,completed,stopped' },
  Observation: { category: 'laboratory' },
  Procedure: { status: 'completed' },
};

export const clinical = (base: string, type: string, patient: string, more: Readonly<Record<string, string>> = {}): RequestSpec =>
  search(base, type, { patient, ...more, _count: '1' });
