import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formats } from '../../reports/formats.ts';
import { renderTrend } from '../../reports/trend.ts';
import { summaryOf } from '../../src/core/summary.ts';
import { filesOf } from '../../src/desk/files.ts';
import { overLimits, prune } from '../../src/desk/prune.ts';
import { runsIn, storedRun } from '../../src/desk/runs.ts';
import { lockFolder } from '../../src/run/lock.ts';
import { payerAssay, runIn } from '../cli/payer-assay.ts';
import { sampleRun, verdict } from '../reports/sample.ts';
import { folderOfRuns } from './places.ts';

const ours = new Set(Object.values(formats).map(({ file }) => file as string));
const now = Date.parse('2026-11-24T12:00:00.000Z');

test('a summary says what the run came to, and holds no word of a server', () => {
  const summary = summaryOf(sampleRun());
  assert.equal(summary.target, 'Acme sandbox');
  assert.equal(summary.result, 'non-conformant');
  assert.deepEqual(summary.failed, ['rest.search.self-link']);
  assert.deepEqual(summary.scenarios.S1, { mark: 'fail', pass: 1, fail: 1, warning: 1, open: 1 });
  assert.equal(summary.scenarios.S5, undefined);
  assert.doesNotMatch(JSON.stringify(summary), /NullPointerException|no link/);
});

test('runs are found by their folders, the newest first, in whatever state they are', () => {
  const place = folderOfRuns();
  place.run('older', 3);
  place.run('newer', 1);
  place.put('failed', 'run.log', 'payer-assay stopped: no such file');
  place.put('torn', 'run.json', '{"format":');
  place.put('died', 'exchanges.ndjson', `${JSON.stringify({ ...sampleRun(), exchanges: undefined })}\n`);
  place.put('no-run', 'notes.txt');
  symlinkSync('/', join(place.out, 'link'));
  const letGo = lockFolder(join(place.out, 'running'));
  const found = new Map(runsIn(place.out).map((run) => [run.name, run.state]));
  assert.deepEqual(Object.fromEntries(found), {
    running: 'running',
    failed: 'failed',
    torn: 'failed',
    newer: 'finished',
    older: 'finished',
    died: 'died',
  });
  letGo();
  assert.equal(storedRun(join(place.out, 'running')), undefined);
  assert.ok(existsSync(join(place.out, 'newer', 'summary.json')), 'a summary that was missing is kept');
});

test('a summary that is torn or older than its run is made anew', () => {
  const place = folderOfRuns();
  const folder = place.run('a');
  writeFileSync(join(folder, 'summary.json'), '{"format":1,');
  assert.equal(storedRun(folder)?.summary?.counts.pass, 1);
  place.run('a', 0, { verdicts: [verdict('x.y', { outcome: 'pass' }), verdict('x.z', { outcome: 'pass' })] });
  assert.equal(storedRun(folder)?.summary?.counts.pass, 2);
});

test('pruning goes by age and count, and keeps the newest, the signed, the running, the owing and what is not ours', () => {
  const place = folderOfRuns();
  for (const [nth, name] of ['a', 'b', 'c', 'd', 'e', 'f', 'g'].entries()) place.run(name, nth * 10);
  place.run('other', 400, { target: { ...sampleRun().target, name: 'Other payer' } });
  place.put('c', 'grade.assay', 'signed');
  place.put('d', 'notes.txt', 'mine');
  place.put('e', 'pending-cleanup.ndjson', '{}');
  const letGo = lockFolder(join(place.out, 'f'));
  const byCount = overLimits(place.out, { keep: 2 }, now, ours);
  const words = Object.fromEntries(byCount.map(({ run, stays }) => [run.name, stays ?? 'goes']));
  assert.match(words['c'] ?? '', /signed/);
  assert.match(words['d'] ?? '', /notes\.txt/);
  assert.match(words['e'] ?? '', /taken back/);
  assert.equal(words['f'], undefined);
  assert.equal(words['g'], 'goes');
  assert.equal(words['a'] ?? words['b'] ?? words['other'], undefined);
  const byAge = overLimits(place.out, { olderThanDays: 365 }, now, ours);
  assert.deepEqual(
    byAge.map(({ run, stays }) => [run.name, stays]),
    [['other', 'it is the newest of its target']],
  );
  assert.deepEqual(prune(byCount, ours), ['g']);
  letGo();
  assert.deepEqual(readdirSync(place.out).sort(), ['a', 'b', 'c', 'd', 'e', 'f', 'other']);
});

test('a run that is signed between the question and the removal stays', () => {
  const place = folderOfRuns();
  for (const [nth, name] of ['a', 'b', 'c'].entries()) place.run(name, nth);
  const over = overLimits(place.out, { keep: 1 }, now, ours);
  place.put('b', 'late.assay', 'signed');
  assert.deepEqual(prune(over, ours), ['c']);
  assert.ok(existsSync(join(place.out, 'b', 'run.json')));
});

