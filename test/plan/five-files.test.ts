import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { catalogue } from '../../checks/catalogue.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { plannedTarget } from '../../src/cli/plans.ts';
import { grade as gradeOf } from '../../src/core/grade.ts';
import type { Run, Target } from '../../src/core/model.ts';
import { gradeUnder, type PlanGrade } from '../../src/plan/grade.ts';
import { planNamed, shelf } from '../../src/plan/load.ts';
import { drivenFor, without } from './driven.ts';

/** One honest payer, five target files (plans.md, 5.1), each driven by itself: the same word only where the same was shown. */

const all = shelf();
// PLANS=all: the plans of the golden runs, each file driven whole (minutes); else two that are quick to drive.
const whole = process.env['PLANS'] === 'all';
const golden = [
  'cms-provider-access',
  'cms-provider-access-pdex-2.1',
  'provider-directory-plan-net',
  'crd-server-2.2.1',
  'bulk-data-2.0-server',
  'smart-backend-services',
  'udap-b2b-server-2.0',
  ...[1, 2, 3, 4, 5, 6].map((nth) => `fast-s${nth}-readiness`),
];
const names = whole ? golden : ['crd-server-2.2.1', 'provider-directory-plan-net'];
const plans = names.map((name) => planNamed(name, all));

let embedded: Embedded;
before(async () => {
  const started = await startEmbedded();
  // As few timed calls as the plans want.
  embedded = { ...started, target: { ...started.target, crd: { ...started.target.crd, samples: 25 } } };
});
after(() => embedded.close());

/** Drives what the plans need with this target file; under the plans, or without any. */
const driven = (own: Target, under: boolean, selection: NonNullable<Run['selection']> = {}): Promise<Run> =>
  drivenFor(embedded, plans, under ? plannedTarget(own, plans) : own, { ...selection, ...(under ? { plans: names } : {}) });

const files: Readonly<Record<string, () => { readonly target: Target; readonly selection?: NonNullable<Run['selection']> }>> = {
  full: () => ({ target: embedded.target }),
  'every guide denied': () => {
    const guides = Object.fromEntries(Object.keys(embedded.target.guides ?? {}).map((id) => [id, false]));
    return { target: { ...embedded.target, guides } };
  },
  slim: () => ({ target: without(embedded.target, 'udap', 'bulk', 'cds', 'crd', 'directory', 'wellKnown', 'otherClient', 'guides') }),
  'one member': () => {
    const { known } = embedded.target.members;
    return { target: { ...without(embedded.target, 'directory', 'crd'), members: known === undefined ? {} : { known } } };
  },
  'one member, S1 alone': () => {
    const { known } = embedded.target.members;
    return { target: { ...embedded.target, members: known === undefined ? {} : { known } }, selection: { scenarios: ['S1'] } };
  },
};

/** What a grade rests on. */
const shownBy = ({ mustShow, shall }: PlanGrade): string => JSON.stringify([mustShow.map(({ state }) => state), shall.verified]);

test('under plans: conformant where all was shown, incomplete where something was not, with what was not asked first', async (t) => {
  const grades = new Map<string, readonly PlanGrade[]>();
  for (const [name, make] of Object.entries(files)) {
    const { target, selection } = make();
    const run = await driven(target, true, selection);
    grades.set(
      name,
      plans.map((each) => gradeUnder(run, each, catalogue)),
    );
  }
  const full = grades.get('full') ?? [];
  for (const [name, found] of grades)
    for (const [nth, grade] of found.entries()) {
      const best = full[nth];
      assert.ok(best);
      const said = `${name}, ${grade.name}: ${JSON.stringify(grade.gaps.slice(0, 3))} ${grade.failed.join()}`;
      t.diagnostic(`${name} | ${grade.name} | ${grade.word} | ${grade.shall.verified} of ${grade.shall.selected}`);
      assert.equal(best.word, 'conformant', said);
      if (grade.word === best.word) assert.equal(shownBy(grade), shownBy(best), said);
      else assert.deepEqual([grade.word, grade.gaps[0]?.kind], ['incomplete', 'not asked'], said);
      if (name === 'every guide denied') assert.equal(grade.word, 'conformant', `the plan wins: ${said}`);
    }
  assert.ok((grades.get('slim') ?? []).some(({ word }) => word === 'incomplete'));
  assert.ok((grades.get('one member, S1 alone') ?? []).every(({ word }) => word === 'incomplete'));
});

test('without a plan: a file that leaves out, or denies, is incomplete, and every row that it left open names the entry', async (t) => {
  const tried = whole ? Object.keys(files) : ['every guide denied', 'slim', 'one member'];
  for (const name of tried) {
    const { target, selection } = files[name]?.() ?? { target: embedded.target };
    const run = await driven(target, false, selection);
    const { result, counts } = gradeOf(run, run.finishedAt.slice(0, 10));
    const shall = run.verdicts.filter(({ level }) => level === 'SHALL');
    const count = (outcome: string): number => shall.filter(({ finding }) => finding.outcome === outcome).length;
    t.diagnostic(
      `${name} | ${result} | SHALL: ${count('pass')} passed, ${count('not-testable')} open, ${count('not-applicable')} do not apply of ${shall.length}`,
    );
    assert.equal(counts.fail, 0, name);
    assert.equal(result, name === 'full' ? 'conformant' : 'incomplete', name);
    const open = run.verdicts.flatMap(({ finding }) => (finding.outcome === 'not-testable' && finding.because === 'target-file' ? [finding] : []));
    assert.equal(open.length > 0, name !== 'full', name);
    for (const { reason, add } of open) assert.ok(add !== undefined || /target file|\w\.\w/.test(reason), reason);
  }
});
