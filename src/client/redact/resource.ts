import { type JsonObject, literalReference } from '../../core/fhir.ts';
import type { Json } from '../../core/model.ts';
import type { PersonParts } from './person.ts';

/** Where the walk stands: in which resource, and whether a person or an institution is being described. */
interface Place {
  readonly type: string;
  readonly about: 'person' | 'institution' | 'any';
}

export interface ResourceTools {
  readonly parts: PersonParts;
  readonly url: (url: string) => string;
  /** Free text: every known value. */
  readonly free: (text: string) => string;
  /** Any other string: known ids and numbers only. */
  readonly plain: (text: string) => string;
  /** Base64 content. */
  readonly data: (base64: string) => string;
  /** A secret's field; undefined when the name is none. */
  readonly secret: (name: string, value: string) => string | undefined;
  /** Level `hashes`: what a clinical string becomes. */
  readonly clinical?: (text: string, isCode: boolean) => string;
}

const people = new Set(['Patient', 'RelatedPerson', 'Person']);
const institutions =
  /^(Organization|Practitioner|PractitionerRole|Location|Endpoint|HealthcareService|InsurancePlan|OrganizationAffiliation|CapabilityStatement|OperationDefinition|StructureDefinition|SearchParameter|ValueSet|CodeSystem|Library|Measure|TerminologyCapabilities)$/;
const toPeople = /^(patient|subject|beneficiary|subscriber|policyHolder|member|individual|entity|party|valueReference|for|sourcePatient)$/;
const toInstitutions =
  /^(payor|insurer|provider|organization|managingOrganization|assigner|performer|facility|practitioner|generalPractitioner|author|custodian|serviceProvider|requester|recorder|asserter|participant)$/;
const freeText =
  /^(text|div|display|diagnostics|details|comment|description|title|note|summary|detail|message|error_description|valueString|valueMarkdown|patientInstruction|author|value|name)$/;
/** Code systems whose codes say something about a person's health. */
const clinicalSystem = /snomed|loinc|icd|rxnorm|ndc|cpt|hcpcs|cvx|hl7-ada|nucc/i;

const saysOfHealth = /^(text|div|display|description|comment|note|valueString|valueMarkdown|patientInstruction)$/;
const isClinical = ({ type, about }: Place): boolean =>
  about !== 'institution' && !/^(|Bundle|Parameters|OperationOutcome|Coverage|Group)$/.test(type);

/** JSON as it is stored: the parts that identify a member replaced, wherever FHIR keeps them. */
export function redactJson(value: Json, tools: ResourceTools, key = '', place: Place = { type: '', about: 'any' }): Json {
  if (typeof value === 'string') return redactString(value, key, place, tools);
  if (Array.isArray(value)) return value.map((each: Json) => redactJson(each, tools, key, place));
  if (value === null || typeof value !== 'object') return value;
  return redactObject(value as JsonObject, tools, key, place);
}

function redactObject(value: JsonObject, tools: ResourceTools, key: string, place: Place): Json {
  const here = placeOf(value, key, place);
  const isRoot = typeof value['resourceType'] === 'string';
  const { parts } = tools;
  const one = (name: string, each: Json): Json => {
    if (people.has(here.type) && name === 'name') return parts.humanName(each);
    if (name === 'valueHumanName') return parts.humanName(each);
    if (name === 'valueAddress' || (people.has(here.type) && name === 'address')) return parts.address(each);
    if (name === 'valueContactPoint' || (people.has(here.type) && name === 'telecom')) return parts.contactPoint(each);
    if ((name === 'identifier' || name === 'valueIdentifier') && here.about !== 'institution') return parts.identifier(each);
    if (typeof each !== 'string') return redactJson(each, tools, name, here);
    if (isRoot && name === 'id' && here.type === 'Patient') return parts.id(each);
    if (name === 'display' && namesPerson(value, here)) return parts.words(each);
    if (name.startsWith('value') && isBirthTime(value)) return parts.date(each);
    const isClinicalCode = name === 'code' && here.about !== 'institution' && clinicalSystem.test(String(value['system'] ?? ''));
    return isClinicalCode && tools.clinical ? tools.clinical(each, true) : redactJson(each, tools, name, here);
  };
  // By entries: a name like __proto__ stays a name.
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, one(name, each)]));
}

function redactString(value: string, key: string, place: Place, tools: ResourceTools): string {
  const { parts } = tools;
  const secret = tools.secret(key, value);
  if (secret !== undefined) return secret;
  if (key === 'birthDate' || key === 'deceasedDateTime') return parts.date(value);
  if (key === 'subscriberId' || key === 'patientId' || key === 'memberId') return parts.id(value);
  if (key === 'patient' && /^[A-Za-z0-9.-]{1,64}$/.test(value)) return parts.id(value);
  if (key === 'data' && value.length > 0) return tools.data(value);
  if (key === 'reference' || key === 'fullUrl' || /^https?:\/\//.test(value)) return tools.url(value);
  if (freeText.test(key) || /\s/.test(value)) {
    return tools.clinical && saysOfHealth.test(key) && isClinical(place) ? tools.clinical(value, false) : tools.free(value);
  }
  return tools.plain(value);
}

function placeOf(value: JsonObject, key: string, place: Place): Place {
  const type = value['resourceType'];
  if (typeof type === 'string') return { type, about: institutions.test(type) ? 'institution' : people.has(type) ? 'person' : 'any' };
  // The kind of a document says nothing of what it contains.
  if (key === 'type' && /^(DocumentReference|Composition)$/.test(place.type)) return { type: place.type, about: 'institution' };
  const target = literalReference(value['reference']) ?? String(value['type'] ?? '');
  if (/^Patient(\/|$)/.test(target) || toPeople.test(key)) return { type: place.type, about: 'person' };
  if (toInstitutions.test(key) || institutions.test(target.split('/')[0] ?? '')) return { type: place.type, about: 'institution' };
  return place;
}

/** The display of a reference to a person, not of a coding. */
const namesPerson = (value: JsonObject, place: Place): boolean =>
  place.about === 'person' && value['code'] === undefined && value['system'] === undefined && ('reference' in value || 'identifier' in value);

const isBirthTime = (value: JsonObject): boolean => typeof value['url'] === 'string' && value['url'].endsWith('/patient-birthTime');
