import { asArray, isObject } from '../../../src/core/fhir.ts';
import type { Json } from '../../../src/core/model.ts';
import type { SearchParameter } from './parameters.ts';

/** All values that the parameter's paths find in a resource, arrays flattened. */
export function valuesOf(resource: Json, { paths }: SearchParameter): readonly Json[] {
  const out: Json[] = [];
  for (const path of paths) collect(resource, path, 0, out);
  return out;
}

function collect(value: Json | undefined, path: readonly string[], depth: number, out: Json[]): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    for (const each of value as readonly Json[]) collect(each, path, depth, out);
    return;
  }
  const name = path[depth];
  if (name === undefined) out.push(value);
  else if (isObject(value)) collect(value[name], path, depth + 1, out);
}

export interface Token {
  readonly system?: string | undefined;
  readonly code: string;
}

/** A code, Coding, CodeableConcept, Identifier or boolean as system and code. */
export function tokensOf(value: Json): readonly Token[] {
  if (typeof value === 'string' || typeof value === 'boolean') return [{ code: String(value) }];
  if (!isObject(value)) return [];
  if (Array.isArray(value['coding'])) return asArray(value['coding']).flatMap(tokensOf);
  const code = value['code'] ?? value['value'];
  const system = value['system'];
  return typeof code === 'string' ? [{ code, system: typeof system === 'string' ? system : undefined }] : [];
}

/** Half-open span of time, ms since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const shape = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/**
 * The span that a FHIR date, dateTime or instant covers at its own precision; without an offset it is read as UTC.
 * Undefined when the text is no date, or no day of the calendar.
 * Source: http://hl7.org/fhir/R4/search.html#date
 */
export function spanOf(text: string): Span | undefined {
  const match = shape.exec(text);
  if (!match) return undefined;
  const [, year = '', month, day, hour, minute, second, fraction, zone = 'Z'] = match;
  if (month === undefined) return { from: Date.UTC(+year, 0), to: Date.UTC(+year + 1, 0) };
  if (+month < 1 || +month > 12) return undefined;
  if (day === undefined) return { from: Date.UTC(+year, +month - 1), to: Date.UTC(+year, +month) };
  const midnight = Date.UTC(+year, +month - 1, +day);
  if (new Date(midnight).getUTCDate() !== +day) return undefined;
  if (hour === undefined) return { from: midnight, to: midnight + 86_400_000 };
  const from = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second ?? '00'}${fraction ?? ''}${zone}`);
  if (Number.isNaN(from)) return undefined;
  return { from, to: from + (second === undefined ? 60_000 : fraction === undefined ? 1000 : 1) };
}

/** The span of a stored dateTime or Period; an open end has no limit. */
export function storedSpan(value: Json): Span | undefined {
  if (typeof value === 'string') return spanOf(value);
  if (!isObject(value)) return undefined;
  const { start, end } = value as { readonly start?: Json; readonly end?: Json };
  if (typeof start !== 'string' && typeof end !== 'string') return undefined;
  const from = typeof start === 'string' ? spanOf(start)?.from : Number.NEGATIVE_INFINITY;
  const to = typeof end === 'string' ? spanOf(end)?.to : Number.POSITIVE_INFINITY;
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** Lower case without accents: how string search compares. */
export const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
