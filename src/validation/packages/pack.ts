import { existsSync, openSync, readFileSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../core/fhir.ts';
import { asArray, asString, at } from '../../core/fhir.ts';
import { workFolder } from './folders.ts';
import { slim } from './slim.ts';

/** One conformance resource in a pack. */
export interface Entry {
  readonly kind: 'StructureDefinition' | 'ValueSet' | 'CodeSystem' | 'ImplementationGuide';
  readonly url: string;
  readonly version: string;
  readonly at: number;
  readonly length: number;
  /** StructureDefinition.type, kind and derivation, to find base types and extensions without opening them. */
  readonly type?: string;
  readonly base?: boolean;
}

/** A package reduced to what validation reads, with an index, so that starting costs milliseconds and memory holds only what is used. */
export interface Pack {
  /** `id#version`. */
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly fhirVersions: readonly string[];
  readonly entries: readonly Entry[];
  /** Names of all elements that its base types have, as in their paths: `value[x]`. */
  readonly elements: readonly string[];
  read(entry: Entry): JsonObject;
}

export interface PackSource {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly fhirVersions: readonly string[];
  readonly resources: Iterable<JsonObject>;
}

/** Raised when the reduction changes, so that old packs are made anew. */
const format = 3;

interface Index {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly fhirVersions: readonly string[];
  readonly entries: readonly Entry[];
  readonly elements: readonly string[];
}

/** Opens the pack made from this source before, or makes it. `fingerprint` must change when the source does. */
export function openPack(name: string, fingerprint: string, source: () => PackSource): Pack {
  let stem: string;
  let index: Index | undefined;
  try {
    stem = join(workFolder('packs'), `${name.replace(/[^\w.#-]/g, '_')}-${fingerprint.slice(0, 16)}-${format}`);
    index = existsSync(`${stem}.json`) && existsSync(`${stem}.data`) ? readIndex(`${stem}.json`) : undefined;
    index ??= makePack(stem, source());
  } catch (cause) {
    // Nowhere to keep it (a read-only container, a full disk): it costs memory and a second at every start, and works.
    if (cause instanceof Error && 'syscall' in cause) return memoryPack(source());
    throw cause;
  }
  return stored(stem, index);
}

/** Opens a pack that was made before, at `stem`.json and `stem`.data. @throws when it is not there. */
export function openStored(stem: string): Pack {
  return stored(stem, JSON.parse(readFileSync(`${stem}.json`, 'utf8')) as Index);
}

function stored(stem: string, index: Index): Pack {
  let file: number | undefined;
  return {
    ...index,
    read(entry) {
      file ??= openSync(`${stem}.data`, 'r');
      const bytes = Buffer.allocUnsafe(entry.length);
      readSync(file, bytes, 0, entry.length, entry.at);
      return JSON.parse(bytes.toString('utf8')) as JsonObject;
    },
  };
}

/** A pack held in memory, for guides that are made rather than read. */
export function memoryPack(source: PackSource): Pack {
  const kept = [...reduced(source.resources)];
  const { name, dependencies, fhirVersions } = source;
  return {
    name,
    dependencies,
    fhirVersions,
    entries: kept.map(({ entry }, at) => ({ ...entry, at })),
    elements: elementNames(kept),
    read: (entry) => kept[entry.at]?.resource ?? {},
  };
}

function* reduced(resources: Iterable<JsonObject>): Generator<{ readonly entry: Entry; readonly resource: JsonObject }> {
  for (const each of resources) {
    const resource = slim(each);
    const url = asString(resource?.['url']);
    if (!resource || url === undefined) continue;
    const type = asString(resource['type']);
    const kind = resource['resourceType'] as Entry['kind'];
    const typed = kind === 'StructureDefinition' && type !== undefined ? { type, base: resource['derivation'] !== 'constraint' } : {};
    yield { entry: { kind, url, version: asString(resource['version']) ?? '', at: 0, length: 0, ...typed }, resource };
  }
}

/** The names that base types give their elements; profiles and extensions add none. */
function elementNames(kept: Iterable<{ readonly entry: Entry; readonly resource: JsonObject }>): readonly string[] {
  const names = new Set<string>();
  for (const { entry, resource } of kept)
    if (entry.base === true)
      for (const element of asArray(resource['element'])) names.add((asString(at(element, 'path')) ?? '').split('.').at(-1) ?? '');
  return [...names].sort();
}

function readIndex(path: string): Index | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Index;
  } catch {
    // A cache that was cut short by a crash is made anew.
    return undefined;
  }
}

/** Writes `stem`.json and `stem`.data. */
export function makePack(stem: string, source: PackSource): Index {
  const { name, dependencies, fhirVersions } = source;
  const entries: Entry[] = [];
  const chunks: Buffer[] = [];
  const kept = [...reduced(source.resources)];
  let offset = 0;
  for (const { entry, resource } of kept) {
    const data = Buffer.from(JSON.stringify(resource));
    entries.push({ ...entry, at: offset, length: data.length });
    chunks.push(data);
    offset += data.length;
  }
  const index: Index = { name, dependencies, fhirVersions, entries, elements: elementNames(kept) };
  // Written beside and renamed, so that two processes starting at once never read half a file.
  const draft = `${stem}.${process.pid}`;
  writeFileSync(`${draft}.data`, Buffer.concat(chunks));
  writeFileSync(`${draft}.json`, JSON.stringify(index));
  renameSync(`${draft}.data`, `${stem}.data`);
  renameSync(`${draft}.json`, `${stem}.json`);
  return index;
}
