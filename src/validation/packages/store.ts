import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { JsonObject } from '../../core/fhir.ts';
import { isObject } from '../../core/fhir.ts';
import { messageOf } from '../../core/message.ts';
import type { Json } from '../../core/model.ts';
import { makeFolder } from '../../disk/folder.ts';
import { PackageError, readTgz } from './archive.ts';
import { openPack, type Pack } from './pack.ts';

/** What package.json of a FHIR package says. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly fhirVersions: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly license?: string;
}

const nameShape = /^[a-z0-9][a-z0-9._-]{0,127}$/i;

/** Packages present in the cache folder, by `id#version`, sorted. */
export function listPackages(cache: string): readonly string[] {
  if (!existsSync(cache)) return [];
  return readdirSync(cache)
    .filter((name) => name.includes('#') && existsSync(join(cache, name, 'package', 'package.json')))
    .sort();
}

/**
 * Opens `id#version` from the cache folder, or a .tgz by path.
 * @throws PackageError when it is absent, damaged or no FHIR package.
 */
export function openPackage(nameOrFile: string, cache: string): Pack {
  if (/\.(tgz|tar\.gz)$/.test(nameOrFile)) return openFile(resolve(nameOrFile));
  const folder = join(cache, nameOrFile, 'package');
  if (!nameOrFile.includes('#')) {
    const here = listPackages(cache).filter((each) => each.startsWith(`${nameOrFile}#`));
    throw new PackageError(
      `${nameOrFile} names no version. Expected ID#VERSION, e.g. ${here.at(-1) ?? `${nameOrFile}#1.0.0`}, or a .tgz file${here.length > 0 ? `; here are ${here.join(', ')}` : ''}.`,
    );
  }
  if (!existsSync(join(folder, 'package.json')))
    throw new PackageError(
      `Package ${nameOrFile} is not in ${cache}. Add it with \`payer-assay ig add ${nameOrFile}\` or \`payer-assay ig add FILE.tgz\`.`,
    );
  const manifest = readManifest(readFileSync(join(folder, 'package.json')), nameOrFile);
  const fingerprint = createHash('sha256')
    .update(`${folder}|${statSync(folder).mtimeMs}|${statSync(join(folder, 'package.json')).mtimeMs}`)
    .digest('hex');
  return openPack(nameOrFile, fingerprint, () => ({
    ...manifest,
    name: nameOrFile,
    resources: fromFolder(folder, nameOrFile),
  }));
}

function openFile(path: string): Pack {
  const bytes = readBytes(path);
  const manifest = manifestOf(bytes, path);
  const name = `${manifest.name}#${manifest.version}`;
  const fingerprint = createHash('sha256').update(bytes).digest('hex');
  return openPack(name, fingerprint, () => ({
    ...manifest,
    name,
    resources: fromArchive(bytes, path),
  }));
}

/**
 * Unpacks a .tgz into the cache folder and answers with its `id#version`. Other files of the cache (packages.ini above all) are never touched.
 * @throws PackageError when the file is damaged, no FHIR package, or its SHA-256 is not the expected one.
 */
export function addPackage(path: string, cache: string, sha256?: string): string {
  const bytes = readBytes(path);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== undefined && sha256.toLowerCase() !== actual)
    throw new PackageError(`${path}: expected SHA-256 ${sha256}, but it is ${actual}. Do not use this file.`);
  const manifest = manifestOf(bytes, path);
  const name = `${manifest.name}#${manifest.version}`;
  if (manifest.fhirVersions.length === 0)
    throw new PackageError(
      `${path} (${name}) says nothing of FHIR versions in its package.json, so it is a package, but no FHIR package. Nothing was added.`,
    );
  makeFolder(cache);
  const draft = join(cache, `.adding-${name}-${process.pid}`);
  try {
    for (const file of readTgz(bytes, path)) {
      const target = resolve(draft, file.name);
      if (!target.startsWith(`${draft}/`)) throw new PackageError(`${path} holds ${file.name}, which leads out of its folder. Do not use this file.`);
      // Stale indexes make other tools overlook files; each tool makes its own.
      if (/(^|\/)\.index\.(json|db)$/.test(file.name)) continue;
      makeFolder(dirname(target));
      writeFileSync(target, file.data);
    }
    rmSync(join(cache, name), { recursive: true, force: true });
    renameSync(draft, join(cache, name));
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return name;
}

function* fromFolder(folder: string, what: string): Generator<JsonObject> {
  for (const name of readdirSync(folder)) if (isConformance(name)) yield* parse(readFileSync(join(folder, name)), `${what}/${name}`);
}

function* fromArchive(bytes: Buffer, what: string): Generator<JsonObject> {
  const wanted = (name: string): boolean => inPackage.test(name) && isConformance(name);
  for (const file of readTgz(bytes, what, wanted)) yield* parse(file.data, `${what}:${file.name}`);
}

const inPackage = /^package\/[^/]+$/;
const isConformance = (name: string): boolean => name.endsWith('.json') && !name.endsWith('package.json') && !/(^|\/)\./.test(name);

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new PackageError(`${path} cannot be read: ${messageOf(cause)}`);
  }
}

function manifestOf(bytes: Buffer, path: string): Manifest {
  const [manifest] = readTgz(bytes, path, (name) => name === 'package/package.json');
  if (manifest) return readManifest(manifest.data, path);
  throw new PackageError(`${path} holds no package/package.json, so it is not a FHIR package.`);
}

function readManifest(data: Buffer, what: string): Manifest {
  const [manifest] = parse(data, `package.json of ${what}`);
  const { name, version } = manifest ?? {};
  if (typeof name !== 'string' || typeof version !== 'string' || !nameShape.test(name) || !nameShape.test(version))
    throw new PackageError(`package.json of ${what} lacks a usable name and version, so it is not a FHIR package.`);
  const versions = manifest?.['fhirVersions'] ?? manifest?.['fhir-version-list'];
  return {
    name,
    version,
    fhirVersions: Array.isArray(versions) ? versions.filter((each) => typeof each === 'string') : [],
    dependencies: textsOf(manifest?.['dependencies']),
    ...(typeof manifest?.['license'] === 'string' ? { license: manifest['license'] } : {}),
  };
}

const textsOf = (value: Json | undefined): Record<string, string> =>
  isObject(value) ? Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string')) : {};

function parse(data: Buffer, what: string): readonly JsonObject[] {
  try {
    const value = JSON.parse(data.toString('utf8').replace(/^\uFEFF/, '')) as Json;
    return isObject(value) ? [value] : [];
  } catch (cause) {
    throw new PackageError(`${what} is not JSON (${messageOf(cause)}). The package is damaged: fetch it again.`);
  }
}
