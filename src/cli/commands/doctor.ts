import type { Command } from 'commander';
import { exit } from '../failure.ts';

export function define(program: Command): void {
  program
    .command('doctor')
    .summary('ten seconds before a run: DNS, TLS, clock, metadata, token, member; each line says what to do')
    .requiredOption('--target <file>', 'target file of the payer')
    .option('--json', 'print the findings as JSON on stdout')
    .action(act);
}

async function act(options: { readonly target: string; readonly json?: boolean }): Promise<void> {
  const [{ examine }, { openSubject }, { linesOfDoctor }] = await Promise.all([
    import('../../run/doctor.ts'),
    import('../subject.ts'),
    import('../doctor-words.ts'),
  ]);
  const subject = await openSubject({ target: options.target });
  const findings = await examine(subject.target, subject.secrets, AbortSignal.timeout(9_500));
  if (options.json) console.log(JSON.stringify(findings, null, 1));
  else for (const line of linesOfDoctor(findings)) console.log(line);
  process.exitCode = findings.some(({ state }) => state === 'bad') ? exit.nonConformant : 0;
}
