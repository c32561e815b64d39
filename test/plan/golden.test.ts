import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { catalogue } from '../../checks/catalogue.ts';
import { checks } from '../../checks/index.ts';
import { renderBadge, renderGrade } from '../../reports/grade.ts';
import { judge } from '../../src/core/judge.ts';
import type { Run, Target } from '../../src/core/model.ts';
import { gradeUnder } from '../../src/plan/grade.ts';
import { planNamed, shelf } from '../../src/plan/load.ts';
import { payerAssay, runIn, temporary } from '../cli/payer-assay.ts';
import { silencedIn } from './silence.ts';

/** One run of the honest payer, graded under many plans; then the same with claims taken away, and what a slim target file would have left. */

const all = shelf();
let full: Run;
before(async () => {
  const out = join(temporary(), 'out');
  const { stderr } = await payerAssay('run', '--embedded', '--out', out);
  assert.ok(existsSync(join(out, 'run.json')), stderr);
  full = runIn(out);
});

const graded = (run: Run, name: string) => gradeUnder(run, planNamed(name, all), catalogue);

const conformant = [
  'cms-provider-access',
  'cms-provider-access-pdex-2.1',
  'us-core-6.1-payer-record',
  'carin-bb-claims',
  'provider-directory-plan-net',
  'crd-server-2.2.1',
  'bulk-data-1.0.1-group-export',
  'bulk-data-2.0-server',
  'smart-backend-services',
  'udap-b2b-server-2.0',
  'member-match-hrex',
  'atr-roster-2.1',
  ...[1, 2, 3, 4, 5, 6].map((nth) => `fast-s${nth}-readiness`),
];

test('the honest payer with its full target file is conformant under these plans', () => {
  for (const name of conformant) {
    const { word, gaps, failed } = graded(full, name);
    assert.equal(word, 'conformant', `${name}: ${JSON.stringify([failed, gaps.slice(0, 3)])}`);
  }
});

test('a version that the payer does not declare: incomplete, and nobody fails by it', () => {
  for (const name of ['cms-provider-access-pdex-2.2', 'crd-server-2.0.1']) {
    const { word, gaps, failed } = graded(full, name);
    assert.deepEqual([word, failed], ['incomplete', []]);
    assert.ok(
      gaps.every(({ kind }) => kind === 'not offered'),
      JSON.stringify(gaps),
    );
  }
});

test('claims taken away in the target file change no grade: the plan wins, and says what it replaced', () => {
  const guides = Object.fromEntries(Object.keys(full.target.guides ?? {}).map((id) => [id, false]));
  const silent: Run = { ...full, target: { ...full.target, guides } };
  for (const name of conformant) assert.equal(graded(silent, name).word, 'conformant', name);
  assert.match(graded(silent, 'cms-provider-access-pdex-2.1').replaced.join(), /guides\["hl7\.fhir\.us\.davinci-pdex"\] \(false\)/);
});

test('expected failures do not reach a grade under a plan', () => {
  const expected = { requirement: 'bulk.kickoff.get', owner: 'us', reason: 'known', expires: '2999-01-01' };
  const run: Run = { ...full, target: { ...full.target, expectedFailures: [expected], minVerified: 1 } };
  assert.deepEqual(graded(run, 'bulk-data-2.0-server').replaced.slice(-2), ['expectedFailures', 'minVerified']);
});

/** What is there of a run whose target file left these out. */
function without(target: readonly (keyof Target)[], steps: RegExp): Run {
  const left = Object.fromEntries(Object.entries(full.target).filter(([name]) => !target.some((each) => each === name)));
  const exchanges = full.exchanges.filter(({ step }) => !steps.test(step)).map((each, index) => ({ ...each, index }));
  return { ...full, target: left as unknown as Target, exchanges };
}

