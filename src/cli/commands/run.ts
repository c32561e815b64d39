import { join } from 'node:path';
import type { Command } from 'commander';
import type { Run, Scenario } from '../../core/model.ts';
import { list, scenarioList, whole } from '../options.ts';

interface Options {
  readonly target?: string;
  readonly embedded?: boolean;
  readonly scenario?: readonly Scenario[];
  readonly grep?: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
  readonly maxWait?: number;
}

export function define(program: Command): void {
  program
    .command('run')
    .summary('hold the conversations with a payer, grade every answer, write the reports')
    .option('--target <file>', 'target file of the payer to test')
    .option('--embedded', 'test the payer that comes with this tool')
    .option('--scenario <list>', 'only these scenarios, e.g. S1,S3', scenarioList)
    .option('--grep <ids>', 'only requirements whose id contains one of these, comma-separated', list)
    .option('--out <folder>', 'where run.json and the reports go (default: out/<time>-<target>)')
    .option('--json', 'print the result as JSON on stdout')
    .option('--max-wait <seconds>', 'longest that an asynchronous job is waited for', whole(1, 86_400))
    .action(act);
}

async function act(options: Options): Promise<void> {
  const [{ checks }, { suites }, { choose }, { run }, { openSubject }, { interruptible }, { progress }, { report }] = await Promise.all([
    import('../../../checks/index.ts'),
    import('../../../suites/index.ts'),
    import('../../run/choose.ts'),
    import('../../run/run.ts'),
    import('../subject.ts'),
    import('../interrupt.ts'),
    import('../progress.ts'),
    import('../result.ts'),
  ]);
  const say = (line: string) => console.error(line);
  const chosen = choose(
    { checks, suites },
    { ...(options.scenario ? { scenarios: options.scenario } : {}), ...(options.grep ? { grep: options.grep } : {}) },
  );
  const subject = await openSubject(options);
  const { signal, release } = interruptible(say);
  try {
    const folder = options.out ?? join('out', `${new Date().toISOString().replace(/[:.]/g, '-')}-${fileName(subject.target.name)}`);
    const requests = chosen.suites.reduce((sum, suite) => sum + suite.requests, 0);
    say(`${subject.target.name}: about ${requests} requests in ${chosen.suites.length} conversations, for ${chosen.checks.length} requirements.`);
    const finished: Run = await run({
      ...chosen,
      target: subject.target,
      secrets: subject.secrets,
      folder,
      signal,
      onSuite: progress(chosen.suites, say),
      ...(options.maxWait === undefined ? {} : { maxWait: options.maxWait }),
    });
    process.exitCode = await report(finished, folder, { json: options.json === true, interrupted: signal.aborted });
  } finally {
    release();
    await subject.close();
  }
}

const fileName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
