import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { type HostileProxy, startProxy, type Turn } from '../../scripts/hostile/proxy.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import type { Run, Target } from '../../src/core/model.ts';
import { type Outcome, runIn, type Started, start, temporary } from '../cli/payer-assay.ts';

/** The embedded payer behind a proxy that misbehaves, and runs of the command line against it. */
export interface World {
  readonly embedded: Embedded;
  readonly proxy: HostileProxy;
  /** A folder with a target file for it. */
  place(changes?: Partial<Target>): { readonly file: string; readonly out: string };
  begin(options: Options): Started & { readonly out: string };
  run(options: Options): Promise<Outcome & { readonly out: string; readonly run: Run }>;
  close(): Promise<void>;
}

export interface Options {
  readonly act?: (turn: Turn) => Promise<void> | void;
  readonly changes?: Partial<Target>;
  readonly args?: readonly string[];
  readonly out?: string;
}

export async function openWorld(): Promise<World> {
  const proxy = await startProxy();
  const embedded = await startEmbedded({ publicUrl: proxy.origin });
  proxy.toward(`http://127.0.0.1:${(embedded.server.address() as { port: number }).port}`);
  const place: World['place'] = (changes = {}) => {
    const folder = temporary();
    const file = join(folder, 'target.json');
    writeTarget(file, { ...embedded.target, ...changes }, embedded.secrets);
    return { file, out: join(folder, 'out') };
  };
  const begin: World['begin'] = ({ act, changes, args = [], out: where }) => {
    embedded.payer.inject();
    proxy.act(act);
    const { file, out } = place(changes);
    const folder = where ?? out;
    return { ...start('run', '--target', file, '--out', folder, ...args), out: folder };
  };
  return {
    embedded,
    proxy,
    place,
    begin,
    async run(options) {
      const started = begin(options);
      const outcome = await started.done;
      return { ...outcome, out: started.out, run: runIn(started.out) };
    },
    async close() {
      await proxy.close();
      await embedded.close();
    },
  };
}

/** What a run in this folder did not take back. */
export const leftIn = (out: string): string =>
  existsSync(join(out, 'pending-cleanup.ndjson')) ? readFileSync(join(out, 'pending-cleanup.ndjson'), 'utf8') : '';
