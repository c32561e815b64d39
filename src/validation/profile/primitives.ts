import type { Json } from '../../core/model.ts';

/** Answers what is wrong with a value of this primitive type, or undefined. */
export type PrimitiveTest = (value: Json) => string | undefined;

const text =
  (shape: RegExp, what: string): PrimitiveTest =>
  (value) =>
    typeof value !== 'string'
      ? `a JSON string is needed, but this is ${jsonType(value)}`
      : shape.test(value)
        ? undefined
        : `${quote(value)} is not ${what}`;

const whole =
  (least: number, most: number, what: string): PrimitiveTest =>
  (value) =>
    typeof value !== 'number'
      ? `a JSON number is needed, but this is ${jsonType(value)}`
      : Number.isInteger(value) && value >= least && value <= most
        ? undefined
        : `${value} is not ${what}`;

const most = 2_147_483_647;
// One non-blank character, nothing that XML could not carry.
const anyText = /^[^\0-\x08\x0b\x0c\x0e-\x1f]*[^\0-\x08\x0b\x0c\x0e-\x1f\s][^\0-\x08\x0b\x0c\x0e-\x1f]*$/;
const noSpace = /^\S+$/;

const date = /^(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?$/;
const dateTime =
  /^(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01])(?:T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)))?)?)?$/;
const instant =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))$/;

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
  const bare = /\s/.test(value) ? value.replace(/\s+/g, '') : value;
  return bare.length > 0 && bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare) ? undefined : 'the value is not base64';
};

/** The rules of https://hl7.org/fhir/R4/datatypes.html#primitive, with calendar days checked. */
export const primitives: Readonly<Record<string, PrimitiveTest>> = {
  boolean: (value) => (typeof value === 'boolean' ? undefined : `a JSON boolean is needed, but this is ${jsonType(value)}`),
  integer: whole(-most - 1, most, 'a 32-bit integer'),
  unsignedInt: whole(0, most, 'an integer of 0 or more'),
  positiveInt: whole(1, most, 'an integer of 1 or more'),
  decimal: (value) => (typeof value === 'number' ? undefined : `a JSON number is needed, but this is ${jsonType(value)}`),
  string: text(anyText, 'text with at least one visible character'),
  markdown: text(anyText, 'text with at least one visible character'),
  xhtml: text(anyText, 'XHTML'),
  code: text(/^\S+( \S+)*$/, 'a code (no spaces at either end, single spaces within)'),
  id: text(/^[A-Za-z0-9.-]{1,64}$/, 'an id (1 to 64 letters, digits, - and .)'),
  uri: text(noSpace, 'a URI (no spaces)'),
  url: text(noSpace, 'a URL (no spaces)'),
  canonical: text(noSpace, 'a canonical URL (no spaces)'),
  oid: text(/^urn:oid:[0-2](\.(0|[1-9]\d*))+$/, 'urn:oid: and an OID'),
  uuid: text(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, 'urn:uuid: and a UUID'),
  date: calendar(date, 'a date (YYYY, YYYY-MM or YYYY-MM-DD)'),
  dateTime: calendar(dateTime, 'a dateTime (a time of day needs seconds and a zone)'),
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
