import { emptyIn, mayHoldBare } from '../core/empty.ts';
import { asArray, asString, at, isObject, literalReference, type Resource } from '../core/fhir.ts';
import type { Json } from '../core/model.ts';
import { referenceProblem, relativeType } from '../validation/definitions/addresses.ts';
import { resourceTypes } from '../validation/definitions/resource-types.ts';
import type { FileRule } from './rules.ts';

/** Told of everything that is wrong with one resource. */
export type Tell = (rule: FileRule, text: string) => void;

const id = /^[A-Za-z0-9\-.]{1,64}$/;

export const isId = (value: Json | undefined): value is string => typeof value === 'string' && id.test(value);

/**
 * What every resource in a bulk file must have, beyond the schema of its type; references apart, see judgeReference.
 */
export function inspect(resource: Resource, fileType: string | undefined, tell: Tell): void {
  const type = resource.resourceType;
  if (!resourceTypes.has(type)) tell('resource.type', `the resourceType ${JSON.stringify(type.slice(0, 64))} is not an R4 type`);
  // A deleted resource is named in a Bundle, an error in an OperationOutcome: neither has an id of its own to be known by.
  if (!isId(resource['id']) && type !== 'Bundle' && type !== 'OperationOutcome' && type !== 'Parameters')
    tell('resource.id', `id is ${shown(resource['id'])}; expected 1 to 64 of A-Z a-z 0-9 - .`);
  if (fileType !== undefined && type !== fileType) tell('file.type', `a ${type.slice(0, 64)} in a file of ${fileType}`);
}

const shown = (value: Json | undefined): string => (value === undefined ? 'absent' : JSON.stringify(value).slice(0, 80));

/** Deeper than any real resource; also bounds our own recursion. */
const deepest = 100;

/** Names the empty arrays and objects of a resource; texts and null are judged by its type. */
export function findEmpties(resource: Resource, text: string, tell: Tell): void {
  if (!mayHoldBare(text)) return;
  const spared = (value: Json, _name: string | number, depth: number): boolean => {
    if (depth > deepest) tell('resource.deep', `nested more than ${deepest} levels deep`);
    return depth > deepest || value === null || typeof value !== 'object';
  };
  for (const { path } of emptyIn(resource, resource.resourceType, spared))
    tell('resource.empty', `${path.slice(-200)} is empty: what is not there is left out`);
}

/** Is this a reference as FHIR has them? True when it is, whatever resource it stands in. Source: http://hl7.org/fhir/R4/references.html */
export function judgeReference(reference: string, resource: Resource, tell: Tell): boolean {
  if (reference.startsWith('#')) {
    // `#` alone is the containing resource itself.
    const found = reference === '#' || asArray(resource['contained']).some((each) => asString(at(each, 'id')) === reference.slice(1));
    if (!found) tell('reference.contained', `${JSON.stringify(reference.slice(0, 120))}: there is no contained resource of this id`);
    return false;
  }
  const problem = referenceProblem(reference);
  if (problem) tell(problem.rule, problem.text);
  return problem === undefined;
}

const mark = '"reference"';
/** What is searched for: `f` is rare in the data, so that most of the text is skipped in strides; a quotation mark stands everywhere. */
const rare = 'ference"';

/**
 * Literal references in the text of one valid JSON value. Exact: inside a string a quotation mark is escaped, so the key cannot be taken for text, and a
 * string that merely says "reference" is followed by no colon.
 */
export function referencesIn(text: string): readonly string[] {
  const found: string[] = [];
  for (let from = text.indexOf(rare); from >= 0; from = text.indexOf(rare, from + rare.length)) {
    const behind = from + rare.length;
    if (!text.startsWith(mark, behind - mark.length)) continue;
    let here = skip(text, behind);
    if (text.charCodeAt(here) !== 0x3a) continue;
    here = skip(text, here + 1);
    if (text.charCodeAt(here) !== 0x22) continue;
    let end = text.indexOf('"', here + 1);
    while (escaped(text, end)) end = text.indexOf('"', end + 1);
    const raw = text.slice(here + 1, end);
    found.push(raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw);
  }
  return found;
}

function skip(text: string, from: number): number {
  let here = from;
  for (let code = text.charCodeAt(here); code === 0x20 || code === 9 || code === 10 || code === 13; code = text.charCodeAt(++here));
  return here;
}

function escaped(text: string, quote: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes++;
  return slashes % 2 === 1;
}

/** `Type/id` that a reference leads to, without its version and base; undefined when it leads out of the data. */
export function targetOf(reference: string): string | undefined {
  if (relativeType(reference) === undefined) return undefined;
  const version = reference.indexOf('/_history/');
  return version < 0 ? reference : reference.slice(0, version);
}

/** `Patient/x` that a resource is about; undefined for shared resources and for Patient itself. */
export function ownerOf(resource: Resource): string | undefined {
  for (const name of ['patient', 'subject', 'beneficiary']) {
    const reference = literalReference(at(resource, name, 'reference'));
    if (reference?.startsWith('Patient/') === true && targetOf(reference) !== undefined) return reference;
  }
  return undefined;
}

/** Patients that a Group lists: `[Patient/x, inactive]`. */
export function membersOf(group: Resource): readonly (readonly [string, boolean])[] {
  return asArray(group['member']).flatMap((entry) => {
    const reference = literalReference(at(entry, 'entity', 'reference'));
    const target = reference === undefined ? undefined : targetOf(reference);
    return isObject(entry) && target?.startsWith('Patient/') === true ? [[target, entry['inactive'] === true] as const] : [];
  });
}
