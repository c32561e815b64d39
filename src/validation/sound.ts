import type { Resource } from '../core/fhir.ts';
import { resourceTypes } from './definitions/resource-types.ts';
import { keptModule } from './kept.ts';
import { type Found, readerCode } from './reader-code.ts';

/** What a sound line says of itself, as far as it is asked for without parsing it. */
export interface Brief {
  /** `resourceType`, `id`, and the `reference` of `patient`, `subject` and `beneficiary`; nothing else. */
  readonly resource: Resource;
  /** Literal references anywhere in it, in order. */
  readonly references: readonly string[];
}

/**
 * Reads one line, `from` to `to` (without its end), of bytes that are valid UTF-8. Answers only when the line is JSON, the R4 schema has nothing to say about it
 * and nothing in it is empty; undefined means: parse it and ask the gate (shape.ts), which finds out what there is, if anything. `type` is what the file is for;
 * where that is not known, the line has to begin with its resourceType.
 */
export type SoundReader = (bytes: Buffer, from: number, to: number, type?: string) => Brief | undefined;

/** One function over the bytes for each type; see readerCode. */
type Reader = (bytes: Uint8Array, view: DataView, from: number, to: number) => Found | undefined;

/** Raised when the generated code must change. */
const format = 4;

/** Words are read four bytes at a time: so far a view goes beyond the bytes, where their buffer does. */
const beyond = 4;

/** Loads the reader of a type when it is first seen. */
export function createSoundReader(): SoundReader {
  const readers = new Map<string, Reader | undefined>();
  let held: { readonly bytes: Buffer; readonly view: DataView } | undefined;

  return (bytes, from, to, type = typeAt(bytes, from)) => {
    if (type === undefined) return undefined;
    if (!readers.has(type)) readers.set(type, readerOf(type));
    if (held?.bytes !== bytes) held = { bytes, view: viewOf(bytes) };
    const found = read(readers.get(type), held, from, to);
    return found && briefOf(type, bytes, found);
  };
}

/**
 * Generates the readers of these types where they are not kept yet. For the thread that starts others: in one that has read the schema, JSON.parse is
 * slower from then on, because the schema's objects leave V8 many more shapes to distinguish.
 */
export function prepareSoundReader(types: Iterable<string>): void {
  for (const type of types) readerOf(type);
}

function readerOf(type: string): Reader | undefined {
  return resourceTypes.has(type) ? (keptModule(`${type}-sound-${format}`, () => readerCode(type)) as Reader | undefined) : undefined;
}

function read(
  reader: Reader | undefined,
  { bytes, view }: { readonly bytes: Buffer; readonly view: DataView },
  from: number,
  to: number,
): Found | undefined {
  try {
    return reader?.(bytes, view, from, to);
  } catch (cause) {
    // A word that would end behind the buffer, or a pattern that runs out of stack on a very long text.
    if (cause instanceof RangeError) return undefined;
    throw cause;
  }
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView =>
  new DataView(buffer, byteOffset, Math.min(length + beyond, buffer.byteLength - byteOffset));

const beginning = /^[ \t]*\{[ \t]*"resourceType":[ \t]*"([A-Za-z]{1,64})"/;

/** The type that a line begins with. */
const typeAt = (bytes: Buffer, from: number): string | undefined => beginning.exec(bytes.toString('latin1', from, from + 128))?.[1];

const owners = ['patient', 'subject', 'beneficiary'] as const;

function briefOf(type: string, bytes: Buffer, { id, owners: places, references }: Found): Brief {
  const text = (start: number): string => textAt(bytes, start);
  const resource: Record<string, Resource[string]> & { resourceType: string } = { resourceType: type };
  if (id > 0) resource['id'] = text(id);
  for (const [index, name] of owners.entries()) {
    const place = places[index] ?? 0;
    if (place > 0) resource[name] = { reference: text(place) };
  }
  return { resource, references: references.map(text) };
}

/** The string whose first character is at `start`. */
function textAt(bytes: Buffer, start: number): string {
  let end = bytes.indexOf(0x22, start);
  while (isEscaped(bytes, end)) end = bytes.indexOf(0x22, end + 1);
  const raw = bytes.toString('utf8', start, end);
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
}

function isEscaped(bytes: Buffer, quote: number): boolean {
  let slashes = 0;
  while (bytes[quote - 1 - slashes] === 0x5c) slashes++;
  return slashes % 2 === 1;
}
