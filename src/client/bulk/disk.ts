import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Provider } from '../provider.ts';
import type { MakeSink } from './download.ts';

/** A file's place below the downloads folder, and the sink that fills it. */
export interface Saved {
  readonly name: string;
  readonly sink: MakeSink;
}

const counters = new WeakMap<Provider, number>();

/**
 * Where this file goes when the run keeps its downloads (`DriveOptions.downloads`); undefined when it does not. The name is
 * `export/number-Type.ndjson`, made from our own words: nothing that a server says becomes part of a path.
 */
export function savedFile(provider: Provider, variant: string, kind: string, type: string): Saved | undefined {
  const folder = provider.known.notes['run.downloads'];
  if (typeof folder !== 'string') return undefined;
  const number = (counters.get(provider) ?? 0) + 1;
  counters.set(provider, number);
  const plain = /^[A-Za-z]{1,64}$/.test(type) ? type : 'unknown';
  const name = join(
    variant.replaceAll(/[^A-Za-z0-9-]+/g, '-'),
    `${String(number).padStart(4, '0')}-${kind === 'output' ? '' : `${kind}-`}${plain}.ndjson`,
  );
  return { name, sink: () => diskSink(join(folder, name)) };
}

/** Writes as fast as the disk takes it; a download that starts over starts the file over. */
function diskSink(path: string): ReturnType<MakeSink> {
  const opened = mkdir(dirname(path), { recursive: true }).then(() => open(path, 'w'));
  // Told to the writer, not to the process.
  opened.catch(() => undefined);
  return {
    async write(chunk) {
      await (await opened).write(chunk);
    },
    async end() {
      await (await opened).close();
    },
  };
}
