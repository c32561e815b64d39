import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { catalogue } from '../../checks/catalogue.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { renderMatrix } from '../../reports/matrix.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import { planDiff } from '../../src/plan/diff.ts';
import { gradeUnder } from '../../src/plan/grade.ts';
import { planNamed, shelf } from '../../src/plan/load.ts';
import { entrantOf, failedToStart, type Matrix } from '../../src/plan/matrix.ts';
import { type Outcome, runIn, startNode, temporary } from '../cli/payer-assay.ts';

/** Payers side by side: driven, stored, and one that never started. */

const folder = temporary();
const out = join(folder, 'matrix');
const plan = 'patient-match-identity-2.0';
let embedded: Embedded;
let outcome: Outcome;
let matrix: Matrix;
const file = join(folder, 'payer.json');
const cli = (...args: readonly string[]) => startNode(['bin/payer-assay.js', ...args], { XDG_STATE_HOME: join(folder, 'state') }).done;

before(async () => {
  embedded = await startEmbedded();
  writeTarget(file, embedded.target, embedded.secrets);
  writeFileSync(join(folder, 'broken.json'), '{ "name": "broken", "auth": ');
  outcome = await cli('matrix', file, join(folder, 'broken.json'), join(folder, 'absent.json'), '--plan', plan, '--out', out, '--jobs', '2');
  matrix = JSON.parse(readFileSync(join(out, 'matrix.json'), 'utf8')) as Matrix;
});
after(() => embedded.close());

test('a payer that is driven has a grade; one that fails to start is a row that says why', () => {
  assert.equal(outcome.code, 2, outcome.stderr);
  const [first, broken, absent] = matrix.entrants;
  assert.equal(first?.grade?.word, 'conformant');
  assert.ok((first?.timed.length ?? 0) > 0);
  assert.match(broken?.why ?? '', /broken\.json/);
  assert.match(absent?.why ?? '', /there is no target file, run or package at/);
  const page = readFileSync(join(out, 'matrix.html'), 'utf8');
  assert.match(page, /there is no target file, run or package at/);
});

test('each cell is a way down: every link of the page leads to a page and a place that is there', () => {
  const page = readFileSync(join(out, 'matrix.html'), 'utf8');
  const links = [...page.matchAll(/href="([^"#]+)(?:#([^"]+))?"/g)];
  assert.ok(links.length > 20, String(links.length));
  const pages = new Map<string, string>();
  for (const [, path = '', anchor] of links) {
    const at = join(out, path);
    assert.ok(existsSync(at), at);
    if (!pages.has(at)) pages.set(at, readFileSync(at, 'utf8'));
    if (anchor !== undefined) assert.ok(pages.get(at)?.includes(`id="${anchor}"`), `${path}#${anchor}`);
  }
});

test('nothing is overwritten, and stored runs are graded as they are', async () => {
  const again = await cli('matrix', file, '--plan', plan, '--out', out);
  assert.equal(again.code, 3);
  assert.match(again.stderr, /matrix\.html is there already, and nothing is overwritten/);
  const stored = dirname(join(out, matrix.entrants[0]?.folder ?? '', 'run.json'));
  const packed = await cli('package', stored, '--out', folder);
  const assay = packed.stdout.split('\n')[0] ?? '';
  const second = await cli('matrix', stored, assay, '--plan', plan, '--out', join(folder, 'second'), '--json');
  assert.equal(second.code, 0, second.stderr);
  const { entrants } = JSON.parse(second.stdout) as Matrix;
  assert.deepEqual(
    entrants.map(({ rows }) => rows),
    [matrix.entrants[0]?.rows, matrix.entrants[0]?.rows],
  );
});

test('20 payers under the plan with the most rows: under 5 MB, and nothing of a payer runs or breaks out', () => {
  const run = runIn(join(out, matrix.entrants[0]?.folder ?? ''));
  const all = shelf();
  const plans = all.plans.map(({ plan: name }) => planNamed(name, all)).sort((a, b) => Object.keys(b.rows).length - Object.keys(a.rows).length);
  const [largest] = plans;
  assert.ok(largest);
  const evil = '<img src=x onerror=alert(1)>"';
  const grade = gradeUnder({ ...run, target: { ...run.target, name: evil } }, largest, catalogue);
  const one = entrantOf(run, grade, '01-payer');
  const page = renderMatrix({
    plan: largest.name,
    title: largest.plan.title,
    made: run.finishedAt,
    entrants: [...Array.from({ length: 19 }, () => one), failedToStart(evil, evil)],
  });
  assert.ok(Buffer.byteLength(page) < 5 * 2 ** 20, `${Buffer.byteLength(page)} bytes`);
  assert.ok(Object.keys(one.rows).length > 300);
  assert.ok(!page.includes('<img'));
});

test('plan diff: rows in, out and raised, guides, facts', () => {
  const all = shelf();
  const diff = planDiff(planNamed('cms-provider-access', all), planNamed('cms-provider-access-pdex-2.1', all));
  assert.ok(diff.rowsIn.includes('atr.group.read') && diff.rowsOut.length === 0);
  assert.ok(diff.guides.some(({ id, was }) => id === 'hl7.fhir.us.davinci-pdex' && was === 'not bound'));
  const same = planNamed('carin-bb-claims', all);
  const raised = planDiff(same, { ...same, rows: { ...same.rows, 'rest.http.utf8': 'MAY' } });
  assert.equal(raised.levels[0]?.is, 'MAY');
  assert.deepEqual(planDiff(same, same).rowsIn, []);
});
