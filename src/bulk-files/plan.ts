import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { asArray, asString, at, isObject } from '../core/fhir.ts';
import type { Json } from '../core/model.ts';
import { resourceTypes } from '../validation/definitions/resource-types.ts';
import type { Plan, PlannedFile } from './result.ts';
import { typeInName } from './types.ts';
import type { Input } from './validate.ts';

export interface Planned {
  readonly plan: Plan;
  readonly inputs: readonly Input[];
}

export interface PlanOptions {
  readonly shards?: number;
  readonly keep?: number;
  readonly profiles?: boolean;
}

const isNdjson = (name: string): boolean => /\.ndjson(?:\.gz)?$/i.test(name);
/** A manifest lists files; even one of a hundred thousand is far smaller. */
const largestManifest = 256 * 2 ** 20;

/** What FILE, DIR or MANIFEST stands for. Throws in the words for the person at the terminal when it stands for nothing. */
export function planOf(path: string, { shards = 1, keep = 10, profiles = false }: PlanOptions = {}): Planned {
  const isFolder = statSync(path).isDirectory();
  const found = isFolder ? filesIn(path) : (filesOfManifest(path) ?? [single(path)]);
  // A manifest may list nothing: there was nothing to export.
  if (found.length === 0 && isFolder)
    throw new Error(`${path} holds no file that ends in .ndjson or .ndjson.gz. Name the folder of an export, or one file.`);
  return { plan: { files: found.map((each) => each.file), shards, keep, profiles }, inputs: found.map((each) => each.input) };
}

interface Found {
  readonly file: PlannedFile;
  readonly input: Input;
}

/** Is it for us, and not a single resource? Says false for what is not there. */
export function isBulk(path: string): boolean {
  if (!existsSync(path)) return false;
  return statSync(path).isDirectory() || isNdjson(path) || filesOfManifest(path) !== undefined;
}

const planned = (name: string, type?: string, count?: number): PlannedFile => ({
  name,
  ...(type === undefined ? {} : { type }),
  ...(count === undefined ? {} : { count }),
});

const single = (path: string): Found => ({ file: planned(basename(path), typeInName(basename(path))), input: { path } });

/** In the order of their names, which is the same on every machine. */
function filesIn(folder: string): readonly Found[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && isNdjson(each.name))
    .map((each) => join(each.parentPath, each.name))
    .sort()
    .map((path) => ({ file: planned(relative(folder, path).replaceAll('\\', '/'), typeInName(basename(path))), input: { path } }));
}

/** Whatever a manifest says of them. Source: https://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status */
const fixedTypes = { deleted: 'Bundle', error: 'OperationOutcome' } as const;

/** The files that a manifest lists, looked for beside it under the last part of their URL. Undefined when the file is no manifest. */
function filesOfManifest(path: string): readonly Found[] | undefined {
  const manifest = isNdjson(path) || statSync(path).size > largestManifest ? undefined : jsonIn(path);
  if (!isObject(manifest) || !Array.isArray(manifest['output'])) return undefined;
  const folder = dirname(path);
  const names = new Map<string, string>();
  return (['output', 'deleted', 'error'] as const).flatMap((kind) =>
    asArray(manifest[kind]).map((item, index): Found => {
      const url = asString(at(item, 'url')) ?? '';
      const name = lastPart(url);
      const type = asString(at(item, 'type'));
      const count = at(item, 'count');
      const about = `${kind}[${index}]`;
      const taken = names.get(name);
      if (taken !== undefined && name !== '')
        throw new Error(`${path}: ${about} and ${taken} both end in ${name}, so they cannot lie side by side. Validate them as single files.`);
      names.set(name, about);
      const local = localFile(folder, name);
      return {
        file: planned(
          name === '' ? about : name,
          kind !== 'output' ? fixedTypes[kind] : type !== undefined && resourceTypes.has(type) ? type : undefined,
          typeof count === 'number' ? count : undefined,
        ),
        input: local === undefined ? { missing: `${about} names ${shown(url)}, but ${shown(name)} is not next to the manifest` } : { path: local },
      };
    }),
  );
}

const shown = (text: string): string => (text === '' ? 'nothing' : text.slice(0, 200));

/** Only the last part: a manifest comes from a stranger and must not lead elsewhere on this disk. */
function lastPart(url: string): string {
  const last = url.split(/[?#]/)[0]?.split(/[\\/]/).at(-1) ?? '';
  return /^[\w.~ -]{1,200}$/.test(last) && !/^\.*$/.test(last) ? last : '';
}

const localFile = (folder: string, name: string): string | undefined =>
  name === ''
    ? undefined
    : [name, `${name}.gz`, `${name}.ndjson`, `${name}.ndjson.gz`].map((each) => join(folder, each)).find((each) => existsSync(each));

function jsonIn(path: string): Json | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')) as Json;
  } catch {
    return undefined;
  }
}
