import { Command, CommanderError } from 'commander';
import { visible } from '../core/visible.ts';
import { tool } from '../package/tool.ts';
import { exit, explainFailure } from './failure.ts';
import { withNewOptions } from './renamed.ts';

/** A command of the CLI: declares its options; loads what it needs only when it runs. */
interface CommandFile {
  readonly define: (program: Command) => void;
}

const commands: Readonly<Record<string, () => Promise<CommandFile>>> = {
  run: () => import('./commands/run.ts'),
  mock: () => import('./commands/mock.ts'),
  client: () => import('./commands/client.ts'),
  list: () => import('./commands/list.ts'),
  report: () => import('./commands/report.ts'),
  regrade: () => import('./commands/regrade.ts'),
  diff: () => import('./commands/diff.ts'),
  merge: () => import('./commands/merge.ts'),
  init: () => import('./commands/init.ts'),
  serve: () => import('./commands/serve.ts'),
  history: () => import('./commands/history.ts'),
  doctor: () => import('./commands/doctor.ts'),
  ig: () => import('./commands/ig.ts'),
  validate: () => import('./commands/validate.ts'),
  plan: () => import('./commands/plan.ts'),
  matrix: () => import('./commands/matrix.ts'),
  package: () => import('./commands/package.ts'),
  sign: () => import('./commands/sign.ts'),
  verify: () => import('./commands/verify.ts'),
  explain: () => import('./commands/explain.ts'),
};

const program = new Command('payer-assay')
  .description("Plays the provider against a payer's FHIR APIs and grades every answer.")
  .version(tool.version)
  .showHelpAfterError('Add --help for what is possible.')
  .configureHelp({ showGlobalOptions: true })
  .addHelpText('after', '\nExit codes: 0 conformant, 1 non-conformant or a stale expectation, 2 incomplete or interrupted, 3 usage or harness error.')
  .exitOverride();

// What a server or a file says drives no terminal, whichever command repeats it. Our own colours are no harm.
for (const name of ['log', 'error'] as const) {
  const say = console[name].bind(console);
  console[name] = (...words: unknown[]) => say(...words.map((each) => (typeof each === 'string' ? harmless(each) : each)));
}

// The last net of every command. A run has its own before it, which keeps the evidence (ending.ts).
process.on('uncaughtException', (cause) => {
  if (process.listenerCount('uncaughtException') > 1) return;
  console.error(explainFailure(cause));
  process.exit(exit.trouble);
});
let settled = false;
process.on('beforeExit', () => {
  // Whoever waits for what cannot come any more has no result; Node itself would end with a code of its own.
  if (settled || process.listenerCount('beforeExit') > 1) return;
  settled = true;
  console.error('payer-assay stopped on a defect of its own: it waits for something that cannot come any more. Please report it.');
  process.exitCode = exit.trouble;
});

void main().finally(() => {
  settled = true;
});

async function main(): Promise<void> {
  try {
    const name = process.argv[2] ?? '';
    const wanted = Object.hasOwn(commands, name) ? [name] : Object.keys(commands);
    for (const each of wanted) (await commands[each]?.())?.define(program);
    await program.parseAsync([...withNewOptions(process.argv, console.error)]);
  } catch (cause) {
    if (cause instanceof CommanderError) {
      process.exitCode = cause.exitCode === 0 ? 0 : exit.trouble;
    } else {
      console.error(explainFailure(cause));
      process.exitCode = exit.trouble;
    }
  }
}

function harmless(text: string): string {
  return text
    .split(/(\u001b\[[0-9;]*m)/)
    .map((piece, nth) => (nth % 2 === 1 ? piece : visible(piece)))
    .join('');
}
