import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { feedsOf } from '../../scripts/feeds.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Exchange, Json } from '../../src/core/model.ts';
import { choose, feeds } from '../../src/run/choose.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { declares, forecast } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

const probes = checks.flatMap((check) => check.probes ?? []);

let embedded: Embedded;
let exchanges: readonly Exchange[];
before(async () => {
  embedded = await startEmbedded();
  const session = openSession(embedded.target, embedded.secrets);
  try {
    ({ exchanges } = await drive({ target: embedded.target, suites, ...session }));
  } finally {
    session.close();
  }
});
after(() => embedded.close());

test('a suite asks nothing that it does not declare', () => {
  const undeclared = exchanges.filter((exchange) => {
    const suite = suites.find((each) => each.id === exchange.suite);
    return suite !== undefined && !declares(suite, exchange, probes);
  });
  assert.ok(exchanges.length > 1000, 'the honest run holds every conversation');
  assert.deepEqual([...new Set(undeclared.map(({ suite, step, variant, probe }) => `${suite}: ${step} ${probe ?? variant ?? '(plain)'}`))], []);
});

test('every probe names a suite that there is', () => {
  const strays = probes.filter((probe) => !suites.some((suite) => suite.id === probe.suite));
  assert.deepEqual(
    strays.map(({ id }) => id),
    [],
  );
});

test('no suite declares the same form twice', () => {
  const twice = suites.flatMap((suite) => {
    const forms = suite.asks.flatMap(({ step, variants, probes: wrong = [] }) => [
      ...(variants ?? ['(plain)']).map((each) => `${suite.id}: ${step} ${each}`),
      ...wrong.map((each) => `${suite.id}: ${step} !${each}`),
    ]);
    return forms.filter((form, index) => forms.indexOf(form) !== index);
  });
  assert.deepEqual(twice, []);
});

test('src/run/feeds.json names every suite that a requirement reads, so a choice of requirements leaves none out', () => {
  const known = feeds();
  const evidence = { exchanges, target: embedded.target, blocked: [] };
  const silent = checks.filter(({ id }) => known[id] === undefined).map(({ id }) => id);
  assert.deepEqual(silent, [], 'new requirements: npm run docs');
  const beyond = checks.flatMap((check) =>
    feedsOf(check, evidence).flatMap((suite) => (known[check.id]?.reads.includes(suite) ? [] : [`${check.id} reads ${suite}`])),
  );
  assert.deepEqual(beyond, [], 'npm run docs');
});

test('a requirement that is judged on what its own suites sent comes to the same as in the whole run', () => {
  const evidence = { exchanges, target: embedded.target, blocked: [] };
  const differing = checks.flatMap((check) => {
    const { suites: held } = choose({ suites, checks }, { only: [check.id] }, embedded.target);
    const part = { ...evidence, exchanges: exchanges.filter(({ suite }) => held.some(({ id }) => id === suite)) };
    const [whole, alone] = [findingOf(check, evidence).outcome, findingOf(check, part).outcome];
    return whole === alone ? [] : [`${check.id}: ${whole} in the whole run, ${alone} alone`];
  });
  assert.deepEqual(differing, []);
});

test('the forecast of each choice is within a factor of 1.5 of what is sent', () => {
  const capability = JSON.parse(exchanges.find(({ step }) => step === 'metadata')?.response?.body ?? '{}') as Json;
  const smart = JSON.parse(exchanges.find(({ step }) => step === 'smart.configuration')?.response?.body ?? '{}') as Json;
  for (const only of ['', 'id.match', 'cc1.', 'cc2.token', 'crd.', 'bulk.kickoff', 'rest.usc.date']) {
    const { suites: held } = choose({ suites, checks }, { only: [only] }, embedded.target);
    const said = forecast(held, { target: embedded.target, capability, smart });
    const sent = exchanges.filter(({ suite }) => held.some(({ id }) => id === suite)).length;
    assert.ok(said <= sent * 1.5 && said >= sent / 1.5, `--only '${only}': ${said} foretold, ${sent} sent`);
  }
});
