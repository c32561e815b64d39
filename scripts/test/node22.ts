import { type Count, spawned } from './stages.ts';

/** The unit tests again on the oldest Node that users may have, where there is one: NODE22, or node22 on the PATH. CI always has it. */
export async function onNode22(): Promise<Count> {
  const node = process.env['NODE22'] ?? 'node22';
  const { code, output } = await spawned(node, ['-v']);
  if (code !== 0) return { passed: 0, failed: 0, skipped: ['unit tests on Node 22: there is none here; set NODE22 to its path (CI runs them)'] };
  const tests = await spawned(node, ['--test', '--test-concurrency=2', 'test/cli/*.test.ts', 'test/core/*.test.ts', 'test/target/*.test.ts']);
  const figure = (word: string): number => Number(new RegExp(`${word} (\\d+)`).exec(tests.output.slice(-600))?.[1] ?? 0);
  console.log(output.trim());
  return { passed: figure('pass'), failed: Math.max(figure('fail'), tests.code === 0 ? 0 : 1), skipped: [] };
}
