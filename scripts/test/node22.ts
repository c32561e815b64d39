import { glob } from 'node:fs/promises';
import { type Count, voice } from './lanes.ts';
import { spawned } from './stages.ts';

/** Parts of the product that ask something of Node: sockets, streams, files, keys. What only computes is the same on every Node, and one whole run does all of it. */
const parts = 'test/{bulk-files,client,crd,disk,library,redact,target}/**/*.test.ts';
/** Whole runs at each level of evidence: the one below is enough. */
const computing = 'test/redact/verdicts.test.ts';

/** The product on the oldest Node that users may have, the one that set-up found or fetched (NODE22): the tests of its parts, and one whole run. */
export async function onNode22(): Promise<Count> {
  const node = process.env['NODE22'] ?? 'node22';
  const { code, output } = await spawned(node, ['-v']);
  if (code !== 0)
    return { passed: 0, failed: 0, skipped: ['unit tests on Node 22: there is none here, and set-up could not fetch one; set NODE22 to its path'] };
  const files: string[] = [];
  for await (const file of glob(parts)) if (file !== computing) files.push(file);
  const [tests, whole] = await Promise.all([
    spawned(node, ['--test', '--test-force-exit', '--test-timeout=600000', '--test-concurrency=2', '--test-reporter=spec', ...files.sort()]),
    spawned(node, ['src/cli/main.ts', 'run', '--embedded', '--out', 'out/test/node22'], { ...process.env, PAYER_ASSAY_MEMORY: 'ample' }),
  ]);
  const figure = (word: string): number =>
    Number(new RegExp(`${word} (\\d+)`).exec(tests.output.slice(tests.output.lastIndexOf('ℹ tests')))?.[1] ?? 0);
  voice()(`${output.trim()}\n`);
  const failed = Math.max(figure('fail'), tests.code === 0 ? 0 : 1) + (whole.code === 0 ? 0 : 1);
  return { passed: figure('pass') + (whole.code === 0 ? 1 : 0), failed, skipped: [] };
}
