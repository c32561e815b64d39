import type { Made } from '../../fixtures/dataset.ts';
import type { Json } from '../../src/core/model.ts';

const parts: readonly { readonly type: string; readonly loinc: string; readonly title: string }[] = [
  { type: 'Condition', loinc: '11450-4', title: 'Problem list' },
  { type: 'MedicationRequest', loinc: '10160-0', title: 'Medications' },
  { type: 'AllergyIntolerance', loinc: '48765-2', title: 'Allergies' },
  { type: 'Immunization', loinc: '11369-6', title: 'Immunizations' },
];

/**
 * One member's summary as a FHIR document: Composition first, and everything it refers to inside.
 * Source: http://hl7.org/fhir/R4/documents.html
 */
export function fhirDocument(origin: string, patient: Made, payer: Made, entries: readonly Made[], now: string): Json {
  const base = `${origin}/fhir`;
  const reference = (each: Made): Json => ({ reference: `${each.resourceType}/${each.id}` });
  const sections = parts.map(({ type, loinc, title }) => ({
    type,
    title,
    code: { coding: [{ system: 'http://loinc.org', code: loinc }] },
    held: entries.filter((each) => each.resourceType === type),
  }));
  const composition: Made = {
    resourceType: 'Composition',
    id: `summary-${patient.id}`,
    status: 'final',
    type: { coding: [{ system: 'http://loinc.org', code: '60591-5', display: 'Patient summary Document' }] },
    subject: reference(patient),
    date: now,
    author: [reference(payer)],
    title: 'Payer summary',
    section: sections.map(({ title, code, held }) => ({
      title,
      code,
      text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${held.length} entries</div>` },
      ...(held.length > 0
        ? { entry: held.map(reference) }
        : { emptyReason: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/list-empty-reason', code: 'nilknown' }] } }),
    })),
  };
  const inside = [composition, patient, payer, ...sections.flatMap(({ held }) => held)];
  return {
    resourceType: 'Bundle',
    id: `document-${patient.id}`,
    type: 'document',
    timestamp: now,
    identifier: { system: `${base}/documents`, value: `document-${patient.id}` },
    entry: inside.map((resource) => ({ fullUrl: `${base}/${resource.resourceType}/${resource.id}`, resource })),
  };
}
