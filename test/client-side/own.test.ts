import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '../../checks/catalogue.ts';
import { clientRows } from '../../checks/client/index.ts';
import { cases } from '../../mocks/client/cases/index.ts';
import type { Scripted } from '../../mocks/client/host.ts';
import { remarksOn } from '../../src/client-side/log.ts';
import { conductOwn } from '../../src/client-side/own/embedded.ts';
import { misbehaviours } from '../../src/client-side/own/misbehaviours.ts';
import { clientVariations } from '../../src/client-side/own/variations/index.ts';
import { bracketsOf, casesOf } from '../../src/client-side/play.ts';
import { flawsIn } from '../../src/client-side/sound.ts';
import { verdictsOf } from '../../src/core/client-verdicts.ts';
import type { Exchange, RawExchange } from '../../src/core/model.ts';
import { gradeUnder } from '../../src/plan/grade.ts';
import { planNamed, shelf } from '../../src/plan/load.ts';

test('our own client passes every row on every case, as the payers heard it', async () => {
  const raw: RawExchange[] = [];
  let scripted: Scripted | undefined;
  const { run, hearing, unfit, dropped } = await conductOwn({
    signal: new AbortController().signal,
    onHeard: (exchange) => raw.push(exchange),
    onReady: (ready) => {
      scripted = ready;
    },
  });
  assert.deepEqual(
    run.verdicts.filter(({ finding }) => finding.outcome !== 'pass').map(({ requirement, finding }) => [requirement, finding]),
    [],
  );
  assert.deepEqual(
    hearing.plays.filter(({ before, after }) => before !== 'completed' || after !== 'completed').map((play) => play.case),
    [],
  );
  assert.deepEqual([unfit.length, dropped], [0, 0]);
  // Who watches the log of an honest client sees nothing wrong, and no request of another is accused for what came before it.
  assert.deepEqual([...new Set(hearing.heard.flatMap(remarksOn))], []);
  const { word, gaps, attested } = gradeUnder(run, planNamed('ehr-crd-client-g31', shelf()), catalogue);
  assert.equal(word, 'conformant', JSON.stringify(gaps.slice(0, 3)));
  assert.ok(attested?.includes('client.crd.coverage-info-visible'), 'by the word of our screen, and kept apart');
  const going = (heard: readonly Exchange[]) => ({
    heard,
    sent: heard.map(({ request }) => request),
    screen: run.heard?.plays.flatMap(({ shown = [] }) => shown) ?? [],
  });
  const otherwise = clientVariations.filter(({ differs, sends, beforehand, https }) => differs ?? sends ?? beforehand ?? https);
  assert.ok(otherwise.length > 50);
  assert.deepEqual(
    otherwise.filter(({ cases: own, shows }) => shows(going(hearing.heard.filter(({ suite }) => own.includes(suite))))).map(({ text }) => text),
    [],
    'ways that our honest client goes already, as their witnesses say',
  );
  assert.deepEqual(
    clientVariations.filter(({ shows }) => shows({ heard: [], sent: [], screen: [] })).map(({ text }) => text),
    [],
    'ways whose witness says yes to silence',
  );
  assert.ok(scripted);
  assert.deepEqual(
    await flawsIn(casesOf(bracketsOf(cases)), raw, scripted),
    [],
    'controls break no row about payers, faulty cases only what they are named for',
  );
});

test('a client that never came passes nothing', () => {
  for (const { requirement, finding } of verdictsOf(clientRows, { heard: [], plays: [], share: 1 }, {}))
    assert.ok(['not-testable', 'not-applicable'].includes(finding.outcome), `${requirement}: ${finding.outcome}`);
});

test('every case is called for by a row, every row by cases that are there, and every misbehaviour by a fault', () => {
  const ids = cases.map(({ id }) => id);
  const called = new Set(clientRows.flatMap((row) => row.cases ?? []));
  assert.deepEqual(
    ids.filter((id) => !called.has(id)),
    [],
  );
  assert.deepEqual(
    [...called].filter((id) => !ids.includes(id)),
    [],
  );
  const used = clientRows.flatMap(({ faults }) => faults.flatMap(({ behaves }) => behaves ?? []));
  assert.deepEqual(
    Object.keys(misbehaviours).filter((name) => !used.includes(name)),
    [],
  );
  assert.equal(new Set(clientRows.map(({ id }) => id)).size, clientRows.length, 'ids are unique');
});
