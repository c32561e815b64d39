import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { faults } from '../../checks/injections.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import type { ExpectedFailure, Target } from '../../src/core/model.ts';
import { payerAssay, runIn, temporary } from './payer-assay.ts';

let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());

const requirement = 'cc2.token.no-store';
const fault = faults.find((each) => each.requirement === requirement)?.fault;
const expectation = (expires: string): readonly ExpectedFailure[] => [{ requirement, owner: 'team a', reason: 'ticket 7', expires }];

/** Runs one requirement against the embedded payer, as it stands. */
async function run(changes: Partial<Target> = {}, ...more: readonly string[]) {
  const folder = temporary();
  const file = join(folder, 'target.json');
  writeTarget(file, { ...embedded.target, ...changes }, embedded.secrets);
  const out = join(folder, 'out');
  return { ...(await payerAssay('run', '--target', file, '--only', requirement, '--scenario', 'S1', '--out', out, ...more)), out };
}

test('0: an honest payer, and --json prints the grade for machines', async () => {
  embedded.payer.inject();
  const { code, stdout } = await run({}, '--json');
  assert.equal(code, 0);
  const result = JSON.parse(stdout) as { result: string; files: readonly string[] };
  assert.equal(result.result, 'conformant');
  assert.deepEqual(
    result.files.map((each) => basename(each)),
    ['run.json', 'conformance.html', 'latency.html', 'junit.xml', 'run.sarif'],
  );
});

test('1: a SHALL that fails; regrade and report tell the same from run.json alone', async () => {
  assert.ok(fault);
  embedded.payer.inject(fault);
  const { code, out } = await run();
  assert.equal(code, 1);
  const before = readFileSync(join(out, 'run.json'), 'utf8');
  const regraded = await payerAssay('regrade', out);
  assert.match(regraded.stdout, /1 verdicts, 0 changed: non-conformant/);
  assert.equal(regraded.code, 1);
  assert.equal((await payerAssay('report', out)).code, 1);
  assert.equal(readFileSync(join(out, 'run.json'), 'utf8'), before);
});

test('0: a failure that the target file expects; 1: the same once the expectation has expired', async () => {
  assert.ok(fault);
  embedded.payer.inject(fault);
  // Something must be met beside it: a run with nothing met makes no statement.
  assert.equal((await run({ expectedFailures: expectation('2999-12-31') }, '--only', `${requirement},cc3.metadata.available`)).code, 0);
  assert.equal((await run({ expectedFailures: expectation('2999-12-31') })).code, 2);
  const expired = await run({ expectedFailures: expectation('2001-01-01') });
  assert.equal(expired.code, 1);
  assert.match(expired.stdout, /expired on 2001-01-01/);
});

test('1: an expectation that is stale because the requirement is met', async () => {
  embedded.payer.inject();
  const { code, stdout } = await run({ expectedFailures: expectation('2999-12-31') });
  assert.equal(code, 1);
  assert.match(stdout, /it passes now; team a should remove the expectation/);
});

test('2: fewer requirements verified than the floor', async () => {
  embedded.payer.inject();
  assert.equal((await run({ minVerified: 1000 })).code, 2);
});

test('3: usage errors', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['run'], /Say whom to test: --target FILE for a payer, or --embedded/],
    [['run', '--embedded', '--target', 'x'], /not both/],
    [['run', '--embedded', '--scenario', 'S9'], /S9 is not a scenario\. Known: S1, S2/],
    [['run', '--embedded', '--only', 'no.such.row'], /No requirement matches no\.such\.row\. See them all with: payer-assay list requirements/],
    [['run', '--embedded', '--load', 'huge'], /No load profile is called huge/],
    [['run', '--embedded', '--load', 'smoke', '--load-part', '4/3'], /--load-segment.*Expected e\.g\. 2\/3: the second of three parts/],
    [['run', '--embedded', '--load', 'smoke', '--load-part', '2'], /Expected e\.g\. 2\/3/],
    [['run', '--embedded', '--load', 'smoke', '--load-share', '0'], /--load-scale.*Expected a share above 0 and up to 1/],
    [['merge', '/no/such/part', '--out', '/tmp/x'], /There is no run at/],
    [['run', '--target', '/no/such/file'], /cannot be read \(ENOENT\)/],
    [['mock', '--fault', 'cc2.token.replay\u002faccepts-a-replayed-jt'], /Did you mean cc2\.token\.replay\/accepts-a-replayed-jti\?/],
    [['regrade', '/no/such/run'], /There is no run at/],
    [['fly'], /unknown command 'fly'/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await payerAssay(...args);
    assert.equal(code, 3, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
  }
});

test('a run that died is graded from its journal, as incomplete', async () => {
  embedded.payer.inject();
  const { out } = await run();
  const whole = runIn(out);
  const died = temporary();
  const { exchanges, blocked: _b, verdicts: _v, latency: _l, finishedAt: _f, ...head } = whole;
  writeFileSync(join(died, 'exchanges.ndjson'), `${[head, ...exchanges].map((each) => JSON.stringify(each)).join('\n')}\n{"index":`);
  const { code, stdout } = await payerAssay('regrade', died, '--out', died);
  assert.equal(code, 2, stdout);
  assert.equal(runIn(died).exchanges.length, exchanges.length);
  assert.ok(runIn(died).blocked.some(({ reason }) => /the run died here/.test(reason)));
});

test('list prints every requirement, fault and suite as JSON', async () => {
  const rows = JSON.parse((await payerAssay('list', 'requirements', '--json')).stdout) as readonly {
    id: string;
    status: string;
    reason: string | null;
    faults: readonly string[];
  }[];
  const ids = new Set((JSON.parse((await payerAssay('list', 'faults', '--json')).stdout) as readonly { id: string }[]).map(({ id }) => id));
  assert.ok(rows.length > 0);
  for (const row of rows) {
    if (row.status === 'judged') assert.ok(row.faults.length > 0 && row.faults.every((id) => ids.has(id)), row.id);
    else assert.ok(row.reason, `${row.id} is excluded without a reason`);
  }
  assert.ok((JSON.parse((await payerAssay('list', 'suites', '--json')).stdout) as readonly { id: string }[]).some(({ id }) => id === 'discover'));
  const profiles = JSON.parse((await payerAssay('list', 'profiles', '--json')).stdout) as readonly { name: string; requests: number }[];
  assert.deepEqual(
    profiles.find(({ name }) => name === 'agreed'),
    { name: 'agreed', title: 'the rate of the agreement for half an hour, and reads without load before it', seconds: 1920, requests: 18_720 },
  );
});
