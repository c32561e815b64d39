import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmbedded } from '../../../mocks/embedded.ts';
import { ratesOf } from '../../../src/core/load.ts';
import type { LoadStage } from '../../../src/core/model.ts';
import { strangersIn } from '../../../src/load/about.ts';
import { allowedHosts } from '../../../src/load/allowed.ts';
import { collect } from '../../../src/load/collect.ts';
import { capped, offered, type Profile, profileOf, usersOf } from '../../../src/load/profiles.ts';
import { runLoad } from '../../../src/load/run-load.ts';
import { sampleRun } from '../../reports/sample.ts';
import { skip } from '../k6.ts';

const { target } = sampleRun();
const smoke = profileOf('smoke');
/** No warm-up, and as many seconds as a test can wait for. */
const brief = (seconds: number): Profile => ({
  ...smoke,
  stages: smoke.stages.filter((each) => each.kind === 'steady').map((each) => ({ ...each, seconds })),
});

test('load goes to this machine and to owned hosts only', () => {
  assert.deepEqual(allowedHosts(target, ['http://127.0.0.1:8080/fhir', 'https://localhost/fhir']), ['127.0.0.1:8080', 'localhost:443']);
  assert.throws(() => allowedHosts(target, ['https://fhir.acme.example/r4']), /Load is refused for fhir.acme.example:443.*ownedHosts/);
  assert.deepEqual(allowedHosts({ ...target, ownedHosts: ['fhir.acme.example'] }, ['https://fhir.acme.example/r4']), ['fhir.acme.example:443']);
  assert.throws(() => allowedHosts({ ...target, allow: { load: false } }, ['http://localhost/']), /forbids load/);
});

test('a host that is not ours is not loaded, and the report says why', async () => {
  const outcome = await runLoad(smoke, {
    target: { ...target, members: { known: { patient: {}, coverage: {} } } },
    secrets: {},
    k6: process.execPath,
  });
  assert.ok('notRun' in outcome);
  assert.match(outcome.notRun.why, /Load is refused for fhir.acme.example:443/);
});

test('a missing k6 is reported with its fix', async () => {
  const near = { ...target, fhir: { base: 'http://127.0.0.1:9/fhir' }, members: { known: { patient: {}, coverage: {} } } };
  const outcome = await runLoad(smoke, { target: near, secrets: {}, k6: '/nowhere/k6' });
  assert.ok('notRun' in outcome);
  assert.match(outcome.notRun.why, /\/nowhere\/k6/);
  assert.match(outcome.notRun.fix, /npm run setup/);
});

test('profiles are found by name, for the rate agreed to, and capped', () => {
  assert.throws(() => profileOf('smok'), /Known: smoke, agreed/);
  const overload = profileOf('overload', { rate: 40 });
  assert.deepEqual(
    overload.stages.map(({ kind, rate }) => [kind, rate]),
    [
      ['warm-up', 40],
      ['steady', 40],
      ['overload', 120],
      ['recovery', 40],
    ],
  );
  assert.throws(() => profileOf('overload', { rate: 1000 }), /3000 requests a second; at most 2000/);
  assert.throws(() => capped({ ...overload, stages: overload.stages.map((each) => ({ ...each, seconds: 1e6 })) }), /at most 20000000/);
});

test('what a target does not offer falls to the other journeys', () => {
  const [steady] = offered(profileOf('overload'), (journey) => journey !== 's2' && journey !== 's4').stages;
  assert.deepEqual(Object.keys(steady?.mix ?? {}), ['s1', 's3']);
  assert.ok(Math.abs((steady?.mix.s1 ?? 0) - 0.6 / 0.7) < 1e-9);
  assert.deepEqual(offered(profileOf('typing'), () => false).stages, []);
});

test('virtual users are enough for the slowest journey tolerated', () => {
  const stage = { name: 'x', kind: 'steady', rate: 100, seconds: 1, mix: { s1: 1 } } as const;
  assert.equal(usersOf({ tolerated: 5 }, stage), 100);
  assert.equal(usersOf({ tolerated: 5 }, { ...stage, mix: { s1: 0.5, s2: 0.5 } }), 175);
});

test('answers about somebody else are found in every entry', () => {
  const entry = (resourceType: string, id: string, rest: object) => ({ resource: { resourceType, id, ...rest } });
  const bundle = {
    resourceType: 'Bundle',
    entry: [
      entry('Condition', 'c1', { subject: { reference: 'Patient/p1' } }),
      entry('Coverage', 'v1', { beneficiary: { reference: 'https://x.example/fhir/Patient/p2' } }),
      entry('Organization', 'o1', {}),
    ],
  };
  assert.deepEqual(strangersIn(bundle, 'p1'), ['Coverage/v1 of Patient/p2']);
  assert.deepEqual(strangersIn({ resourceType: 'Patient', id: 'p1' }, 'p1'), []);
  assert.deepEqual(strangersIn('<html>', 'p1'), []);
});

