import { c4bb, usCore } from '../../fixtures/shapes.ts';

/** Profiles that this payer's resources follow, by type: what `supportedProfile` lists. */
export const profiles: Readonly<Record<string, readonly string[]>> = {
  Patient: [usCore('us-core-patient')],
  AllergyIntolerance: [usCore('us-core-allergyintolerance')],
  CarePlan: [usCore('us-core-careplan')],
  CareTeam: [usCore('us-core-careteam')],
  Condition: [usCore('us-core-condition-problems-health-concerns'), usCore('us-core-condition-encounter-diagnosis')],
  Coverage: [usCore('us-core-coverage'), c4bb('C4BB-Coverage')],
  Device: [usCore('us-core-implantable-device')],
  DiagnosticReport: [usCore('us-core-diagnosticreport-lab')],
  DocumentReference: [usCore('us-core-documentreference')],
  Encounter: [usCore('us-core-encounter')],
  ExplanationOfBenefit: [
    c4bb('C4BB-ExplanationOfBenefit-Inpatient-Institutional'),
    c4bb('C4BB-ExplanationOfBenefit-Pharmacy'),
    c4bb('C4BB-ExplanationOfBenefit-Professional-NonClinician'),
  ],
  Goal: [usCore('us-core-goal')],
  Group: ['http://hl7.org/fhir/us/davinci-atr/StructureDefinition/atr-group'],
  Immunization: [usCore('us-core-immunization')],
  Location: [usCore('us-core-location')],
  Medication: [usCore('us-core-medication')],
  MedicationDispense: [usCore('us-core-medicationdispense')],
  MedicationRequest: [usCore('us-core-medicationrequest')],
  Observation: [
    usCore('us-core-observation-lab'),
    usCore('us-core-blood-pressure'),
    usCore('us-core-body-height'),
    usCore('us-core-body-temperature'),
    usCore('us-core-body-weight'),
    usCore('us-core-heart-rate'),
    usCore('us-core-smokingstatus'),
  ],
  Organization: [usCore('us-core-organization')],
  Practitioner: [usCore('us-core-practitioner')],
  PractitionerRole: [usCore('us-core-practitionerrole')],
  Procedure: [usCore('us-core-procedure')],
  Provenance: [usCore('us-core-provenance')],
};

/** Guides of the FHIR API itself; other areas declare their own (see `Declares`). */
export const guides = [
  // Two editions side by side, as payers have them while their clients move on.
  'http://hl7.org/fhir/us/core/ImplementationGuide/hl7.fhir.us.core|6.1.0',
  'http://hl7.org/fhir/us/core/ImplementationGuide/hl7.fhir.us.core|5.0.1',
  'http://hl7.org/fhir/us/carin-bb/ImplementationGuide/hl7.fhir.us.carin-bb|2.0.0',
  'http://hl7.org/fhir/us/davinci-pdex/ImplementationGuide/hl7.fhir.us.davinci-pdex|2.1.0',
  'http://hl7.org/fhir/us/davinci-hrex/ImplementationGuide/hl7.fhir.us.davinci-hrex|1.1.0',
  'http://hl7.org/fhir/smart-app-launch/ImplementationGuide/hl7.fhir.uv.smart-app-launch|2.2.0',
];
export const instantiates = [
  'http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server|6.1.0',
  'http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb|2.0.0',
  'http://hl7.org/fhir/us/davinci-pdex/CapabilityStatement/pdex-server|2.1.0',
];
