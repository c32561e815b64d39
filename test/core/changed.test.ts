import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAnnotations } from '../../reports/formats/annotations.ts';
import { codeFor, newlyWrong } from '../../src/core/changed.ts';
import { sampleRun, verdict } from '../reports/sample.ts';

const fail = (id: string, actual = 'none') => verdict(id, { outcome: 'fail', expected: 'a link', actual, exchange: 0 });
const old = sampleRun({ verdicts: [fail('a.old'), verdict('a.new', { outcome: 'pass' }), verdict('a.warn', { outcome: 'pass' })] });
const now = sampleRun({
  verdicts: [fail('a.old'), fail('a.new'), verdict('a.warn', { outcome: 'fail', expected: 'x', actual: 'y', exchange: 0 }, { level: 'SHOULD' })],
});

test('only what the baseline did not show is new', () => {
  const { failed, warned } = newlyWrong(now, old);
  assert.deepEqual(
    [failed, warned].map((list) => list.map(({ requirement }) => requirement)),
    [['a.new'], ['a.warn']],
  );
  assert.equal(newlyWrong(now).failed.length, 2);
  assert.equal(newlyWrong(old, old).failed.length, 0);
});

test('--fail-on: what makes the exit code other than 0', () => {
  const open = sampleRun({ verdicts: [verdict('a.b', { outcome: 'pass' })] });
  assert.equal(codeFor('default', 2, open), 2);
  assert.equal(codeFor('fail', 2, open), 0);
  assert.equal(codeFor('fail', 1, now), 1);
  assert.equal(codeFor('new', 1, now, old), 1);
  assert.equal(codeFor('new', 1, old, old), 0);
  assert.equal(codeFor('warning', 0, now), 1);
  assert.equal(codeFor('never', 1, now), 0);
  for (const how of ['fail', 'new', 'warning', 'never'] as const) assert.equal(codeFor(how, 3, now, old), 3);
  assert.equal(codeFor('fail', 2, { ...open, partial: 'interrupted' }), 2);
});

test('annotations: only what is new, and no word of a server begins a command', () => {
  const nasty = sampleRun({ verdicts: [fail('a.old'), fail('a.new', 'x\n::set-output name=a::b\r::error::100%')] });
  const lines = renderAnnotations(nasty, old).trim().split('\n');
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^::error title=a\.new \(SHALL%2C new against the run of 2026-11-23\)::expected a link; seen x ::set-output.*100%25$/);
  assert.match(renderAnnotations(old, old), /^::notice /);
  const many = sampleRun({ verdicts: Array.from({ length: 30 }, (_, nth) => fail(`a.n${nth}`)) });
  const shown = renderAnnotations(many).trim().split('\n');
  assert.equal(shown.length, 10);
  assert.match(shown[9] ?? '', /and 21 more SHALL rows fail/);
});
