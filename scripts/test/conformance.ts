import { type Count, spawned } from './stages.ts';

/** Our own payer must be a conformant one: exit 0, no fail, no warning, and nothing left over but what its reasons explain. */
export async function honestRun(): Promise<Count> {
  const { code, output } = await spawned(process.execPath, ['src/cli/main.ts', 'run', '--embedded', '--json', '--out', 'out/test/conformance']);
  const start = output.indexOf('{\n');
  const result = start < 0 ? undefined : (JSON.parse(output.slice(start)) as { counts: Record<string, number> });
  const facts: readonly (readonly [string, boolean])[] = [
    ['exit code 0', code === 0],
    ['no SHALL fails', result?.counts['fail'] === 0],
    ['no warning', result?.counts['warning'] === 0],
  ];
  for (const [what, holds] of facts) console.log(`${holds ? 'ok' : 'NOT OK'}  ${what}`);
  return { passed: facts.filter(([, holds]) => holds).length, failed: facts.filter(([, holds]) => !holds).length, skipped: [] };
}
