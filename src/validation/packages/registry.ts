import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asObject, asString, at } from '../../core/fhir.ts';
import { messageOf } from '../../core/message.ts';
import type { Json } from '../../core/model.ts';
import { PackageError } from './archive.ts';
import { addPackage } from './store.ts';

export interface FetchOptions {
  /** Package registry that speaks npm's or FHIR's protocol. Without it, the user's own npm client is asked. */
  readonly registry?: string;
  /** Expected SHA-256 of the tarball, hex. */
  readonly sha256?: string;
  /** Milliseconds for the whole transfer. Default 120,000. */
  readonly timeout?: number;
}

const mostBytes = 256 << 20;

/**
 * Fetches `ID#VERSION` and unpacks it into the cache; answers with its `id#version`.
 * The checksum that the registry states is verified too, but only `sha256` protects from a registry that lies.
 * @throws PackageError when it is not available or is not what was expected.
 */
export async function fetchPackage(name: string, cache: string, options: FetchOptions = {}): Promise<string> {
  const match = /^([a-z0-9][a-z0-9._-]*)#([A-Za-z0-9][A-Za-z0-9._-]*)$/.exec(name);
  const [, id, version] = match ?? [];
  if (id === undefined || version === undefined)
    throw new PackageError(`Expected ID#VERSION, e.g. hl7.fhir.us.core#6.1.0, or a .tgz file, but got ${name}.`);
  const folder = mkdtempSync(join(tmpdir(), 'payer-assay-'));
  try {
    const file =
      options.registry === undefined
        ? await byNpm(id, version, folder)
        : await byHttp(options.registry, id, version, folder, options.timeout ?? 120_000);
    const added = addPackage(file, cache, options.sha256);
    if (added !== name) throw new PackageError(`Asked for ${name}, but the package calls itself ${added}.`);
    return added;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** hl7.terminology.r4 and its like are on npm, but depend on hl7.fhir.r4.core, which is not: so they are packed, never installed. */
async function byNpm(id: string, version: string, folder: string): Promise<string> {
  try {
    // --silent would hide why it failed as well.
    await promisify(execFile)('npm', ['pack', `${id}@${version}`, '--loglevel', 'error', '--ignore-scripts', '--pack-destination', folder], {
      timeout: 120_000,
    });
  } catch (cause) {
    throw new PackageError(await whyNot(id, version, messageOf(cause)));
  }
  const file = readdirSync(folder).find((each) => each.endsWith('.tgz'));
  if (file === undefined) throw new PackageError(`npm packed no file for ${id}@${version}.`);
  return join(folder, file);
}

const otherWays = 'Give a FHIR registry with --registry URL, or the file itself: payer-assay ig add FILE.tgz.';

/** No such package, no such version, or nobody there: each wants another next step. */
async function whyNot(id: string, version: string, message: string): Promise<string> {
  if (/ETARGET|E404/.test(message)) {
    const offered = await versionsOf(id);
    if (offered.length > 0) return `${id} has no version ${version} on npm. On offer: ${offered.slice(-10).join(', ')}.`;
    return `${id} is not on npm. ${otherWays}`;
  }
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|timed out|ERR_SOCKET/i.test(message))
    return `npm could not reach its registry, so ${id}@${version} was not fetched. Check the network and npm's settings (npm config get registry), or add a file: payer-assay ig add FILE.tgz.`;
  if (/ENOENT/.test(message)) return `npm is not installed, so ${id}@${version} was not fetched. ${otherWays}`;
  return `npm pack ${id}@${version} failed (${/code E\w+/.exec(message)?.[0] ?? 'no reason given'}). ${otherWays}`;
}

async function versionsOf(id: string): Promise<readonly string[]> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['view', id, 'versions', '--json', '--loglevel', 'error'], { timeout: 60_000 });
    const value = JSON.parse(stdout) as Json;
    return [value].flat().filter((each) => typeof each === 'string');
  } catch {
    return [];
  }
}

async function byHttp(registry: string, id: string, version: string, folder: string, timeout: number): Promise<string> {
  const base = registry.replace(/\/+$/, '');
  const signal = AbortSignal.timeout(timeout);
  const first = await get(`${base}/${id}/${version}`, signal);
  let bytes = first.bytes;
  if (first.json !== undefined) {
    const dist = asObject(at(first.json, 'dist'));
    const url = asString(dist['tarball']) ?? asString(at(first.json, 'url'));
    if (url === undefined) throw new PackageError(`${base}/${id}/${version} answered JSON without dist.tarball.`);
    bytes = (await get(new URL(url, base).href, signal)).bytes;
    const shasum = asString(dist['shasum']);
    const actual = createHash('sha1').update(bytes).digest('hex');
    if (shasum !== undefined && shasum !== actual) throw new PackageError(`${url}: the registry states shasum ${shasum}, but it is ${actual}.`);
  }
  const file = join(folder, 'package.tgz');
  writeFileSync(file, bytes);
  return file;
}

async function get(url: string, signal: AbortSignal): Promise<{ readonly bytes: Buffer; readonly json?: Json }> {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new PackageError(`${url} answered ${response.status}.`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > mostBytes) throw new PackageError(`${url} is larger than ${mostBytes >> 20} MB.`);
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    return (response.headers.get('content-type') ?? '').includes('json') ? { bytes, json: JSON.parse(bytes.toString('utf8')) as Json } : { bytes };
  } catch (cause) {
    if (cause instanceof PackageError) throw cause;
    // fetch says "fetch failed", and why in its cause.
    const why = cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause);
    throw new PackageError(`${url} cannot be fetched: ${why}. Check the address and the network, or add a file: payer-assay ig add FILE.tgz.`);
  }
}
