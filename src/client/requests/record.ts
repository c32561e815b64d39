import type { RequestSpec } from '../../core/model.ts';
import { withQuery } from '../../core/url.ts';
import { operation } from './fhir.ts';

/** Requests for a whole record (S3) and for gaps in care (S4), as pure data. */

const trim = (base: string): string => base.replace(/\/+$/, '');

/** Source: http://hl7.org/fhir/R4/operation-patient-everything.html */
export const everything = (base: string, id: string, query: Readonly<Record<string, string>> = {}): RequestSpec => ({
  method: 'GET',
  url: withQuery(`${trim(base)}/Patient/${encodeURIComponent(id)}/$everything`, query),
  token: 'default',
});

/** Source: http://hl7.org/fhir/us/core/OperationDefinition-docref.html */
export const docref = (base: string, patient: string): RequestSpec => ({
  method: 'GET',
  url: withQuery(`${trim(base)}/DocumentReference/$docref`, { patient }),
  token: 'default',
});
export const docrefByPost = (base: string, patient: string): RequestSpec =>
  operation(base, 'DocumentReference/$docref', { resourceType: 'Parameters', parameter: [{ name: 'patient', valueId: patient }] });

export interface GapsQuestion {
  readonly periodStart?: string;
  readonly periodEnd?: string;
  readonly subject?: string;
  readonly status?: string;
  readonly measureId?: string;
}

/** Source: http://hl7.org/fhir/us/davinci-deqm/OperationDefinition-care-gaps.html */
export const careGaps = (base: string, question: GapsQuestion): RequestSpec => ({
  method: 'GET',
  url: withQuery(`${trim(base)}/Measure/$care-gaps`, { ...question }),
  token: 'default',
});
export const careGapsByPost = (base: string, question: GapsQuestion): RequestSpec =>
  operation(base, 'Measure/$care-gaps', {
    resourceType: 'Parameters',
    parameter: Object.entries(question).map(([name, value]) =>
      name.startsWith('period') ? { name, valueDate: String(value) } : { name, valueString: String(value) },
    ),
  });
