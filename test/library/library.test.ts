import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as assay from '../../src/index.ts';

/** The package as a vendor uses it from tests of their own: through src/index.ts alone. */

let payer: assay.Embedded;
before(async () => {
  payer = await assay.startEmbedded();
});
after(() => payer.close());

const today = '2026-11-24';

async function verdictsOf(grep: string): Promise<{ readonly evidence: assay.Evidence; readonly verdicts: readonly assay.Verdict[] }> {
  const { target, secrets } = payer;
  const chosen = assay.choose({ checks: assay.checks, suites: assay.suites }, { only: [grep] });
  const needed = assay.withNeeds(assay.suites, ['token']);
  const session = assay.openSession(target, secrets);
  try {
    const evidence = await assay.drive({ target, suites: needed, ...session });
    return { evidence, verdicts: assay.judge(chosen.checks, evidence, today) };
  } finally {
    session.close();
  }
}

test('drive, judge and grade, stage by stage', async () => {
  const { evidence, verdicts } = await verdictsOf('cc2.token');
  assert.ok(evidence.exchanges.some((exchange) => exchange.step === 'token' && exchange.response?.status === 200));
  assert.deepEqual(
    verdicts.filter((verdict) => verdict.finding.outcome === 'fail'),
    [],
  );
  assert.ok(verdicts.some((verdict) => verdict.finding.outcome === 'pass'));
  assert.notEqual(assay.grade({ verdicts, target: payer.target }, today).result, 'non-conformant');
});

test('a injected fault is found, and found again in the stored history', async () => {
  const check = assay.checks.find((each) => each.id.startsWith('cc2.token.') && each.probes === undefined && each.faults[0].at === 'token');
  const fault = check?.faults[0];
  assert.ok(fault);
  payer.payer.inject(fault);
  try {
    const { evidence, verdicts } = await verdictsOf('cc2.token');
    const failed = verdicts.filter((verdict) => verdict.finding.outcome === 'fail').map((verdict) => verdict.requirement);
    assert.ok(failed.includes(check?.id ?? ''), `"${fault.name}" was not noticed`);
    assert.deepEqual(
      assay
        .judge(assay.checks, JSON.parse(JSON.stringify(evidence)), today)
        .filter((verdict) => verdict.requirement.startsWith('cc2.token') && verdict.finding.outcome === 'fail')
        .map((verdict) => verdict.requirement),
      failed,
    );
  } finally {
    payer.payer.inject();
  }
});

test('run() stores what readRun() reads, and every report is made of it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-library-'));
  try {
    const { target, secrets } = payer;
    const chosen = assay.choose({ checks: assay.checks, suites: assay.suites }, { only: ['cc3.metadata'] });
    const suites = assay.withNeeds(assay.suites, ['discover']);
    const done = await assay.run({ target, secrets, checks: chosen.checks, suites, folder, signal: new AbortController().signal });
    const stored = assay.readRun(folder);
    assert.deepEqual(stored.verdicts, done.verdicts);
    assert.deepEqual(assay.graded(stored, chosen.checks).verdicts, done.verdicts);
    assert.match(assay.renderConformance(stored), /cc3\.metadata\.available/);
    assert.match(assay.renderLatency(stored), /<svg/);
    assert.match(assay.renderJunit(stored), /<testsuite /);
    assert.equal(JSON.parse(assay.renderSarif(stored)).version, '2.1.0');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a conversation and a requirement of one’s own', async () => {
  const hello: assay.Suite = {
    id: 'own.hello',
    title: 'Ask for the metadata once more',
    scenarios: ['S1'],
    asks: [{ step: 'metadata' }],
    requests: 1,
    drive: (provider) => provider.ask('metadata', { method: 'GET', url: `${payer.target.fhir?.base}/metadata`, token: 'none' }),
  };
  const quick: assay.Check = {
    id: 'own.json',
    level: 'FAST',
    lines: ['L1'],
    scenarios: ['S1'],
    text: 'Metadata are an object.',
    source: { ig: 'own', version: '1', url: 'https://vendor.example/rules', section: '1' },
    judge: ({ exchanges: [first] }) =>
      first?.response?.body.startsWith('{') ? { outcome: 'pass' } : { outcome: 'not-testable', reason: 'no JSON object came', because: 'payer' },
    faults: [{ name: 'sends nothing', at: 'metadata', alter: (response) => ({ ...response, body: '' }) }],
  };
  const transport = assay.createTransport({});
  try {
    const evidence = await assay.drive({ target: payer.target, suites: [hello], transport });
    assert.equal(assay.findingOf(quick, evidence).outcome, 'pass');
  } finally {
    transport.close();
  }
});

test('a target that is wrong is reported in words', () => {
  assert.ok(assay.problemsOf({ name: 'x', auth: { kind: 'none' }, membres: {} }).length > 0);
});
