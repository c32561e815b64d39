import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmbedded } from '../../mocks/embedded.ts';
import type { Target } from '../../src/core/model.ts';
import { exportsIn, type Suite } from '../../src/run/suite.ts';
import { inTurn } from '../../src/run/turns.ts';
import { suites } from '../../suites/index.ts';

/** Suites with exports, on a clock of their own: each export of a suite takes a minute, one after the other; everything else takes none. */
async function schedule(target: Target, jobs: number) {
  const ends: { readonly at: number; readonly done: () => void }[] = [];
  let now = 0;
  let out = 0;
  let most = 0;
  let over = false;
  const held = inTurn(
    suites,
    target,
    () => jobs,
    (suite: Suite) => {
      const minutes = exportsIn([suite]);
      out += minutes > 0 ? (suite.jobs ?? 1) : 0;
      most = Math.max(most, out);
      const done = new Promise<void>((resolve) => {
        ends.push({
          at: now + minutes,
          done() {
            out -= minutes > 0 ? (suite.jobs ?? 1) : 0;
            resolve();
          },
        });
      });
      return { done, waits: minutes > 0 ? Promise.resolve() : new Promise(() => undefined) };
    },
  ).then(() => {
    over = true;
  });
  while (!over) {
    // Whoever may begin has begun: only then the clock goes on.
    await new Promise((resolve) => setImmediate(resolve));
    ends.sort((a, b) => b.at - a.at);
    const next = ends.pop();
    if (next === undefined) continue;
    now = next.at;
    next.done();
  }
  await held;
  return { minutes: now, most };
}

const exports = exportsIn(suites);

test('where each export takes a minute, all bulk rows are graded within (exports / jobs allowed + 3) minutes', async (t) => {
  const embedded = await startEmbedded();
  t.after(() => embedded.close());
  const { controls: _controls, ...bulk } = embedded.target.bulk ?? {};
  // With the operator's switches, which keep others away, and without, as at most payers. Beyond six at once the longest row of exports decides.
  for (const target of [embedded.target, { ...embedded.target, bulk }])
    for (const jobs of [1, 2, 3, 4, 6]) {
      const { minutes, most } = await schedule(target, jobs);
      t.diagnostic(`${exports} exports, ${jobs} at once: ${minutes} minutes`);
      assert.ok(minutes <= exports / jobs + 3, `${jobs} jobs: ${minutes} minutes for ${exports} exports`);
      assert.ok(most <= Math.max(2, jobs), `${most} jobs out where ${jobs} are allowed`);
    }
});