test('a slim target file: incomplete, with what was not asked first and the entry that is missing', () => {
  const cases: readonly (readonly [string, readonly (keyof Target)[], RegExp, RegExp])[] = [
    ['udap-b2b-server-2.0', ['udap'], /^(register|udap\.)/, /udap\.client/],
    ['crd-server-2.2.1', ['cds', 'crd'], /^(cds\.|ehr\.)/, /cds\.base/],
    ['provider-directory-plan-net', ['directory'], /^directory\./, /directory\.base/],
    ['bulk-data-2.0-server', ['bulk'], /^bulk\./, /bulk\.group/],
  ];
  for (const [name, target, steps, entry] of cases) {
    const { word, gaps, exitCode } = graded(without(target, steps), name);
    assert.deepEqual([word, exitCode], ['incomplete', 2], name);
    assert.equal(gaps[0]?.kind, 'not asked', `${name}: ${JSON.stringify(gaps[0])}`);
    assert.match(gaps.map(({ add = '' }) => add).join(' '), entry, name);
  }
});

test('what a target file leaves out is not asked: an entry that is taken away turns no row to "does not apply"', () => {
  const { tried, wrong } = silencedIn(checks, full);
  assert.ok(tried > 100, `only ${tried} entries were tried`);
  assert.deepEqual(wrong, []);
});

test('guides that the target file denies and the payer declares are open, and name the entry', () => {
  const guides = Object.fromEntries(Object.keys(full.target.guides ?? {}).map((id) => [id, false]));
  const denied = judge(checks, { ...full, target: { ...full.target, guides } }, '2026-11-29');
  const open = denied.filter(({ finding }) => finding.outcome === 'not-testable' && finding.add?.startsWith('guides['));
  assert.ok(open.length > 50, String(open.length));
});

test('a row that is retracted decides nothing any more, and the grade says so', () => {
  const retracted = [{ requirement: 'cc2.token.no-store', since: '2026-12-01', why: 'the check was wrong' }];
  const grade = gradeUnder(full, planNamed('smart-backend-services', all), catalogue, retracted);
  assert.equal(grade.gaps.at(-1)?.kind, 'retracted');
  assert.ok(!grade.verdicts.some(({ requirement }) => requirement === 'cc2.token.no-store'));
});

test('--only and a plan together: never the grade of the plan', () => {
  const { word, gaps } = graded({ ...full, selection: { only: ['cc2.'] } }, 'smart-backend-services');
  assert.deepEqual([word, gaps[0]?.kind], ['incomplete', 'not asked']);
  assert.equal(graded({ ...full, selection: { plans: ['fast-s1-readiness@2026.11'] } }, 'fast-s1-readiness').word, 'conformant');
});

test('a run that is not whole, or whose answers are hashes, is not gradeable', () => {
  assert.equal(graded({ ...full, partial: 'it was interrupted' }, 'smart-backend-services').word, 'not gradeable');
  assert.equal(graded({ ...full, target: { ...full.target, evidence: 'hashes' } }, 'smart-backend-services').word, 'not gradeable');
});

test('grade.html and badge.svg: name, word, facts; nothing of a payer runs or breaks out', () => {
  const evil: Run = { ...full, target: { ...full.target, name: '<script>alert(1)</script>"&' } };
  const grade = graded(evil, 'carin-bb-claims+carin-bb=2.2.0');
  const page = renderGrade(grade);
  assert.match(page, /carin-bb-claims@2026\.11\+carin-bb(=|&#x3D;)2\.2\.0/);
  assert.ok(!page.includes('<script'));
  assert.match(renderBadge(grade), /^<svg [^>]*aria-label="carin-bb-claims@2026\.11\+carin-bb=2\.2\.0: draft · /);
});

test('regrade --plan and slips on the command line: exit 3, named, and nothing is written', async () => {
  const out = join(temporary(), 'out');
  const slip = await payerAssay('run', '--embedded', '--plan', 'smart-backend-service', '--out', out);
  assert.equal(slip.code, 3);
  assert.match(slip.stderr, /No plan is called "smart-backend-service"\. Did you mean smart-backend-services@2026\.11\?/);
  assert.ok(!existsSync(out));
  const { code, stdout } = await payerAssay('plan', 'list', '--json');
  assert.equal(code, 0);
  assert.equal((JSON.parse(stdout) as readonly unknown[]).length, all.plans.length);
  assert.ok(readFileSync(new URL('../../docs/plans.md', import.meta.url), 'utf8').includes('plan list'));
});
