import type { Json } from '../../core/model.ts';
import { primitivePatterns } from '../definitions/primitive-patterns.ts';

/** Answers what is wrong with a value of this primitive type, or undefined. */
export type PrimitiveTest = (value: Json) => string | undefined;

const text =
  (shape: RegExp | string, what: string): PrimitiveTest =>
  (value) =>
    typeof value !== 'string'
      ? `a JSON string is needed, but this is ${jsonType(value)}`
      : (shape === primitivePatterns.string ? value !== '' : (typeof shape === 'string' ? patterns(shape) : shape).test(value))
        ? undefined
        : `${quote(value)} is not ${what}`;

const made = new Map<string, RegExp>();
function patterns(source: string): RegExp {
  const known = made.get(source) ?? new RegExp(source, 'u');
  made.set(source, known);
  return known;
}

/** 1 MB, as R4 counts it: https://hl7.org/fhir/R4/datatypes.html#string */
const longest = 2 ** 20;

const prose: PrimitiveTest = (value) => {
  if (typeof value !== 'string') return `a JSON string is needed, but this is ${jsonType(value)}`;
  if (value === '') return 'the text is empty; leave the element out instead';
  return value.length > longest ? `the text has ${value.length} characters, and at most ${longest} are allowed` : undefined;
};

/** What is allowed in a text, but should not be there. Source: https://hl7.org/fhir/R4/datatypes.html#string */
export function proseWarning(value: string): string | undefined {
  if (isPlainProse(value)) return undefined;
  const control = /[\0-\x08\x0b\x0c\x0e-\x1f]/.exec(value)?.[0];
  if (control !== undefined) return `the text holds the control character U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  return /[^ \t\r\n]/.test(value) ? undefined : 'the text is only white space';
}

/** Short, begins with something to see, and holds no control character: nearly every text, so that two patterns need not be asked. */
function isPlainProse(value: string): boolean {
  if (value.length > 256 || value.charCodeAt(0) <= 0x20) return false;
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) < 0x20) return false;
  return value !== '';
}

const whole =
  (least: number, most: number, what: string): PrimitiveTest =>
  (value) =>
    typeof value !== 'number'
      ? `a JSON number is needed, but this is ${jsonType(value)}`
      : Number.isInteger(value) && value >= least && value <= most
        ? undefined
        : `${value} is not ${what}`;

const most = 2_147_483_647;

const date = /^(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?$/;
const dateTime =
  /^(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01])(?:T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)))?)?)?$/;
const instant =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))$/;

const calendar =
  (shape: RegExp, what: string): PrimitiveTest =>
  (value) => {
    if (typeof value !== 'string') return `a JSON string is needed, but this is ${jsonType(value)}`;
    const match = shape.exec(value);
    if (!match) return `${quote(value)} is not ${what}`;
    const [, year, month, day] = match;
    if (year === '0000') return `${quote(value)} names the year 0`;
    if (day === undefined || month === undefined || Number(day) <= 28) return undefined;
    return Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
      ? undefined
      : `${quote(value)} is a day that does not exist`;
  };

const base64: PrimitiveTest = (value) => {
  if (typeof value !== 'string') return `a JSON string is needed, but this is ${jsonType(value)}`;
  const bare = /\s/.test(value) ? value.replace(/[ \t\r\n]+/g, '') : value;
  return bare.length > 0 && bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare) ? undefined : 'the value is not base64';
};

/** The rules of https://hl7.org/fhir/R4/datatypes.html#primitive, with calendar days checked. */
export const primitives: Readonly<Record<string, PrimitiveTest>> = {
  boolean: (value) => (typeof value === 'boolean' ? undefined : `a JSON boolean is needed, but this is ${jsonType(value)}`),
  integer: whole(-most - 1, most, 'a 32-bit integer'),
  unsignedInt: whole(0, most, 'an integer of 0 or more'),
  positiveInt: whole(1, most, 'an integer of 1 or more'),
  decimal: (value) => (typeof value === 'number' ? undefined : `a JSON number is needed, but this is ${jsonType(value)}`),
  string: prose,
  markdown: prose,
  xhtml: text(primitivePatterns.string, 'XHTML'),
  code: text(primitivePatterns.code, 'a code (no spaces at either end, single spaces within)'),
  id: text(/^[A-Za-z0-9.-]{1,64}$/, 'an id (1 to 64 letters, digits, - and .)'),
  uri: text(primitivePatterns.uri, 'a URI (no spaces)'),
  url: text(primitivePatterns.uri, 'a URL (no spaces)'),
  canonical: text(primitivePatterns.uri, 'a canonical URL (no spaces)'),
  oid: text(/^urn:oid:[0-2](\.(0|[1-9]\d*))+$/, 'urn:oid: and an OID'),
  uuid: text(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'urn:uuid: and a UUID in lower case'),
  date: calendar(date, 'a date (YYYY, YYYY-MM or YYYY-MM-DD)'),
  dateTime: calendar(dateTime, 'a dateTime (YYYY, YYYY-MM, YYYY-MM-DD, or with a time to the second and a zone)'),
  instant: calendar(instant, 'an instant (to the second, with zone)'),
  time: text(/^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?$/, 'a time (hh:mm:ss)'),
  base64Binary: base64,
};

/** Name of the FHIR type behind a type code of a snapshot; the id of every element is written as a FHIRPath string there. */
export function typeName(code: string, basePath?: string): string {
  if (!code.startsWith('http://hl7.org/fhirpath/')) return code;
  return basePath === 'Resource.id' ? 'id' : 'string';
}

export const isPrimitive = (type: string): boolean => Object.hasOwn(primitives, type);

export const jsonType = (value: Json | undefined): string =>
  value === null
    ? 'null'
    : value === undefined
      ? 'absent'
      : Array.isArray(value)
        ? 'an array'
        : typeof value === 'object'
          ? 'an object'
          : `a ${typeof value}`;

export const quote = (value: Json): string => {
  const shown = typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
  return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown;
};
