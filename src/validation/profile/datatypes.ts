import { isElement, listOf } from '../fhirpath/index.ts';
import { type Checker, type Context, report } from './context.ts';
import { quote } from './primitives.ts';

const absolute = /^[A-Za-z][\w+.-]*:/;
const oid = /^urn:oid:[0-2](\.(0|[1-9]\d*))+$/;
const uuid = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What R4 says of some types in words that no constraint repeats. */
export const datatypeCheckers: Readonly<Record<string, Checker>> = {
  /** https://hl7.org/fhir/R4/datatypes.html#Identifier: the system is an absolute address of the set of values. */
  Identifier: (value, at) => {
    const system = isElement(value) ? value['system'] : undefined;
    if (typeof system === 'string' && !absolute.test(system))
      report(at, 'error', 'identifier.system', `Identifier.system is an absolute URI, but this is ${quote(system)}.`);
  },
  /** https://hl7.org/fhir/R4/datatypes.html#Attachment: size is the number of bytes of the data before base64. */
  Attachment: (value, at) => {
    if (!isElement(value) || typeof value['data'] !== 'string' || typeof value['size'] !== 'number') return;
    const bare = value['data'].replace(/[ \t\r\n]+/g, '');
    const bytes = (bare.length / 4) * 3 - (bare.endsWith('==') ? 2 : bare.endsWith('=') ? 1 : 0);
    if (bytes !== value['size']) report(at, 'error', 'attachment.size', `The size says ${value['size']}, but the data have ${bytes} bytes.`);
  },
};

/** A URI that claims to be an OID or a UUID is one, and a UUID is written in lower case. Source: https://hl7.org/fhir/R4/datatypes.html#uri */
export const uriChecker: Checker = (value, at) => {
  if (typeof value !== 'string' || !value.startsWith('urn:')) return;
  if (value.startsWith('urn:oid:') && !oid.test(value)) report(at, 'error', 'primitive', `${quote(value)} is no OID.`);
  if (!value.startsWith('urn:uuid:') || uuid.test(value)) return;
  const lower = uuid.test(value.toLowerCase());
  report(at, lower ? 'warning' : 'error', 'primitive', lower ? `${quote(value)}: a UUID is written in lower case.` : `${quote(value)} is no UUID.`);
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
