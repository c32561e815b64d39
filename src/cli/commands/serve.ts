import { join } from 'node:path';
import type { Command } from 'commander';
import { whole } from '../options.ts';

interface Options {
  readonly out: string;
  readonly targets: string;
  readonly port?: number;
  readonly readOnly?: boolean;
}

export function define(program: Command): void {
  program
    .command('serve')
    .summary('a local page: start, watch and stop runs, compare them, see how they went over time')
    .option('--out <folder>', 'folder of the runs', 'out')
    .option('--targets <folder>', 'folder of the target files', '.')
    .option('--port <n>', 'port on loopback (default: a free one)', whole(0, 65_535))
    .option('--read-only', 'only show: for a display on the wall')
    .action(act);
}

async function act(options: Options): Promise<void> {
  const [{ serveDesk }, { root }, { makeFolder }] = await Promise.all([
    import('../../desk/serve.ts'),
    import('../../package/tool.ts'),
    import('../../disk/folder.ts'),
  ]);
  makeFolder(options.out);
  const desk = await serveDesk({
    out: options.out,
    targets: options.targets,
    port: options.port ?? 0,
    readOnly: options.readOnly === true,
    command: [process.execPath, join(root, 'bin', 'payer-assay.js')],
  });
  console.log(desk.origin);
  console.error('The page is there for this machine only. Ctrl-C ends it; runs that were started go on, and are found again.');
  await new Promise<void>((resolve) => process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve()));
  await desk.close();
}
