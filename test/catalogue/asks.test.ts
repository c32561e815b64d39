import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import type { Exchange } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { declares } from '../../src/run/suite.ts';
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
