import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { problemsOf } from '../../src/target/load.ts';
import { suites } from '../../suites/index.ts';

/** Operators of a payer that only exports, or only lists providers, need not make up a card. */
let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());

test('a known member without a card is read by its id; what needs a card is left open, and nothing is made up', async () => {
  const { known } = embedded.target.members;
  assert.ok(known?.patientId !== undefined);
  const { coverage: _card, ...person } = known;
  const target: Target = { ...embedded.target, members: { known: person } };
  assert.deepEqual(problemsOf(target), []);
  const session = openSession(target, embedded.secrets);
  const evidence = await drive({ target, suites: withNeeds(suites, ['member.match', 'crd.hooks', 'rest.read'], target), ...session }).finally(() =>
    session.close(),
  );
  const { exchanges } = evidence;
  assert.deepEqual(
    exchanges.filter(({ step }) => step === 'member-match' || step === 'cds.hook'),
    [],
  );
  assert.ok(exchanges.some(({ step, response }) => step === 'read' && response?.status === 200));
  let open = 0;
  for (const check of checks.filter(({ id }) => /^(id\.mm|err\.member|crd\.card)\./.test(id))) {
    const finding = findingOf(check, evidence);
    assert.ok(finding.outcome === 'not-testable' || finding.outcome === 'not-applicable', `${check.id}: ${finding.outcome}`);
    if (finding.outcome === 'not-testable' && /no coverage/.test(finding.reason)) open++;
  }
  assert.ok(open > 10, `${open} rows name the missing card`);
  assert.equal(findingOf(checks.find(({ id }) => id === 'rest.read.etag') ?? assert.fail(), evidence).outcome, 'pass');
});
