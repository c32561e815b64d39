import { glob } from 'node:fs/promises';
import { type Count, spawned } from './stages.ts';

/** The unit tests again on the oldest Node that users may have: the one that set-up found or fetched (NODE22). */
export async function onNode22(): Promise<Count> {
  const node = process.env['NODE22'] ?? 'node22';
  const { code, output } = await spawned(node, ['-v']);
  if (code !== 0)
    return { passed: 0, failed: 0, skipped: ['unit tests on Node 22: there is none here, and set-up could not fetch one; set NODE22 to its path'] };
  const files: string[] = [];
  for await (const file of glob('test/**/*.test.ts')) if (!/^test\/(peers|browser)\//.test(file)) files.push(file);
  const tests = await spawned(node, ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files.sort()]);
  const figure = (word: string): number =>
    Number(new RegExp(`${word} (\\d+)`).exec(tests.output.slice(tests.output.lastIndexOf('ℹ tests')))?.[1] ?? 0);
  console.log(output.trim());
  return { passed: figure('pass'), failed: Math.max(figure('fail'), tests.code === 0 ? 0 : 1), skipped: [] };
}
