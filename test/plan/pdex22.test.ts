import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { catalogue } from '../../checks/catalogue.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { inEdition, together } from '../../mocks/shapes/versions.ts';
import { plannedTarget } from '../../src/cli/plans.ts';
import type { Target } from '../../src/core/model.ts';
import { gradeUnder, type PlanGrade } from '../../src/plan/grade.ts';
import { planNamed, shelf } from '../../src/plan/load.ts';
import { drivenFor, without } from './driven.ts';

/** The plan for the newest Provider Access API, at a payer that speaks the editions which it binds: full, with claims taken away, and with a slim target file. */

const name = 'cms-provider-access-pdex-2.2';
const plan = planNamed(name, shelf());
let embedded: Embedded;
before(async () => {
  const editions = ['hl7.fhir.us.davinci-pdex=2.2.0', 'hl7.fhir.us.davinci-hrex=1.2.0', 'hl7.fhir.us.carin-bb=2.2.0'];
  const started = await startEmbedded({ shape: together(editions.map((each) => inEdition(each.split('=')[0] ?? '', each.split('=')[1] ?? ''))) });
  // Whom the run plays is the tester's to say.
  embedded = { ...started, target: { ...started.target, statements: { ...started.target.statements, 'payer-to-payer': false } } };
});
after(() => embedded.close());

async function graded(target: Target): Promise<PlanGrade> {
  return gradeUnder(await drivenFor(embedded, [plan], plannedTarget(target, [plan]), { plans: [name] }), plan, catalogue);
}

test('PDex 2.2: conformant with the full target file, and with one that denies every guide: the plan wins', async () => {
  const full = await graded(embedded.target);
  const denied = await graded({ ...embedded.target, guides: Object.fromEntries(Object.keys(embedded.target.guides ?? {}).map((id) => [id, false])) });
  for (const each of [full, denied]) assert.equal(each.word, 'conformant', JSON.stringify([each.failed, each.gaps.slice(0, 3)]));
  assert.ok(full.shall.verified > 100, `${full.shall.verified} verified`);
  assert.equal(denied.shall.verified, full.shall.verified);
});

test('PDex 2.2, a slim target file: incomplete, with what was not asked first', async () => {
  const slim = await graded({ ...without(embedded.target, 'directory', 'wellKnown', 'statements'), bulk: { pollFloor: 50, maxWait: 3 } });
  assert.deepEqual([slim.word, slim.failed, slim.gaps[0]?.kind], ['incomplete', [], 'not asked'], JSON.stringify(slim.gaps.slice(0, 3)));
});
