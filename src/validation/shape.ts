import { createRequire } from 'node:module';
import type { Issue, Json } from '../core/model.ts';
import { resourceTypes } from './definitions/resource-types.ts';
import { isElement } from './fhirpath/index.ts';
import { keptModule } from './kept.ts';
import { isSubset } from './profile/index.ts';
import { r4Definitions } from './schema.ts';

/** Tier 0: the R4 JSON schema, one compiled function per resource type. */
export interface ShapeGate {
  check(resource: Json): readonly Issue[];
}

interface ShapeError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}
type Shape = ((value: unknown) => boolean) & { readonly errors?: readonly ShapeError[] | null };

type Shapes = Readonly<Record<string, Shape | undefined>>;

/** Raised when the generated code must change. */
const format = 6;
const require = createRequire(import.meta.url);

/** What most payers send. Compiled together, they share the code of their datatypes, which is most of each. */
const usual = new Set(
  (
    'AllergyIntolerance Binary Bundle CapabilityStatement CarePlan CareTeam Claim ClaimResponse Condition Consent Coverage Device DiagnosticReport ' +
    'DocumentReference Encounter Endpoint ExplanationOfBenefit Goal Group HealthcareService Immunization InsurancePlan Location Medication ' +
    'MedicationDispense MedicationRequest Observation OperationOutcome Organization OrganizationAffiliation Parameters Patient Practitioner ' +
    'PractitionerRole Procedure Provenance RelatedPerson ServiceRequest Task'
  ).split(' '),
);

/** The usual types at once, or one that is not among them, when it is first seen; see keptModule. */
function shapesWith(type: string): Shapes {
  if (usual.has(type)) return keptModule(`usual-${format}`, () => generate([...usual])) as Shapes;
  return (keptModule(`${type}-${format}`, () => generate([type])) as Shapes | undefined) ?? {};
}

export function createShapeGate(): ShapeGate {
  const shapes = new Map<string, Shape | undefined>();
  return {
    check(resource) {
      const type = isElement(resource) ? resource['resourceType'] : undefined;
      if (typeof type !== 'string' || !/^[A-Za-z]{1,64}$/.test(type)) return [];
      if (!shapes.has(type)) shapes.set(type, shapesWith(type)[type]);
      const shape = shapes.get(type);
      if (!shape || shape(resource)) return [];
      const errors = (shape.errors ?? []).filter(({ keyword }) => keyword !== 'required' || !isSubset(resource));
      return errors.slice(0, 20).map((error) => ({
        severity: 'error',
        rule: `shape.${error.keyword}`,
        expression: `${type}${error.instancePath.replace(/\/(\d+)/g, '[$1]').replaceAll('/', '.')}`,
        text: `${error.message ?? error.keyword}${error.params?.['additionalProperty'] === undefined ? '' : `: ${String(error.params['additionalProperty']).slice(0, 64)}`}`,
        tier: 0,
      }));
    },
  };
}

/** Each type is compiled for itself, because the schema's root tries every type in turn. */
function generate(types: readonly string[]): string | undefined {
  const definitions = r4Definitions();
  if (types.some((type) => !resourceTypes.has(type) || !Object.hasOwn(definitions, type))) return undefined;
  const { default: Ajv } = require('ajv') as { default: new (options: object) => AjvLike };
  const standalone = require('ajv/dist/standalone') as { default: (ajv: AjvLike, refs: Record<string, string>) => string };
  const ajv = new Ajv({ strict: false, code: { source: true }, logger: false, validateSchema: false });
  ajv.addSchema({ $id: 'r4', definitions });
  for (const type of types) ajv.addSchema({ $id: `type-${type}`, $ref: `r4#/definitions/${type}` });
  // A $ref to ajv's own runtime must resolve from the cache folder as well.
  const runtime = require.resolve('ajv/dist/runtime/equal').replace(/equal\.js$/, '');
  return standalone
    .default(ajv, Object.fromEntries(types.map((type) => [type, `type-${type}`])))
    .replaceAll('require("ajv/dist/runtime/', `require("${runtime.replaceAll('\\', '/')}`);
}

interface AjvLike {
  addSchema(schema: object): unknown;
}
