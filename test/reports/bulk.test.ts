import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderConformance } from '../../reports/render.ts';
import { bulkView } from '../../reports/view/bulk.ts';
import { exchange, sampleRun } from './sample.ts';

const poll = (index: number, asked: number | null, waited: number, status = 202) =>
  exchange(index, {
    step: 'bulk.status',
    variant: 'group',
    request: { method: 'GET', url: 'https://fhir.acme.example/jobs/1', headers: {} },
    response: { status, headers: {}, body: '' },
    facts: { 'bulk.poll': index + 1, 'bulk.asked': asked, 'bulk.waited': waited },
  });
const file = (index: number, lines: number, decoded: number, whole: boolean) =>
  exchange(index, {
    step: 'bulk.file',
    variant: 'group',
    facts: { 'file.type': 'Patient', 'file.lines': lines, 'file.whole': whole, 'file.kept': 1024, 'file.bytes': decoded },
    timing: { firstByte: 100, total: 1100 },
    size: { sent: 0, received: decoded / 10, decoded },
  });

test('polls stand against what the payer asked for', () => {
  const view = bulkView({ exchanges: [poll(0, null, 0), poll(1, 2000, 2003), poll(2, 2000, 2001, 200)] });
  assert.deepEqual([view.any, view.manners], [true, '3 polls of 1 job: none came sooner than the payer asked.']);
  assert.deepEqual(
    view.jobs.map(({ polls, asked, waited, end, word }) => [polls, asked, waited, end, word]),
    [['3', '4 s', '4 s', '200', '✓ as asked']],
  );
});

test('an impatient poll is reported, a timer that is a millisecond early is not', () => {
  const view = bulkView({ exchanges: [poll(0, null, 0), poll(1, 1000, 999), poll(2, 1000, 400, 200)] });
  assert.equal(view.manners, '3 polls of 1 job: 1 came sooner than the payer asked.');
  assert.equal(view.jobs[0]?.style, 'warn');
});

test('files tell lines, bytes, first byte and rate, the largest first, and what part was looked at', () => {
  const view = bulkView({ exchanges: [file(0, 2, 500, true), file(1, 9000, 20_000_000, false)] });
  assert.deepEqual(
    view.files.map(({ lines, firstByte, rate, sample }) => [lines, firstByte, rate, sample]),
    [
      ['9,000', '100 ms', '20.0 MB/s', 'first 1 kB'],
      ['2', '100 ms', 'too small to tell', 'whole'],
    ],
  );
  assert.match(view.total, /^2 files, 9,002 lines, 19\.1 MB/);
});

test('the section is on the page only when there was an export', () => {
  assert.equal(bulkView(sampleRun()).any, false);
  assert.doesNotMatch(renderConformance(sampleRun()), /id="bulk"/);
  assert.match(renderConformance(sampleRun({ exchanges: [poll(0, null, 0)] })), /<h2 id="bulk">Bulk exports<\/h2>/);
});
