import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { signersOf } from '../../src/client/identity.ts';
import { createTransport, type Transport } from '../../src/client/transport.ts';
import { findingOf, judge } from '../../src/core/judge.ts';
import type { Evidence, Target } from '../../src/core/model.ts';
import { postconditions } from '../../src/core/postconditions.ts';
import { scoreErrors } from '../../src/core/rubric/errors.ts';
import { scoreIdentity } from '../../src/core/rubric/identity.ts';
import { drive } from '../../src/run/drive.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

let embedded: Embedded;
let transport: Transport;
before(async () => {
  embedded = await startEmbedded();
  transport = createTransport();
});
after(async () => {
  transport.close();
  await embedded.close();
});

const talk = (ids: readonly string[], more: Partial<Target> = {}): Promise<Evidence> => {
  const target = { ...embedded.target, ...more };
  return drive({ target, suites: withNeeds(suites, ids), transport, signers: signersOf(target, embedded.secrets) });
};
const of = (evidence: Evidence, id: string) => {
  const check = checks.find((each) => each.id === id);
  assert.ok(check, id);
  return findingOf(check, evidence);
};
const all = ['member.match', 'match', 'access', 'member.guess', 'errors', 'timing'];
const probes = checks.flatMap((check) => check.probes ?? []);

test('the honest payer meets every identity, error and time row that is reached, without a warning', async () => {
  embedded.payer.inject();
  const evidence = await talk(all);
  assert.deepEqual(evidence.blocked, []);
  const mine = checks.filter((each) => /^(id|err|time)\./.test(each.id));
  const missed = mine.filter((each) => findingOf(each, evidence).outcome === 'fail').map((each) => each.id);
  assert.deepEqual(missed, []);
  assert.ok(mine.filter((each) => findingOf(each, evidence).outcome === 'pass').length >= 50);
});

test('at least twenty errors are provoked in S1, and the honest payer answers each of them well', async () => {
  embedded.payer.inject();
  const evidence = await talk(all);
  const report = scoreErrors(evidence, probes);
  assert.ok(report.count >= 20, `${report.count}`);
  assert.ok((report.minimum ?? 0) >= 17, `${report.minimum}`);
  assert.deepEqual(report.failures, []);
  const verdicts = judge(checks, evidence, '2026-06-01');
  const p5 = postconditions({ exchanges: evidence.exchanges, verdicts, target: evidence.target }, report).find(
    (each) => each.scenario === 'S1' && each.id === 'P5',
  );
  assert.equal(p5?.state, 'met', p5?.why);
});

test('rubric 5 gives the honest payer all the points that could be tested, and takes them for a leak', async () => {
  embedded.payer.inject();
  const honest = await talk(['member.match', 'access']);
  const report = scoreIdentity(honest, judge(checks, honest, '2026-06-01'));
  assert.deepEqual([report.points, report.disclosures], [report.reachable, []]);
  assert.ok(report.reachable >= 10, `${report.reachable}`);
  embedded.payer.inject({ name: 'leaks', at: 'read', behaviour: 'shows-foreign-patients' });
  const leaking = await talk(['access']);
  // Whoever shows the Patient shows what depends on it too.
  assert.match(scoreIdentity(leaking, judge(checks, leaking, '2026-06-01')).disclosures.join('\n'), /^id\.authz\.compartment: .* Patient\./m);
});

test('a payer that matches on the family name only is caught', async () => {
  embedded.payer.inject({ name: 'family name only', at: 'match', behaviour: 'matches-on-family-name-only' });
  const evidence = await talk(['member.match', 'match']);
  assert.equal(of(evidence, 'id.match.near-miss').outcome, 'fail');
  assert.equal(of(evidence, 'id.mm.near-miss').outcome, 'fail');
});

test('without a match operation the journey goes on with the id of the target file', async () => {
  embedded.payer.inject({
    name: 'declares no match',
    at: 'metadata',
    alter: (response) => ({ ...response, body: response.body.replaceAll('member-match', 'something-else') }),
  });
  const { 'hl7.fhir.us.davinci-hrex': _, ...guides } = embedded.target.guides ?? {};
  const evidence = await talk(['errors'], { guides });
  assert.ok(!evidence.exchanges.some((each) => each.suite === 'member'));
  assert.ok(evidence.exchanges.some((each) => each.probe === 'err.bad-date'));
});

test('without a known member the suite stops and says what to add', async () => {
  embedded.payer.inject();
  const evidence = await talk(['member'], { members: {} });
  assert.match(evidence.blocked[0]?.reason ?? '', /add members\.known/);
});

test('card numbers are guessed only where the target file allows it', async () => {
  embedded.payer.inject();
  const evidence = await talk(['member.guess'], { allow: {} });
  assert.ok(!evidence.exchanges.some((each) => each.variant === 'guess'));
  const finding = of(evidence, 'id.mm.brute-force');
  assert.equal(finding.outcome === 'not-testable' && finding.add, 'allow.bruteForce');
});

test('times fail nobody with whom nothing is agreed', async () => {
  embedded.payer.inject();
  const evidence = await talk(['timing'], { agreement: {} });
  for (const { id } of checks.filter((each) => /^time\.(agreed|token|match|read|discovery)/.test(each.id)))
    assert.notEqual(of(evidence, id).outcome, 'fail', id);
  const declared = of(evidence, 'time.agreed.declared');
  assert.equal(declared.outcome === 'not-testable' && declared.add, 'agreement.limits');
});

test('no answer about nobody shows data of anybody', async () => {
  embedded.payer.inject();
  const evidence = await talk(['member.match', 'match']);
  const answers = evidence.exchanges.filter((each) => each.member === 'unknown');
  assert.ok(answers.length >= 3);
  for (const { response } of answers) assert.doesNotMatch(response?.body ?? '', /birthDate|"family"/);
});
