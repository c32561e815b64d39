import { createHash } from 'node:crypto';
import { isAbsolute } from '../definitions/addresses.ts';
import { isElement, listOf } from '../fhirpath/index.ts';
import { type Checker, type Context, expressionOf, report } from './context.ts';
import { quote } from './primitives.ts';
import { follow } from './references.ts';

const oid = /^urn:oid:[0-2](\.(0|[1-9]\d*))+$/;
const uuid = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What R4 says of some types in words that no constraint repeats. */
export const datatypeCheckers: Readonly<Record<string, Checker>> = {
  /** https://hl7.org/fhir/R4/datatypes.html#Identifier: the system is an absolute address of the set of values. */
  Identifier: (value, at) => {
    const system = isElement(value) ? value['system'] : undefined;
    if (typeof system === 'string' && !isAbsolute(system))
      report(at, 'error', 'identifier.system', `Identifier.system is an absolute URI, but this is ${quote(system)}.`);
  },
  /** https://hl7.org/fhir/R4/datatypes.html#Attachment: size is the number of bytes of the data before base64, hash their SHA-1. */
  Attachment: (value, at) => {
    if (!isElement(value)) return;
    const { data, size, hash } = value;
    // Of data that lie elsewhere only the length of their hash can be told; examples of R4 and US Core shorten it.
    if (data === undefined && typeof hash === 'string' && base64.test(hash) && bytesIn(hash) !== 20)
      report(at, 'warning', 'attachment.hash', `The hash is a SHA-1 in base64, which has 20 bytes, but this has ${bytesIn(hash)}.`);
    if (typeof data !== 'string' || !base64.test(data)) return;
    if (typeof size === 'number' && bytesIn(data) !== size)
      report(at, 'error', 'attachment.size', `The size says ${size}, but the data have ${bytesIn(data)} bytes.`);
    if (typeof hash === 'string' && createHash('sha1').update(data, 'base64').digest('base64') !== bare(hash))
      report(at, 'error', 'attachment.hash', 'The hash is not the SHA-1 of the data.');
  },
};

const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
const bare = (text: string): string => text.replace(/[ \t\r\n]+/g, '');

/** How many bytes a text in base64 stands for. */
function bytesIn(text: string): number {
  const packed = bare(text);
  return (packed.length / 4) * 3 - (packed.endsWith('==') ? 2 : packed.endsWith('=') ? 1 : 0);
}

/** A URI that claims to be an OID or a UUID is one, and a UUID is written in lower case. Source: https://hl7.org/fhir/R4/datatypes.html#uri */
export const uriChecker: Checker = (value, at) => {
  if (typeof value !== 'string' || !value.startsWith('urn:')) return;
  if (value.startsWith('urn:oid:') && !oid.test(value)) report(at, 'error', 'primitive', `${quote(value)} is no OID.`);
  if (!value.startsWith('urn:uuid:') || uuid.test(value)) return;
  const lower = uuid.test(value.toLowerCase());
  report(at, lower ? 'warning' : 'error', 'primitive', lower ? `${quote(value)}: a UUID is written in lower case.` : `${quote(value)} is no UUID.`);
};

/**
 * A canonical is absolute, or the fragment of a contained resource. Source: https://hl7.org/fhir/R4/references.html#canonical. Published guides break it for
 * the kind of an export (hl7.fhir.us.davinci-pdex#provider-delta), so it is an error for profiles alone, which nobody could find otherwise.
 */
export const canonicalChecker: Checker = (value, at) => {
  if (typeof value !== 'string') return;
  const isProfile = at.names[at.depth - 1] === 'profile' && at.names[at.depth - 2] === 'meta';
  if (isProfile || !value.startsWith('#')) {
    if (!isAbsolute(value))
      report(at, isProfile ? 'error' : 'warning', 'canonical.absolute', `A canonical URL is absolute, but this is ${quote(value)}.`);
  } else if (follow(value, at).dangling) report(at, 'error', 'reference.contained', `${quote(value)} names no contained resource.`);
  uriChecker(value, at);
};

/**
 * An element's id is unique in its resource (https://hl7.org/fhir/R4/element-definitions.html#Element.id); that of an ElementDefinition is unique in its list, and
 * snapshot and differential define the same elements (https://hl7.org/fhir/R4/elementdefinition.html#id).
 */
export const elementIdChecker: Checker = (value, at) => {
  if (typeof value !== 'string' || at.names[at.depth - 2] === 'element') return;
  const known = at.ids.get(at.resource) ?? new Map<string, string>();
  at.ids.set(at.resource, known);
  const here = expressionOf(at);
  const first = known.get(value);
  if (first === undefined) known.set(value, here);
  else if (first !== here) report(at, 'error', 'element.id', `The id ${quote(value)} is that of ${first.replace(/\.id$/, '')}, too.`);
};

/** Ids of contained resources are unique in their container (https://hl7.org/fhir/R4/references.html#contained). */
export const containedChecker: Checker = (value, at) => {
  const seen = new Set<string>();
  for (const each of isElement(value) ? listOf(value['contained']) : []) {
    const id = isElement(each) ? each['id'] : undefined;
    if (typeof id !== 'string') continue;
    if (seen.has(id)) report(at, 'error', 'contained.id', `Two contained resources have the id ${quote(id)}.`);
    seen.add(id);
  }
};

/** An integer is written without point and exponent, although 1.0 and 1e1 are whole numbers. Source: https://hl7.org/fhir/R4/datatypes.html#integer */
export const integerChecker: Checker = (value, at) => {
  if (at.written === undefined || typeof value !== 'number') return;
  const written = at.written.get(pathOf(at));
  if (written !== undefined) report(at, 'error', 'primitive', `${written} is not an integer; write ${value}.`);
};

/** JSON path of the current place, as src/validation/guard.ts writes it. */
function pathOf(at: Context): string {
  const out: (string | number)[] = [];
  for (let i = 1; i < at.depth; i++) {
    out.push((at.names[i] ?? '').replace(/\.ofType\((\w)(\w*)\)$/, (_, first: string, rest: string) => `${first.toUpperCase()}${rest}`));
    const index = at.indexes[i] ?? -1;
    if (index >= 0) out.push(index);
  }
  return out.join('.');
}
