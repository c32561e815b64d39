import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import { collect } from '../../src/load/collect.ts';
import type { LoadPlan } from '../../src/load/plan.ts';
import { payerAssay, runIn } from '../cli/payer-assay.ts';
import { assertPercentiles, k6, skip } from './k6.ts';
import { initialize, startRunners, testRun, unpause } from './operator.ts';

/** deploy/k6-operator as the operator would carry it out, with local processes for pods. */

const run = testRun();

test('the TestRun holds fields of the API only, and no value that it refuses', () => {
  assert.deepEqual([run.apiVersion, run.kind], ['k6.io/v1alpha1', 'TestRun']);
  // TestRunSpec and Pod of api/v1alpha1/testrun_types.go; `cleanup` may be absent or "post", and "post" would delete the logs.
  const unknown = (value: object, known: readonly string[]) => Object.keys(value).filter((each) => !known.includes(each));
  assert.deepEqual(unknown(run.spec, ['parallelism', 'arguments', 'script', 'initializer', 'runner', 'starter', 'quiet', 'paused', 'separate']), []);
  for (const pod of [run.spec.initializer, run.spec.runner]) assert.deepEqual(unknown(pod, ['image', 'env', 'resources', 'securityContext']), []);
  assert.ok(!JSON.stringify(run.spec.initializer).includes('secretKeyRef'), 'who asks nothing needs no key');
});

let embedded: Embedded;
let folder = '';
before(async () => {
  embedded = await startEmbedded();
  folder = await mkdtemp(join(tmpdir(), 'assay-operator-'));
});
after(async () => {
  await embedded.close();
  await rm(folder, { recursive: true });
});

test('bundle, paused runners, logs and merge: one load, counted exactly', { skip }, async () => {
  const [file, bundle, desk, whole] = ['target.json', 'bundle', 'desk', 'whole'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  writeTarget(file, embedded.target, embedded.secrets);
  const made = await payerAssay(
    ...['run', '--target', file, '--only', 'time.load,id.mm.brute-force', '--scenario', 'S1', '--out', desk],
    ...['--load', 'smoke', '--load-scale', '0.2', '--load-bundle', bundle],
  );
  assert.ok(made.code === 0, made.stderr);
  assert.deepEqual(
    runIn(desk).verdicts.filter(({ finding }) => finding.outcome === 'not-testable' || finding.outcome === 'fail'),
    [],
    'smoke leaves a question open that it can never answer',
  );
  const size = (await stat(join(bundle, 'load.js'))).size + (await stat(join(bundle, 'plan.json'))).size;
  assert.ok(size < 0.9 * 2 ** 20, `a ConfigMap holds 1 MiB, the bundle and its plan are ${size} bytes`);
  assert.ok(initialize(run, k6, bundle, folder).maxVUs > 0);

  const { auth } = embedded.target;
  assert.ok(auth.kind === 'smart-backend');
  embedded.payer.inject();
  const secrets = { 'client-key.jwk': embedded.secrets[auth.key.env ?? ''] ?? '' };
  const runners = await startRunners(run, k6, bundle, folder, secrets);
  try {
    await unpause(runners);
    assert.deepEqual(await Promise.all(runners.map(({ done }) => done)), [0, 0, 0]);
  } finally {
    for (const each of runners) each.kill();
  }

  const logs = runners.map(({ log }) => log);
  const joined = await payerAssay('merge', desk, '--only-samples', '--samples', ...logs, '--out', whole);
  assert.ok(joined.code === 0, joined.stdout + joined.stderr);
  const { latency } = runIn(whole);
  assert.equal(latency?.load?.inconclusive, undefined);
  const plan = JSON.parse(await readFile(join(bundle, 'plan.json'), 'utf8')) as LoadPlan;
  assert.equal(plan.members.length, 2, 'of three members, the one whose card number was guessed at is left out');
  // Each runner finds the CDS services, gets a token, and holds S1 (five requests) once a member.
  const setUp = 2 + 5 * plan.members.length;
  assert.equal(embedded.payer.asked.length, (latency?.load?.requests ?? 0) + runners.length * setUp);
  assert.ok(embedded.payer.asked.length > 150, `${embedded.payer.asked.length} requests`);
  const { iterations, twice } = await collect(logs, plan.profile.stages);
  assert.equal(twice, 0);
  for (const stage of plan.profile.stages.keys()) {
    const numbers = [...iterations].filter((id) => id.startsWith(`${stage}.`)).map((id) => Number(id.split('.').at(-1)));
    assert.deepEqual(
      numbers.sort((a, b) => a - b),
      Array.from({ length: numbers.length }, (_, nth) => nth),
    );
  }

  const lines = (await Promise.all(logs.map((each) => readFile(each, 'utf8')))).join('\n').split('\n');
  const truth = lines.flatMap((line) => (line.startsWith('{"k":"sample"') ? [(JSON.parse(line) as { total: number }).total] : []));
  assertPercentiles(
    (latency?.series ?? []).flatMap(({ source, total }) => (source === 'k6' ? total : [])),
    truth,
  );

  const lost = await payerAssay('merge', desk, '--only-samples', '--samples', ...logs.slice(1), '--out', join(folder, 'lost'));
  assert.equal(lost.code, 2, lost.stdout);
  assert.match(runIn(join(folder, 'lost')).latency?.load?.inconclusive ?? '', /requests are in no file: is the log of a runner missing/);
  const [first = '', ...others] = logs;
  await writeFile(first, (await readFile(first, 'utf8')).split('\n').slice(0, -20).join('\n'));
  await payerAssay('merge', desk, '--only-samples', '--samples', first, ...others, '--out', join(folder, 'cut'));
  assert.match(runIn(join(folder, 'cut')).latency?.load?.inconclusive ?? '', /1 of 3 sample files end without the summary of k6/);
});
