import type { Made } from '../../fixtures/dataset.ts';
import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';

const safe = (text: string): string => text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const compact = (date: string): string => date.slice(0, 10).replaceAll('-', '');

/** Titles and codes of the sections that this payer fills. */
const sections: readonly { readonly type: string; readonly loinc: string; readonly title: string }[] = [
  { type: 'Condition', loinc: '11450-4', title: 'Problems' },
  { type: 'MedicationRequest', loinc: '10160-0', title: 'Medications' },
  { type: 'AllergyIntolerance', loinc: '48765-2', title: 'Allergies' },
  { type: 'Immunization', loinc: '11369-6', title: 'Immunizations' },
  { type: 'Procedure', loinc: '47519-4', title: 'Procedures' },
];

const nameOf = (resource: Made): string => {
  const concept: Json | undefined = resource['code'] ?? resource['vaccineCode'] ?? resource['medicationCodeableConcept'];
  return asString(at(concept, 'text')) ?? asString(at(resource, 'medicationReference', 'display')) ?? 'Entry';
};

/**
 * A C-CDA Continuity of Care Document of one member.
 * Source: http://hl7.org/cda/us/ccda/StructureDefinition/ContinuityofCareDocumentCCD
 */
export function ccdOf(patient: Made, entries: readonly Made[], now: string): string {
  const family = asString(at(patient, 'name', 0, 'family')) ?? '';
  const given = asArray(at(patient, 'name', 0, 'given'))
    .map((each) => `<given>${safe(String(each))}</given>`)
    .join('');
  const [identifier] = asArray(patient['identifier']);
  const body = sections.map(({ type, loinc, title }) => {
    const rows = entries.filter((each) => each.resourceType === type).map((each) => `<item>${safe(nameOf(each))}</item>`);
    const text = rows.length > 0 ? `<list>${rows.join('')}</list>` : 'No information';
    return `<component><section><code code="${loinc}" codeSystem="2.16.840.1.113883.6.1"/><title>${title}</title><text>${text}</text></section></component>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="2.16.840.1.113883.10.20.22.1.2" extension="2015-08-01"/><id root="2.25.${BigInt(`0x${Buffer.from(patient.id).toString('hex').slice(0, 24)}`)}"/>
<code code="34133-9" codeSystem="2.16.840.1.113883.6.1" displayName="Summarization of Episode Note"/><title>Summary of care</title>
<effectiveTime value="${compact(now)}"/><confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="en-US"/>
<recordTarget><patientRole><id extension="${safe(asString(at(identifier, 'value')) ?? patient.id)}" root="2.16.840.1.113883.3.9999"/>
<patient><name>${given}<family>${safe(family)}</family></name><birthTime value="${compact(asString(patient['birthDate']) ?? '')}"/></patient></patientRole></recordTarget>
<component><structuredBody>${body.join('\n')}</structuredBody></component></ClinicalDocument>`;
}
