import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Conducted } from '../../client-side/conduct.ts';
import { share, whole } from '../options.ts';

interface Options {
  readonly embedded?: boolean;
  readonly plan?: string;
  readonly passive?: boolean;
  readonly only?: string;
  readonly out?: string;
  readonly state?: string;
  readonly port?: number;
  readonly bind?: string;
  readonly publicUrl?: string;
  readonly tls?: boolean;
  readonly share?: number;
  readonly seconds?: number;
  readonly select?: string;
  readonly evidence?: 'full' | 'pseudonymised' | 'hashes';
  readonly resume?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export function define(program: Command): void {
  program
    .command('client')
    .summary('be the payer: grade the client of an EHR or provider system, by payers that behave and misbehave by script')
    .option('--embedded', 'grade the client that comes with this tool')
    .option('--plan <file>', 'the client to grade, and how to make it go: see docs/client.md')
    .option('--passive', 'serve one healthy payer, record what comes, and judge what needs no script')
    .option('--only <cases>', 'only these cases of the script, comma-separated, e.g. B1,E1')
    .option('--out <folder>', 'where run.json and the reports go (default: out/<time>-client)')
    .option('--state <folder>', 'keep the keys of the registered client here between starts')
    .option('--port <n>', 'port of the payers (default: a free one)', whole(0, 65_535))
    .option('--bind <address>', 'address to listen on; without it nothing leaves this machine (loopback)')
    .option('--public-url <url>', 'how the client reaches the payers when a proxy is in front of them')
    .option('--tls', 'speak https with a certificate made now; its authority is written to the state folder')
    .option('--share <share>', 'use this share of the waits and windows of the catalogue (0-1), over the plan', share)
    .option('--seconds <n>', 'with --passive: end after this time (default: Ctrl-C)', whole(1, 86_400))
    .option('--select <rows>', 'grade only the rows that belong together: g31 (45 CFR 170.315(g)(31)) or bulk')
    .addOption(
      new Option('--evidence <level>', 'what is stored of the people whom the client names, over the plan (default: pseudonymised)').choices([
        ...['full', 'pseudonymised', 'hashes'],
      ]),
    )
    .option('--resume', 'go on where the last start with this state folder was stopped')
    .option('--quiet', 'no line per request')
    .option('--json', 'print the result as JSON on stdout')
    .action(act);
}

async function act(options: Options): Promise<void> {
  const say = (line: string): void => console.error(line);
  const [{ ending }, { report }] = await Promise.all([import('../ending.ts'), import('../result.ts')]);
  const ways = [options.embedded, options.plan !== undefined, options.passive].filter((each) => each === true).length;
  if (ways !== 1)
    throw new Error(
      'Say which client to grade: --embedded for the one that comes with this tool, --plan FILE for yours, or --passive to listen only.',
    );
  const end = ending(say);
  const folder = options.out ?? join('out', `${new Date().toISOString().replace(/[:.]/g, '-')}-client`);
  try {
    const [{ conductFor }, { writeRun }, { watched }] = await Promise.all([
      import('../../client-side/command.ts'),
      import('../../run/store.ts'),
      import('../client-state.ts'),
    ]);
    const watch = watched(folder, say);
    // The folder is ours until the run is in it.
    const done = await conductFor({ ...options, folder, signal: end.signal, ...watch })
      .then((conducted) => {
        writeRun(folder, conducted.run);
        return conducted;
      })
      .finally(watch.end);
    process.exitCode = Math.max(
      await report(done.run, folder, { json: options.json === true, interrupted: end.signal.aborted && options.passive !== true }),
      end.code() ?? 0,
    );
    tell(done, say);
  } finally {
    end.release();
  }
}

/** What the reports do not say: requests that belong to no case are listed, not graded. */
function tell({ unfit, dropped }: Conducted, say: (line: string) => void): void {
  if (unfit.length > 0) say(`${unfit.length} requests fitted no case of the script, and were not graded:`);
  for (const each of unfit.slice(0, 20)) say(`  ${each.request.method} ${each.request.url.slice(0, 200)} (${each.facts?.['heard.listener']})`);
  if (unfit.length > 20) say(`  and ${unfit.length - 20} more, in run.json`);
  if (dropped > 0) say(`${dropped} further requests came after our limit of what is recorded, and were answered but not kept.`);
}
