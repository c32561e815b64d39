import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '../../src/core/model.ts';
import type { Suite } from '../../src/run/suite.ts';
import { inTurn } from '../../src/run/turns.ts';

/** What waits for a job at the payer holds nobody up. Made-up suites, no clock. */

const target = { name: 'x', auth: { kind: 'none' }, members: {} } as const satisfies Target;
const suite = (id: string, more: Partial<Suite> = {}): Suite => ({
  ...{ id, title: id, scenarios: ['S6'], asks: [], requests: 1, drive: async () => undefined },
  ...more,
});
const exporting = (id: string, more: Partial<Suite> = {}): Suite => suite(id, { asks: [{ step: 'bulk.kickoff' }], ...more });

/** Begins suites as told; each export waits at once and ends when it is let go. */
function world(slow: readonly string[]) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const begin = ({ id }: Suite) => {
    begun.push(id);
    if (!slow.includes(id)) return { done: Promise.resolve(), waits: new Promise<void>(() => undefined) };
    return { done: new Promise<void>((resolve) => ends.set(id, resolve)), waits: Promise.resolve() };
  };
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    begun,
    begin,
    settled,
    async end(id: string) {
      ends.get(id)?.();
      await settled();
    },
  };
}

test('others go on while exports wait, and no more are out than allowed', async () => {
  const { begun, begin, settled, end } = world(['a', 'b', 'c', 'd']);
  const done = inTurn([exporting('a'), exporting('b'), exporting('c'), suite('x'), exporting('d'), suite('y')], target, () => 2, begin);
  await settled();
  assert.deepEqual(begun, ['a', 'b', 'x', 'y']);
  await end('b');
  assert.deepEqual(begun, ['a', 'b', 'x', 'y', 'c']);
  await end('a');
  assert.deepEqual(begun.at(-1), 'd');
  await end('c');
  await end('d');
  await done;
});

test('what needs one that is out, or learns from it, waits for it; what must be alone waits for all', async () => {
  const { begun, begin, settled, end } = world(['a', 'b']);
  const suites = [
    exporting('a'),
    suite('needs-a', { needs: ['a'] }),
    suite('learns', { after: [{ suite: 'a' }] }),
    exporting('b'),
    suite('alone', { alone: () => true }),
    suite('z'),
  ];
  const done = inTurn(suites, target, () => 4, begin);
  await settled();
  assert.deepEqual(begun, ['a', 'b', 'z']);
  await end('a');
  assert.deepEqual(begun, ['a', 'b', 'z', 'needs-a', 'learns']);
  await end('b');
  await done;
  assert.deepEqual(begun.at(-1), 'alone');
});

test('a payer that throttles gets one job at a time from then on', async () => {
  const { begun, begin, settled, end } = world(['a', 'b', 'c']);
  let jobs = 2;
  const done = inTurn([exporting('a'), exporting('b'), exporting('c')], target, () => jobs, begin);
  await settled();
  jobs = 1;
  await end('a');
  assert.deepEqual(begun, ['a', 'b'], 'one is still out');
  await end('b');
  await end('c');
  await done;
});
