import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asArray, asObject, asString, at, isObject, type JsonObject } from '../../../src/core/fhir.ts';
import type { Issue, Json } from '../../../src/core/model.ts';
import { basePacks } from '../../../src/validation/packages/base.ts';
import { memoryPack } from '../../../src/validation/packages/pack.ts';
import { type Validator, validatorOf } from '../../../src/validation/port.ts';

/** A test case of HL7's validator suite, with what their engine found. */
export interface Case {
  readonly name: string;
  readonly type: string;
  readonly text: string;
  readonly errors: readonly string[];
  readonly supporting: readonly JsonObject[];
  /** Why it says nothing about a validator without network and terminology server; undefined when it does. */
  readonly unusable?: string;
}

/** What ours made of it. `open`: no error, but something that it says it cannot verify. */
export type Verdict = 'agrees' | 'false alarm' | 'false pass' | 'open';

/** Resource types that payers' APIs exchange in the scenarios of this harness. */
export const payersTypes: ReadonlySet<string> = new Set(
  `AllergyIntolerance Bundle CapabilityStatement CarePlan CareTeam Claim ClaimResponse Condition Consent Coverage Device DeviceRequest DiagnosticReport
  DocumentReference Encounter Endpoint ExplanationOfBenefit Goal Group HealthcareService Immunization InsurancePlan List Location Media Medication
  MedicationDispense MedicationRequest MedicationStatement Observation OperationOutcome Organization OrganizationAffiliation Parameters Patient Practitioner
  PractitionerRole Procedure Provenance RelatedPerson ServiceRequest`.split(/\s+/),
);

/** Fields of a case that ask for more than a resource and its profiles. */
const beyond: Readonly<Record<string, string>> = {
  packages: 'needs a package that no registry here has',
  'package-map': 'needs a package that no registry here has',
  logical: 'a logical model',
  matchetype: 'compares with a pattern, not with FHIR',
  fetcher: 'needs a source of other resources',
  'security-checks': 'an option of the engine',
  'allowed-extension-domain': 'an option of the engine',
  'no-experimental-content': 'an option of the engine',
  validateReference: 'an option of the engine: references are resolved',
  'for-publication': 'an option of the engine',
  language: 'an option of the engine',
  noHtmlInMarkdown: 'an option of the engine',
  'best-practice': 'an option of the engine',
  examples: 'an option of the engine',
  certificate: 'signatures',
  ips: 'needs a package that no registry here has',
  'allow-comments': 'an option of the engine',
  validateContains: 'an option of the engine',
  'bundle-param': 'validates an entry of its choice',
};

/** The R4 cases in JSON. */
export function readCases(folder: string): readonly Case[] {
  const inside = join(folder, 'validator');
  const manifest = JSON.parse(readFileSync(join(inside, 'manifest.json'), 'utf8')) as JsonObject;
  return asArray(manifest['test-cases'])
    .map(asObject)
    .filter((each) => (asString(each['version']) ?? '').startsWith('4.0') && (asString(each['file']) ?? '').endsWith('.json'))
    .map((each) => caseOf(each, inside));
}

function caseOf(test: JsonObject, folder: string): Case {
  const text = textOf(join(folder, asString(test['file']) ?? ''));
  const value = parse(text);
  const outcome = test['java'];
  const read = typeof outcome === 'string' ? parse(textOf(join(folder, 'outcomes', outcome))) : asObject(outcome)['outcome'];
  const missing: string[] = [];
  const supporting = [...asArray(test['supporting']), ...asArray(test['profiles'])].flatMap((name) => {
    const found = resourceIn(join(folder, asString(name) ?? ''));
    if (!found) missing.push(asString(name) ?? '');
    return found ? [found] : [];
  });
  const errors = asArray(at(read ?? null, 'issue')).flatMap((issue) =>
    /^(error|fatal)$/.test(asString(at(issue, 'severity')) ?? '') ? [asString(at(issue, 'details', 'text')) ?? ''] : [],
  );
  const asked = Object.keys(test).find((key) => Object.hasOwn(beyond, key));
  const unusable =
    text === ''
      ? 'its file is not in the suite'
      : test['use-test'] === false
        ? 'switched off in the suite'
        : asked !== undefined
          ? beyond[asked]
          : !isObject(read)
            ? 'has no outcome to compare with'
            : missing.length > 0
              ? 'its profiles are not JSON'
              : errors.length > 0 && errors.every(reasonOf)
                ? reasonOf(errors[0] ?? '')
                : undefined;
  return {
    name: asString(test['name']) ?? '',
    type: asString(at(value ?? null, 'resourceType')) ?? 'none',
    text,
    errors,
    supporting,
    ...(unusable === undefined ? {} : { unusable }),
  };
}

/** Errors of the engine that need what it has and this validator never asks for. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [
    /^Wrong Display Name|^Unknown code '.*' in the CodeSystem '(?:http:\/\/(?:snomed|loinc|hl7\.org\/fhir\/sid|standardterms))/,
    'needs a terminology server',
  ],
  [/^The signature (?:did not verify|cannot be valid)/, 'signatures'],
  [/could not be found so is not allowed here/, 'an option of the engine: unknown extensions are refused'],
];
const reasonOf = (error: string): string | undefined => elsewhere.find(([pattern]) => pattern.test(error))?.[1];

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

function resourceIn(path: string): JsonObject | undefined {
  const value = path.endsWith('.json') ? parse(textOf(path)) : undefined;
  return isObject(value) && typeof value['resourceType'] === 'string' ? value : undefined;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
  } catch {
    return undefined;
  }
}

const base = basePacks();
let plain: Validator | undefined;

/** Judges a case with the in-process tiers, as the product does. */
export function judge({ text, supporting }: Case): readonly Issue[] {
  if (supporting.length === 0) {
    plain ??= validatorOf(base);
    return plain.validateText(text);
  }
  const pack = memoryPack({ name: 'test.case#1.0.0', dependencies: {}, fhirVersions: ['4.0.1'], resources: supporting });
  return validatorOf([...base, pack]).validateText(text);
}

export function verdictOf(each: Case, issues: readonly Issue[]): Verdict {
  const wrong = issues.some(({ severity }) => severity === 'error');
  if (wrong) return each.errors.length > 0 ? 'agrees' : 'false alarm';
  if (each.errors.length === 0) return 'agrees';
  return issues.some(({ severity }) => severity === 'not-verifiable') ? 'open' : 'false pass';
}