test('samples of several segments add up, and a line cut short is passed over', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-test-'));
  try {
    const sample = (at: number, j: string) =>
      JSON.stringify({
        k: 'sample',
        step: 'read',
        g: 0,
        i: `s1.${at}`,
        at,
        total: 10,
        ph: [0, 0, 0, 9, 1],
        status: 200,
        ok: 1,
        j,
        ...(j.includes('f') ? { why: 'expected an ETag; seen none' } : {}),
      });
    const checks = JSON.stringify({ k: 'checks', checks: { read: ['rest.a', 'rest.b'] } });
    const files = [join(folder, 'a'), join(folder, 'b')];
    await writeFile(files[0] ?? '', [checks, sample(1000, 'pp'), sample(1100, 'pf')].join('\n'));
    await writeFile(files[1] ?? '', [checks, sample(1050, 'p-'), '{"k":"sample","st'].join('\n'));
    const all = await collect(files, brief(1).stages);
    assert.equal(all.stages[0]?.answers.ok, 3);
    assert.equal(all.iterations.size, 3);
    assert.equal(all.requests, 3);
    assert.deepEqual(all.series[0]?.at, [0, 100, 50]);
    assert.deepEqual(all.conformance, [
      { requirement: 'rest.a', checked: 3, failed: 0 },
      { requirement: 'rest.b', checked: 2, failed: 1, example: 'expected an ETag; seen none', byStage: [{ stage: 0, checked: 2, failed: 1 }] },
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('k6 holds the S1 journey with the embedded payer, judged by the same checks', {
  skip,
}, async () => {
  const embedded = await startEmbedded();
  try {
    const outcome = await runLoad(brief(2), { target: embedded.target, secrets: embedded.secrets });
    assert.ok('latency' in outcome, JSON.stringify(outcome));
    const { load, series } = outcome.latency;
    assert.ok(load && load.requests >= 30, `about 40 requests expected, seen ${load?.requests}`);
    assert.equal(load.mixedUp, 0);
    assert.deepEqual(
      load.conformance.filter((each) => each.failed > 0),
      [],
    );
    assert.ok(load.conformance.length > 0, 'nothing was judged under load');
    assert.deepEqual(new Set(series.map((each) => each.operation)), new Set(['match', 'read', 'search']));
    assert.ok(
      series.every((each) => each.ok.every((ok) => ok === 1)),
      'the honest payer answered with an error',
    );
  } finally {
    await embedded.close();
  }
});

test("what breaks under load only is found: a lost self link, and another member's record", {
  skip,
}, async () => {
  const embedded = await startEmbedded();
  let searches = 0;
  let reads = 0;
  embedded.payer.inject(
    {
      name: 'loses a self link now and then',
      at: 'search',
      alter: (response) =>
        ++searches > 15 && searches % 5 === 0
          ? { ...response, body: response.body.replace('"relation":"self"', '"relation":"alternate"') }
          : response,
    },
    {
      name: 'mixes up two sessions now and then',
      at: 'read',
      alter: (response) =>
        ++reads > 5 && reads % 4 === 0 ? { ...response, body: response.body.replace(/"id":"[^"]+"/, '"id":"somebody-else"') } : response,
    },
  );
  try {
    const outcome = await runLoad(brief(3), { target: embedded.target, secrets: embedded.secrets });
    assert.ok('latency' in outcome, JSON.stringify(outcome));
    const { load } = outcome.latency;
    const broken = load?.conformance.find((each) => each.requirement === 'rest.search.self-link');
    assert.ok(broken && broken.failed > 0 && broken.failed < broken.checked, JSON.stringify(broken));
    assert.match(broken.example ?? '', /self/);
    assert.ok((load?.mixedUp ?? 0) > 0, 'the mix-up was not seen');
  } finally {
    await embedded.close();
  }
});

test('a requirement that breaks at a higher rate says at which rates it held', () => {
  const stages = [2, 10, 50, 50].map(
    (rate): LoadStage => ({
      name: '',
      kind: 'step',
      rate,
      seconds: 1,
      from: 0,
      answers: { requests: 0, ok: 0, shed: 0, shedBare: 0, failed: 0, late: 0, lost: 0, refused: 0 },
      judged: 0,
      wrong: 0,
    }),
  );
  const byStage = [
    { stage: 0, checked: 60, failed: 0 },
    { stage: 1, checked: 300, failed: 0 },
    { stage: 2, checked: 400, failed: 10 },
    { stage: 3, checked: 600, failed: 21 },
  ];
  assert.equal(
    ratesOf({ requirement: 'a', checked: 1360, failed: 31, byStage }, stages),
    'held at 2, 10 a second; not in 3.1 % of 1000 answers at 50 a second',
  );
});
