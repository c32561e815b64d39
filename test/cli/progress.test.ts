import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { progress } from '../../src/cli/progress.ts';
import { asking, inWords, listening } from '../../src/client/manners/waiting.ts';
import type { Suite } from '../../src/run/suite.ts';

const suite: Suite = { id: 'bulk.export', title: 'Export', scenarios: ['S6'], asks: [], requests: 1, drive: async () => undefined };

test('a wait is never silent for longer than 15 s: what for, since when, until when, what Ctrl-C would lose', () => {
  mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.parse('2026-11-28T12:00:00Z') });
  let now = 0;
  mock.method(performance, 'now', () => now);
  try {
    const lines: string[] = [];
    const live: string[] = [];
    const { onSuite, onWait, stop } = progress(
      [suite],
      (line) => lines.push(line),
      (line) => live.push(line),
    );
    onSuite(suite, 'start', 0);
    onWait(suite, { what: 'the export job', ms: 60_000, until: Date.now() + 600_000, job: true });
    for (let second = 1; second <= 61; second++) {
      now = second * 1000;
      mock.timers.tick(1000);
    }
    assert.equal(lines.length, 4);
    const at = (ms: number) => new Date(Date.parse('2026-11-28T12:00:00Z') + ms).toTimeString().slice(0, 8);
    assert.equal(
      lines[0],
      `  ... bulk.export waits for the export job since ${at(0)}, until ${at(600_000)} at most. Ctrl-C now: what was learned is graded, jobs are cancelled, 1 conversation lost.`,
    );
    assert.ok(live.length > 60, 'and a terminal has it each second');
    onSuite(suite, 'end', 12);
    stop();
    assert.match(lines.at(-1) ?? '', /1\/1 bulk\.export {2}Export \(12 requests/);
  } finally {
    mock.timers.reset();
    mock.restoreAll();
  }
});

test('the request on its way is reported with the time since when, also in the line of a terminal, until its answer is here', () => {
  const noon = Date.parse('2026-11-28T12:00:00Z');
  mock.timers.enable({ apis: ['setInterval', 'Date'], now: noon });
  try {
    let line = '';
    const { onSuite, onWait, onAsk, state, stop } = progress(
      [suite],
      () => undefined,
      (live) => {
        line = live;
      },
    );
    const at = (ms: number) => new Date(noon + ms).toTimeString().slice(0, 8);
    onSuite(suite, 'start', 0);
    onAsk(suite, { what: 'GET bulk.status', since: noon });
    assert.equal(state().underWay[0]?.asks, `GET bulk.status, since ${at(0)}`);
    mock.timers.tick(1000);
    assert.equal(line, `  0/1 bulk.export is under way since ${at(0)}, asks GET bulk.status since ${at(0)}`);
    onAsk(suite, undefined);
    assert.equal(state().underWay[0]?.asks, undefined);
    // Between two polls the job is what is waited for; when that wait is over, a request without an answer.
    onWait(suite, { what: 'the export job', ms: 2000, until: Date.now() + 2000, job: true });
    onAsk(suite, { what: 'GET bulk.status', since: noon + 1000 });
    mock.timers.tick(1000);
    assert.match(line, /waits for the export job/);
    mock.timers.tick(2000);
    assert.equal(line, `  0/1 bulk.export is under way since ${at(0)}, asks GET bulk.status since ${at(1000)}`);
    stop();
  } finally {
    mock.timers.reset();
  }
});

test('whoever converses, opens a file or shakes hands tells it before, and again when it is over', async () => {
  const heard: (string | undefined)[] = [];
  const listener = { waits: () => undefined, goesOn: () => undefined, asks: (each?: { readonly what: string }) => void heard.push(each?.what) };
  await listening.run(listener, () => asking(inWords('GET', 'read', 'no-such'), () => Promise.reject(new Error('lost'))).catch(() => undefined));
  assert.deepEqual(heard, ['GET read, deliberately wrong (no-such)', undefined]);
});