test('what a run keeps of launched apps is offered and pruned with it, and nothing else of that folder', () => {
  const place = folderOfRuns();
  for (const name of ['old', 'kept', 'odd']) place.run(name, name === 'old' ? 2 : 0);
  place.put('old/apps', 'app-0-plain.trace.zip', 'x');
  place.put('old/apps', 'app-1-wrong-state.png', 'x');
  const offered = (name: string) => filesOf(join(place.out, name)).map((each) => each.name);
  const apps = ['apps/app-0-plain.trace.zip', 'apps/app-1-wrong-state.png'];
  assert.deepEqual(offered('old'), ['run.json', ...apps]);
  const stays = () => overLimits(place.out, { keep: 2 }, now, ours).map(({ run, stays }) => [run.name, stays]);
  assert.deepEqual(stays(), [['old', undefined]]);
  place.put('old/apps', 'notes.txt', 'mine');
  assert.deepEqual(offered('old'), ['run.json', ...apps]);
  assert.match(stays()[0]?.[1] ?? '', /notes\.txt/);
  place.put('odd', 'apps', 'a file of that name');
  symlinkSync(join(place.out, 'old', 'apps'), join(place.out, 'kept', 'apps'));
  for (const name of ['odd', 'kept']) assert.deepEqual(offered(name), ['run.json']);
});

test('the trend page compares like with like, and draws each limit', () => {
  const series = (ms: number) => ({
    startedAt: '2026-11-23T14:02:00.000Z',
    series: [{ operation: 'search' as const, source: 'single' as const, total: [ms, ms], ok: [1, 1], at: [0, 1], firstByte: [ms, ms] }],
  });
  const target = { ...sampleRun().target, agreement: { limits: { search: { p95: 200 } } } };
  const good = summaryOf(sampleRun({ target, latency: series(100) as never, verdicts: [verdict('a.b', { outcome: 'pass' })] }));
  const bad = summaryOf(sampleRun({ target, latency: series(300) as never }));
  const page = renderTrend('Acme sandbox', [
    { name: 'two', summary: bad },
    { name: 'one', summary: good },
  ]);
  assert.match(page, /1 more than before/);
  assert.match(page, /p95 over 2 runs: 100 ms, 300 ms; the limit is 200 ms/);
  const part = { ...bad, selection: { scenarios: ['S1' as const] } };
  assert.doesNotMatch(
    renderTrend('x', [
      { name: 'two', summary: part },
      { name: 'one', summary: good },
    ]),
    /more than before/,
  );
});

test('two runs at once keep a summary each; the command tells, prunes, and writes a page', async () => {
  const place = folderOfRuns();
  const run = (name: string) => payerAssay('run', '--embedded', '--only', 'cc3.metadata.available', '--out', join(place.out, name));
  const ends = await Promise.all([run('one'), run('two')]);
  for (const { code, stderr } of ends) assert.ok(code === 0 || code === 2, stderr);
  for (const name of ['one', 'two']) {
    const folder = join(place.out, name);
    assert.deepEqual(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')), JSON.parse(JSON.stringify(summaryOf(runIn(folder)))));
    assert.equal(statSync(join(folder, 'summary.json')).mode & 0o077, 0);
    assert.ok(!existsSync(join(folder, 'state.json')));
  }
  const told = await payerAssay('history', '--in', place.out);
  assert.equal(told.code, 0, told.stderr);
  assert.match(told.stdout, /one$/m);
  const page = join(place.out, 'trend.html');
  assert.equal((await payerAssay('history', 'embedded', '--in', place.out, '--html', page)).code, 0);
  assert.match(readFileSync(page, 'utf8'), /only cc3\.metadata/);
  assert.equal((await payerAssay('history', 'nobody', '--in', place.out)).code, 3);
  assert.equal((await payerAssay('history', '--in', place.out, '--prune')).code, 3);
  const trial = await payerAssay('history', '--in', place.out, '--prune', '--newest', '1', '--dry-run');
  assert.match(trial.stdout, /1 run would be removed/);
  const pruned = await payerAssay('history', '--in', place.out, '--prune', '--newest', '1');
  assert.match(pruned.stdout, /1 run removed/);
  assert.equal(runsIn(place.out).length, 1);
});

test('the question to DuckDB in docs/desk.md is answered', async () => {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const place = folderOfRuns();
  for (const [nth, name] of ['a', 'b'].entries()) place.run(name, nth * 7);
  runsIn(place.out);
  const [, sql = ''] = /```sql\n([\s\S]*?);?\n```/.exec(readFileSync('docs/desk.md', 'utf8')) ?? [];
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const rows = (await connection.runAndReadAll(sql.replace("'out/", `'${place.out}/`))).getRowObjectsJson();
  assert.equal(rows.length, 2);
  assert.equal(rows[0]?.['target'], 'Acme sandbox');
  connection.closeSync();
});
