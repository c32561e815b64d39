import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '../../checks/catalogue.ts';
import { checks } from '../../checks/index.ts';
import { startEmbedded } from '../../mocks/embedded.ts';
import { plannedTarget } from '../../src/cli/plans.ts';
import { mark } from '../../src/core/grade.ts';
import type { Run } from '../../src/core/model.ts';
import { gradeUnder, type PlanGrade } from '../../src/plan/grade.ts';
import { planNamed, shelf } from '../../src/plan/load.ts';
import { suitesShowing } from '../../src/plan/needs.ts';
import { choose } from '../../src/run/choose.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { suites } from '../../suites/index.ts';

/**
 * `run --plan` asks only what its plans need, and finds the grade that a whole run finds. PLANS=all drives every plan (two minutes); otherwise a sample of
 * quick ones.
 */
const all = shelf();
const sample = ['udap-b2b-server-2.0', 'provider-directory-plan-net', 'patient-match-identity-2.0', 'crd-server-2.2.1'];
const names = process.env['PLANS'] === 'all' ? all.plans.map(({ plan }) => plan) : sample;

async function driven(under: readonly string[], whole: boolean): Promise<{ readonly asked: number; readonly grades: readonly PlanGrade[] }> {
  const embedded = await startEmbedded();
  const plans = under.map((name) => planNamed(name, all));
  const target = plannedTarget(embedded.target, plans);
  const mine = checks.filter(({ id }) => plans.some(({ rows }) => rows[id] !== undefined));
  const chosen = choose({ suites, checks: mine }, { plans: under }, target, suitesShowing(plans, suites));
  const session = openSession(target, embedded.secrets);
  const startedAt = new Date().toISOString();
  try {
    const evidence = await drive({ target, suites: whole ? suites : chosen.suites, ...session });
    const run: Run = {
      ...{ format: 1, tool: { name: 'payer-assay', version: '0.1.0' }, target: evidence.target, startedAt, finishedAt: new Date().toISOString() },
      ...{ exchanges: evidence.exchanges, blocked: evidence.blocked, notRun: [], verdicts: [], selection: { plans: under } },
      ...(evidence.suites === undefined ? {} : { suites: evidence.suites }),
    };
    return { asked: run.exchanges.length, grades: plans.map((each) => gradeUnder(run, each, catalogue)) };
  } finally {
    session.close();
    await embedded.close();
  }
}

/** A payer that was asked less may not have been throttled. */
const passing = new Set(['err.retry-after']);

test('a run under a plan alone: fewer conversations, and the same word, facts and verdicts as in a whole run', async () => {
  const whole = await driven(names, true);
  for (const [nth, name] of names.entries()) {
    const alone = await driven([name], false);
    const [is, was] = [alone.grades[0], whole.grades[nth]];
    assert.ok(is && was);
    assert.ok(alone.asked <= whole.asked, `${name}: ${alone.asked} of ${whole.asked} requests`);
    assert.equal(is.word, was.word, `${name}: ${JSON.stringify(is.gaps.slice(0, 3))}`);
    const differing = is.verdicts.flatMap((each, at) => {
      const other = was.verdicts[at];
      return other && mark(other) !== mark(each) && !passing.has(each.requirement) ? [`${each.requirement}: ${mark(other)} -> ${mark(each)}`] : [];
    });
    assert.deepEqual(differing, [], name);
    assert.deepEqual(
      is.mustShow.map(({ state }) => state),
      was.mustShow.map(({ state }) => state),
      name,
    );
  }
});
