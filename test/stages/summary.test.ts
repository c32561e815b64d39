import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Count, play, unheard } from '../../scripts/test/lanes.ts';
import { command, report, spawned } from '../../scripts/test/stages.ts';

/** What is said of failures at the end of `npm test`: of a long log, often only the end is kept. */

const counting = (script: string) => unheard(() => command(process.execPath, ['-e', script], 'counted'));

test('a counting command names its failures, and one that dies before it could count has failed', async () => {
  const found = await counting("console.log('ok a\\nFAIL b.c/d: said x\\n1 passed, 1 failed'); process.exit(1)");
  assert.deepEqual(found, { passed: 1, failed: 1, skipped: [], failures: ['b.c/d: said x'] });
  const died = await counting("console.log('FAIL e'); process.exit(1)");
  assert.deepEqual([died.passed, died.failed, died.failures], [0, 1, ['e']]);
  const mute = await counting("console.log('x is not a function'); process.exit(7)");
  assert.match(mute.failures?.join() ?? '', /ended with 7: x is not a function$/);
  const lied = await counting("console.log('3 passed, 0 failed'); process.exit(1)");
  assert.deepEqual([lied.passed, lied.failed], [3, 1]);
});

test('a test file names its failing tests, with the file and the first line of the reason, and ends whatever they left open', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-assay-stages-'));
  writeFileSync(
    join(folder, 'a.test.mjs'),
    [
      "import { createServer } from 'node:http';",
      "import { test } from 'node:test';",
      "test('holds', () => {});",
      // As a test does that closes only at its own end: the file ends all the same, or the whole of CI would wait for it.
      "test('breaks', () => { createServer().listen(0); throw new Error('first\\nsecond'); });",
    ].join('\n'),
  );
  // Node runs no tests within a test: the stage is asked in a process of its own.
  const stages = new URL('../../scripts/test/stages.ts', import.meta.url).href;
  const asks = `import(${JSON.stringify(stages)}).then(({ testFiles }) => testFiles([${JSON.stringify(join(folder, '*.test.mjs'))}])).then((count) => console.log('=' + JSON.stringify(count)))`;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const script = join(folder, 'ask.mjs');
  writeFileSync(script, asks);
  const { output } = await unheard(() => spawned(process.execPath, [script], env));
  const { passed, failed, failures = [] } = JSON.parse(output.slice(output.lastIndexOf('=') + 1)) as Count;
  assert.deepEqual([passed, failed, failures.length], [1, 1, 1]);
  assert.match(failures[0] ?? '', /a\.test\.mjs: breaks: first$/);
});

test('the summary says them again, cut and counted where there are many, and its last line counts', (t) => {
  const said: string[] = [];
  t.mock.method(console, 'log', (line: string) => void said.push(line));
  const failures = Array.from({ length: 23 }, (_, nth) => `f${nth} ${'x'.repeat(900)}`);
  assert.equal(report([{ name: 'faults', passed: 2, failed: 23, skipped: ['why'], failures }]), 23);
  t.mock.restoreAll();
  assert.ok(said.includes('skipped (faults) why'));
  assert.equal(said.filter((line) => line.startsWith('failed (faults) f')).length, 20);
  assert.ok(said.every((line) => line.length < 600));
  assert.ok(said.includes('failed (faults) and 3 more, told above'));
  assert.equal(said.at(-1), '2 passed, 23 failed');
});

test('what waits is played beside the others, its words stay together, and the counts keep their order', async () => {
  const said: string[] = [];
  // Each of the two can only end while the other is at work.
  const opened = new Map<string, () => void>();
  const gate = (name: string) => new Promise<void>((resolve) => opened.set(name, resolve));
  const gates = { slow: gate('slow'), quick: gate('quick') };
  const says = (name: string, waits: Promise<void>) => async (): Promise<Count> => {
    await spawned(process.execPath, ['-e', `console.log('${name} begins')`]);
    opened.get(name)?.();
    await waits;
    const { code } = await spawned(process.execPath, ['-e', `console.log('${name} ends')`]);
    return { passed: 1, failed: code, skipped: [] };
  };
  const counts = await play(
    [
      { name: 'slow', beside: true, run: says('slow', gates.quick) },
      { name: 'quick', run: says('quick', gates.slow) },
      { name: 'last', run: says('last', gates.slow) },
      { name: 'broken', run: () => Promise.reject(new Error('no such tool')) },
    ],
    (words) => void said.push(Buffer.from(words).toString()),
  );
  assert.deepEqual(
    counts.map(({ name, passed, failed }) => [name, passed, failed]),
    [
      ['slow', 1, 0],
      ['quick', 1, 0],
      ['last', 1, 0],
      ['broken', 0, 1],
    ],
  );
  const words = said.join('').match(/(slow|quick|last) (begins|ends)/g) ?? [];
  assert.equal(words.length, 6);
  assert.deepEqual(counts.at(-1)?.failures, ['Error: no such tool']);
  for (const name of ['slow', 'quick', 'last']) assert.equal(words.indexOf(`${name} ends`) - words.indexOf(`${name} begins`), 1, words.join());
});
