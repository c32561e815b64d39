/** What can be searched, by type. The CapabilityStatement is made from this same table, so it cannot promise what is not done. */

export type ParameterKind = 'token' | 'string' | 'date' | 'reference';

export interface SearchParameter {
  readonly kind: ParameterKind;
  /** Dotted element paths; arrays are flattened. */
  readonly paths: readonly (readonly string[])[];
  /** Types a reference may point to; a search by bare id means one of these. */
  readonly targets?: readonly string[];
}

const make =
  (kind: ParameterKind) =>
  (...paths: readonly string[]): SearchParameter => ({ kind, paths: paths.map((path) => path.split('.')) });
const token = make('token');
const text = make('string');
const date = make('date');
const reference = (path: string, ...targets: readonly string[]): SearchParameter => ({ kind: 'reference', paths: [path.split('.')], targets });
const patient = (path = 'subject'): SearchParameter => reference(path, 'Patient');

const common = { _id: token('id'), _lastUpdated: date('meta.lastUpdated') };
const address = {
  address: text('address.line', 'address.city', 'address.state', 'address.postalCode', 'address.country', 'address.text'),
  'address-city': text('address.city'),
  'address-state': text('address.state'),
  'address-postalcode': text('address.postalCode'),
};

export const searchable: Readonly<Record<string, Readonly<Record<string, SearchParameter>>>> = {
  Patient: {
    ...common,
    ...address,
    identifier: token('identifier'),
    name: text('name.family', 'name.given', 'name.prefix', 'name.suffix', 'name.text'),
    family: text('name.family'),
    given: text('name.given'),
    birthdate: date('birthDate'),
    gender: token('gender'),
  },
  AllergyIntolerance: { ...common, patient: patient('patient'), 'clinical-status': token('clinicalStatus') },
  CarePlan: { ...common, patient: patient(), category: token('category'), date: date('period'), status: token('status') },
  CareTeam: { ...common, patient: patient(), status: token('status'), role: token('participant.role') },
  Claim: { ...common, patient: patient('patient'), identifier: token('identifier'), created: date('created'), use: token('use') },
  Condition: {
    ...common,
    patient: patient(),
    category: token('category'),
    code: token('code'),
    'clinical-status': token('clinicalStatus'),
    'onset-date': date('onsetDateTime', 'onsetPeriod'),
    'recorded-date': date('recordedDate'),
    encounter: reference('encounter', 'Encounter'),
  },
  Coverage: {
    ...common,
    patient: patient('beneficiary'),
    beneficiary: patient('beneficiary'),
    identifier: token('identifier'),
    payor: reference('payor', 'Organization', 'Patient', 'RelatedPerson'),
    status: token('status'),
    subscriber: reference('subscriber', 'Patient', 'RelatedPerson'),
  },
  Device: { ...common, patient: patient('patient'), type: token('type'), status: token('status') },
  DiagnosticReport: {
    ...common,
    patient: patient(),
    category: token('category'),
    code: token('code'),
    date: date('effectiveDateTime', 'effectivePeriod'),
    status: token('status'),
  },
  DocumentReference: {
    ...common,
    patient: patient(),
    category: token('category'),
    type: token('type'),
    date: date('date'),
    period: date('context.period'),
    status: token('status'),
  },
  Encounter: {
    ...common,
    patient: patient(),
    class: token('class'),
    date: date('period'),
    identifier: token('identifier'),
    location: reference('location.location', 'Location'),
    status: token('status'),
    type: token('type'),
  },
  ExplanationOfBenefit: {
    ...common,
    patient: patient('patient'),
    identifier: token('identifier'),
    type: token('type'),
    created: date('created'),
    'service-date': date('billablePeriod'),
    'service-start-date': date('billablePeriod.start'),
    'billable-period-start': date('billablePeriod.start'),
    insurer: reference('insurer', 'Organization'),
    provider: reference('provider', 'Organization', 'Practitioner', 'PractitionerRole'),
    'care-team': reference('careTeam.provider', 'Organization', 'Practitioner', 'PractitionerRole'),
    coverage: reference('insurance.coverage', 'Coverage'),
    payee: reference('payee.party', 'Organization', 'Practitioner', 'Patient', 'RelatedPerson'),
    status: token('status'),
  },
  Goal: { ...common, patient: patient(), 'lifecycle-status': token('lifecycleStatus'), 'target-date': date('target.dueDate') },
  Group: {
    ...common,
    identifier: token('identifier'),
    name: text('name'),
    type: token('type'),
    actual: token('actual'),
    code: token('code'),
    characteristic: token('characteristic.code'),
    'characteristic-value-reference': reference('characteristic.valueReference', 'Organization'),
    member: reference('member.entity', 'Patient'),
  },
  Immunization: { ...common, patient: patient('patient'), date: date('occurrenceDateTime'), status: token('status') },
  Location: { ...common, ...address, name: text('name') },
  Medication: { ...common, code: token('code'), status: token('status') },
  MedicationDispense: { ...common, patient: patient(), status: token('status'), type: token('type') },
  MedicationRequest: {
    ...common,
    patient: patient(),
    status: token('status'),
    intent: token('intent'),
    authoredon: date('authoredOn'),
    encounter: reference('encounter', 'Encounter'),
    medication: reference('medicationReference', 'Medication'),
  },
  Observation: {
    ...common,
    patient: patient(),
    category: token('category'),
    code: token('code'),
    date: date('effectiveDateTime', 'effectivePeriod'),
    status: token('status'),
    encounter: reference('encounter', 'Encounter'),
  },
  Organization: { ...common, ...address, name: text('name', 'alias'), identifier: token('identifier') },
  Practitioner: { ...common, name: text('name.family', 'name.given', 'name.text'), identifier: token('identifier') },
  PractitionerRole: {
    ...common,
    specialty: token('specialty'),
    practitioner: reference('practitioner', 'Practitioner'),
    organization: reference('organization', 'Organization'),
  },
  Procedure: { ...common, patient: patient(), code: token('code'), date: date('performedDateTime', 'performedPeriod'), status: token('status') },
  Provenance: { ...common, target: reference('target'), patient: patient('target'), recorded: date('recorded') },
};

/** Resource types that this payer serves. */
export const servedTypes: readonly string[] = Object.keys(searchable);
