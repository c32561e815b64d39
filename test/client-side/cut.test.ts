import assert from 'node:assert/strict';
import { test } from 'node:test';
import { due } from '../../checks/client/marks.ts';
import { cases } from '../../mocks/client/cases/index.ts';
import { startScripted } from '../../mocks/client/host.ts';
import { planTrigger } from '../../src/client-side/triggers.ts';
import { fail } from '../../src/core/findings.ts';
import type { Play } from '../../src/core/heard.ts';
import type { Exchange } from '../../src/core/model.ts';

const play: Play = { case: 'B2', before: 'completed', after: 'completed', triggered: 0, exited: 1, window: 1, word: 'abc' };
const seen = {
  index: 0,
  suite: 'B2',
  step: 'bulk.status',
  request: { method: 'GET', url: 'http://127.0.0.1/B2', headers: {} },
} as unknown as Exchange;

test('a trigger that we end says so, and what did not come then convicts nobody', async (t) => {
  const scripted = await startScripted({ cases: cases.filter(({ id }) => id === 'B2'), clients: new Map() });
  t.after(() => scripted.close());
  const about = cases.find(({ id }) => id === 'B2');
  assert.ok(about);
  const told = (words: string, seconds: number) =>
    planTrigger(scripted, {
      plan: {
        name: 'x',
        guides: {},
        cases: [],
        share: 1,
        atOnce: 1,
        triggers: { bulk: { kind: 'command', command: [process.execPath, '-e', words], cwd: '.', seconds, screen: false } },
      },
      clientId: 'x',
      environment: {},
      signal: new AbortController().signal,
      say: () => undefined,
    })('B2', 'bulk', about);
  assert.deepEqual(await told('setInterval(() => undefined, 1000)', 1), { cut: true });
  assert.deepEqual(await told('0', 60), {});

  const scene = (cut: boolean) => ({ play: cut ? { ...play, cut: true as const } : play, heard: [seen], seen, after: [], share: 1 });
  const missing = fail(seen, 'the files of this job', 'none');
  assert.equal(due(scene(false), missing).outcome, 'fail');
  assert.equal(due(scene(true), missing).outcome, 'not-testable');
});
