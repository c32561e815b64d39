import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asArray, asString, at, isObject } from '../../core/fhir.ts';
import type { Json } from '../../core/model.ts';
import { isHttpUrl } from '../../core/url.ts';
import { makeFolder } from '../../disk/folder.ts';
import { type Provider, Stop } from '../provider.ts';
import type { MakeSink } from './download.ts';

/** A file's place below the downloads folder, and the sink that fills it. */
export interface Saved {
  readonly name: string;
  readonly sink: MakeSink;
}

/** Health data: for nobody but the one who runs this. */
const mode = { file: 0o600, folder: 0o700 } as const;

const counters = new WeakMap<Provider, number>();
const folderOf = ({ known }: Provider): string | undefined => asString(known.notes['run.downloads']);
/** Nothing that a server says becomes part of a path. */
const exportFolder = (variant: string): string => variant.replaceAll(/[^A-Za-z0-9-]+/g, '-');

/** Where this file goes when the run keeps its downloads (`DriveOptions.downloads`), as `export/number-Type.ndjson`; undefined when it does not. */
export function savedFile(provider: Provider, variant: string, kind: string, type: string): Saved | undefined {
  const folder = folderOf(provider);
  if (folder === undefined) return undefined;
  const number = (counters.get(provider) ?? 0) + 1;
  counters.set(provider, number);
  const plain = /^[A-Za-z]{1,64}$/.test(type) ? type : 'unknown';
  const name = join(exportFolder(variant), `${String(number).padStart(4, '0')}-${kind === 'output' ? '' : `${kind}-`}${plain}.ndjson`);
  return { name, sink: () => diskSink(join(folder, name)) };
}

/** Writes as fast as the disk takes it; a download that starts over starts the file over. */
function diskSink(path: string): ReturnType<MakeSink> {
  const opened = Promise.resolve().then(() => {
    makeFolder(dirname(path), mode.folder);
    return open(path, 'w', mode.file);
  });
  // Told to the writer, not to the process.
  opened.catch(() => undefined);
  return {
    write: (chunk) => onDisk(path, async () => (await opened).write(chunk)),
    end: () => onDisk(path, async () => (await opened).close()),
  };
}

async function onDisk(path: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (cause) {
    throw new Stop(`${path} cannot be written (${(cause as Error).message}). Make room there, or leave --downloads out`, 'set-up');
  }
}

/** Manifests written so far, by path: a manifest may come in several pages. */
const written = new WeakMap<Provider, Map<string, Readonly<Record<string, readonly Json[]>>>>();

/**
 * Puts a `manifest.json` beside the files of an export, for `payer-assay validate`: what the payer said, but for URLs, which may open the files to
 * whoever reads them; they become the names of the files here. `names` as `filesOf` lists them.
 */
export function saveManifest(provider: Provider, variant: string, manifest: Json | undefined, names: readonly (string | undefined)[]): void {
  const folder = folderOf(provider);
  if (folder === undefined || !isObject(manifest)) return;
  const path = join(folder, exportFolder(variant), 'manifest.json');
  const known = written.get(provider) ?? new Map<string, Readonly<Record<string, readonly Json[]>>>();
  written.set(provider, known);
  let place = 0;
  const items = Object.fromEntries(
    (['output', 'deleted', 'error'] as const).map((kind) => [
      kind,
      [
        ...(known.get(path)?.[kind] ?? []),
        ...asArray(manifest[kind]).map((item) => {
          const { url, ...rest } = isObject(item) ? item : { url: undefined };
          const name = isHttpUrl(url) ? names[place++] : undefined;
          return { ...rest, url: name === undefined ? '' : basename(name) };
        }),
      ],
    ]),
  );
  known.set(path, items);
  makeFolder(dirname(path), mode.folder);
  const { transactionTime = null, requiresAccessToken = null } = manifest;
  const request = asString(at(manifest, 'request'))?.split('?')[0] ?? null;
  writeFileSync(path, `${JSON.stringify({ transactionTime, request, requiresAccessToken, ...items }, null, 1)}\n`, { mode: mode.file });
}
