import { readFile } from 'node:fs/promises';
import { checks } from '../../checks/index.ts';
import type { Run } from '../../src/core/model.ts';
import { postconditions } from '../../src/core/postconditions.ts';
import { scoreErrors } from '../../src/core/rubric/errors.ts';
import { type Count, voice } from './lanes.ts';
import { spawned } from './stages.ts';

/** Our own payer must be a conformant one: exit 0, no fail, no warning, and nothing left over but what its reasons explain. */
export async function honestRun(): Promise<Count> {
  const args = ['src/cli/main.ts', 'run', '--embedded', '--json', '--out', 'out/test/conformance'];
  const { code, output } = await spawned(process.execPath, args, { ...process.env, PAYER_ASSAY_MEMORY: 'ample' });
  const start = output.indexOf('{\n');
  const result = start < 0 ? undefined : (JSON.parse(output.slice(start)) as { counts: Record<string, number> });
  const facts: readonly (readonly [string, boolean])[] = [
    ['exit code 0', code === 0],
    ['no SHALL fails', result?.counts['fail'] === 0],
    ['no warning', result?.counts['warning'] === 0],
    ...(await postConditionsIn('out/test/conformance/run.json')),
  ];
  for (const [what, holds] of facts) voice()(`${holds ? 'ok' : 'FAIL'}  ${what}\n`);
  return {
    passed: facts.filter(([, holds]) => holds).length,
    failed: facts.filter(([, holds]) => !holds).length,
    skipped: [],
    failures: facts.flatMap(([what, holds]) => (holds ? [] : [what])),
  };
}

/** Each scenario's post-conditions: one that is missed is a scenario that has failed, whatever the requirements say. */
async function postConditionsIn(path: string): Promise<readonly (readonly [string, boolean])[]> {
  const run = JSON.parse(await readFile(path, 'utf8')) as Run;
  const probes = checks.flatMap((check) => check.probes ?? []);
  const errors = scoreErrors(run, probes);
  return postconditions(run, errors).map(({ scenario, id, state, why }) => [
    `${scenario} ${id} is met${state === 'met' ? '' : `: ${why}`}`,
    state === 'met',
  ]);
}
