import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { catalogue } from '../../checks/catalogue.ts';
import { conductOwn } from '../../src/client-side/own/embedded.ts';
import type { Run } from '../../src/core/model.ts';
import { gradeUnder } from '../../src/plan/grade.ts';
import { planNamed, shelf } from '../../src/plan/load.ts';
import { payerAssay } from '../cli/payer-assay.ts';

/** Plan E1: what scripted payers heard of a client, graded under a plan. */

const all = shelf();
const plan = planNamed('ehr-crd-client-g31+crd=2.2.1', all);
let run: Run;
before(async () => {
  // A few cases; test/client-side/own.test.ts grades the run over all of them.
  const some = ['client.error.', 'client.crd.order-sign', 'client.crd.coverage-info-visible'];
  const mine = catalogue.clientRows.filter(({ id }) => some.some((each) => id.startsWith(each)));
  ({ run } = await conductOwn({ cases: mine.flatMap(({ cases = [] }) => cases.slice(0, 1)), signal: new AbortController().signal }));
});

test('a client is graded under its plan from the stored recording, at the versions that it claims', () => {
  const stored = JSON.parse(JSON.stringify(run)) as Run;
  const { guides, failed, shall, word, verdicts, name } = gradeUnder(stored, planNamed('ehr-crd-client-g31', all), catalogue);
  assert.deepEqual(failed, []);
  assert.ok(shall.verified >= 3, String(shall.verified));
  assert.equal(name, 'ehr-crd-client-g31@2026.11+crd=2.2.1', 'the claim of the client chooses the variant');
  assert.equal(guides.find(({ id }) => id === 'hl7.fhir.us.davinci-crd')?.state, 'bound');
  assert.equal(word, 'incomplete');
  const said = new Map(run.verdicts.map((each) => [each.requirement, each.finding.outcome]));
  for (const { requirement, finding } of verdicts) assert.equal(finding.outcome, said.get(requirement), requirement);
});

test('what no case played is not asked, and comes first', () => {
  const [first] = gradeUnder({ ...run, exchanges: [], heard: { plays: [], share: 1 } }, plan, catalogue).gaps;
  assert.equal(first?.kind, 'not asked', JSON.stringify(first));
  assert.equal(first?.add, 'triggers.crd');
});

test("rows that rest on somebody's word are kept apart from those that the wire shows", () => {
  const { attested = [] } = gradeUnder(run, plan, catalogue);
  const silent = gradeUnder({ ...run, heard: { share: 1, plays: (run.heard?.plays ?? []).map(({ shown: _, ...play }) => play) } }, plan, catalogue);
  assert.ok(attested.length > 0, 'our client has a screen');
  assert.equal(silent.attested, undefined);
});

test('a run of one side under a plan of the other is not gradeable, and says why', () => {
  const payer = gradeUnder(run, planNamed('smart-backend-services', all), catalogue);
  assert.deepEqual([payer.word, payer.gaps[0]?.why], ['not gradeable', 'the run is of a client of payers, and the plan grades a payer']);
  const { side: _, ...other } = run;
  assert.equal(gradeUnder(other, plan, catalogue).word, 'not gradeable');
  const { heard: __, ...old } = run;
  assert.match(gradeUnder(old, plan, catalogue).gaps[0]?.why ?? '', /made by an older version/);
});

test('run --plan with a plan for clients: exit 3, and what to do instead', async () => {
  const { code, stderr } = await payerAssay('run', '--embedded', '--plan', 'ehr-crd-client-g31');
  assert.equal(code, 3);
  assert.match(stderr, /grades a client, and `run` asks a payer: play its cases with `payer-assay client`/);
});
