import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import Handlebars from 'handlebars';
import { cases } from '../../mocks/client/cases/index.ts';
import { watched } from '../../src/cli/client-state.ts';
import { liveParts } from '../../src/desk/pages.ts';
import { storedRun } from '../../src/desk/runs.ts';
import { stateIn } from '../../src/run/state.ts';
import { startNode } from '../cli/payer-assay.ts';
import { openDesk, tokenOf, until } from './desk.ts';

/** The client side on the page: the run sheet, and a client that is being graded. */

test('the run sheet lists every case by its journey; of a run it says how the client did at each, and what was not played', async (t) => {
  const desk = await openDesk();
  t.after(() => desk.close());
  const empty = await (await fetch(`${desk.origin}/sheet`)).text();
  for (const { id, does } of cases) {
    assert.ok(empty.includes(`<th scope="row">${id}</th>`), id);
    assert.ok(empty.includes(Handlebars.escapeExpression(does.slice(0, 20))), does);
  }
  const folder = join(desk.out, 'client-run');
  const done = await startNode(['bin/payer-assay.js', 'client', '--embedded', '--only', 'R3', '--quiet', '--out', folder]).done;
  assert.ok(done.code === 0 || done.code === 2, done.stderr);
  assert.equal(storedRun(folder)?.summary?.side, 'client');
  assert.ok(!existsSync(join(folder, 'state.json')) && !existsSync(join(folder, 'run.lock')), 'nothing says that it is still under way');
  const sheet = await (await fetch(`${desk.origin}/sheet?run=client-run`)).text();
  const row = (id: string): string => new RegExp(`<th scope="row">${id}</th>[\\s\\S]*?</tr>`).exec(sheet)?.[0] ?? '';
  assert.match(row('R3'), /passed[\s\S]*\d+ requests/);
  assert.match(row('B1'), /not played/);
  assert.match(await (await fetch(`${desk.origin}/runs/client-run`)).text(), /href="\/sheet\?run&#x3D;client-run"/);
});

test('a client that is being graded is under way on the page: which case, what it does, what was heard last', async (t) => {
  const desk = await openDesk({ out: mkdtempSync(join(tmpdir(), 'payer-assay-desk-')) });
  t.after(() => desk.close());
  const folder = join(desk.out, 'watched');
  const heard: string[] = [];
  const { onCase, onHeard, onSheet, say, end } = watched(folder, (line) => void heard.push(line));
  const [about] = cases;
  assert.ok(about);
  const byHand = 'http://127.0.0.1:4321/a-key-of-its-own/';
  onSheet(byHand);
  say(`Run sheet: ${byHand}`);
  assert.deepEqual(heard, [`Run sheet: ${byHand}`], 'the terminal has the address');
  onCase(about, 2, 60);
  onHeard({
    request: { method: 'GET', url: 'http://x/A/fhir/Patient', headers: {} },
    step: 'search',
    response: { status: 200, headers: {}, body: '' },
  } as never);
  await until('its state', () => stateIn(folder)?.last !== undefined);
  const page = await (await fetch(`${desk.origin}/runs/watched`)).text();
  assert.match(page, /<b>1 of 60<\/b>/);
  assert.match(page, /GET search: 200/);
  assert.match(page, /waits for\s+what the client does there/);
  assert.doesNotMatch(page, /Scorecard so far/);
  assert.ok(page.includes(`<a href="${byHand}">Go through the cases by hand</a>`));
  const wall = await openDesk({ out: desk.out, readOnly: true });
  t.after(() => wall.close());
  assert.ok(!(await (await fetch(`${wall.origin}/runs/watched`)).text()).includes('a-key-of-its-own'), 'who only looks on may not mark cases');
  assert.throws(() => watched(folder, () => undefined), /is in use/);
  end();
  assert.ok(!existsSync(join(folder, 'state.json')));
});

test('the request on its way, or what is waited for, is said with the time since when', () => {
  const about = { suite: 'bulk.export', title: 'Export', since: '2026-11-29T12:00:00.000Z' };
  const state = { pid: 1, target: 'Acme', startedAt: about.since, at: about.since, suites: 3, over: 1, requests: 7, said: [] };
  const asks = 'GET bulk.status, since 12:00:04';
  const words = (more: object): string => liveParts({ ...state, underWay: [{ ...about, ...more }] }, undefined, '').state.replace(/\s+/g, ' ');
  assert.match(words({ asks }), /<b>Export<\/b> \(bulk\.export\), since 12:00:00 UTC: asks <code>GET bulk\.status, since 12:00:04<\/code>/);
  assert.match(words({ asks, waits: 'the job, until 12:10:00 at most' }), /since 12:00:00 UTC: waits for the job, until 12:10:00 at most/);
  assert.doesNotMatch(words({}), /asks|waits/);
});

test('what the form asks for is what the command line is given, apps and load among it', async (t) => {
  // In place of the command line: a program that says with which words it was started.
  const desk = await openDesk({ command: [process.execPath, '-p', 'process.argv.slice(1).join(" ")', '--'] });
  t.after(() => desk.close());
  const token = tokenOf(await (await fetch(desk.origin)).text());
  const body = new URLSearchParams({ token, target: 'embedded', only: 'app.', scenario: 'S2', load: 'smoke', apps: 'yes' });
  const answer = await fetch(`${desk.origin}/runs`, { method: 'POST', body, redirect: 'manual' });
  assert.equal(answer.status, 303);
  const name = decodeURIComponent((answer.headers.get('location') ?? '').split('/')[2] ?? '');
  const log = join(desk.out, name, 'run.log');
  const said = await until('its words', () => readFileSync(log, 'utf8').includes('--out') && readFileSync(log, 'utf8'));
  assert.match(said, /run --embedded --out \S+ --scenario S2 --only app\. --load smoke --apps/);
});
