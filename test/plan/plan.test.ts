import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { catalogue } from '../../checks/catalogue.ts';
import { checks } from '../../checks/index.ts';
import type { Exchange, Run } from '../../src/core/model.ts';
import { rowsFor } from '../../src/plan/judged.ts';
import { planFolder, planNamed, shelf } from '../../src/plan/load.ts';
import { choicesOf, guideProblems, keyOf, nameOf, resolve, under, whole } from '../../src/plan/resolve.ts';
import { select } from '../../src/plan/select.ts';
import { fitting } from '../../src/plan/variant.ts';
import { temporary } from '../cli/payer-assay.ts';

const all = shelf();

test('every plan resolves: no selector hits nothing, every guide version is published, every frozen row is in the catalogue', () => {
  assert.ok(all.plans.length >= 19, String(all.plans.length));
  const ids = new Set([...catalogue.checks, ...catalogue.clientRows].map(({ id }) => id));
  for (const own of all.plans) {
    const plan = whole(own, all.plans);
    assert.deepEqual(guideProblems(nameOf(own), plan.guides), []);
    for (const choice of choicesOf(own)) {
      assert.ok(Object.keys(resolve(under(plan, choice), rowsFor(plan, catalogue))).length > 0);
      const name = [nameOf(own), keyOf(choice)].filter((each) => each !== '').join('+');
      const { rows, plan: named } = planNamed(name, all);
      for (const id of Object.keys(rows)) assert.ok(ids.has(id), `${name} has the row ${id}, which the catalogue no longer has: retract it`);
      for (const { rows: selectors } of named.mustShow) if (selectors) select(selectors, rowsFor(plan, catalogue), name);
    }
  }
});

test('the name says which version was judged: a guide that has variants accepts no other version under one of them', () => {
  for (const own of all.plans)
    for (const values of Object.values(own.variants ?? {}))
      for (const id of new Set(Object.values(values).flatMap(({ guides = {} }) => Object.keys(guides))))
        for (const choice of choicesOf(own)) assert.equal(under(own, choice).guides[id]?.accept, undefined, `${nameOf(own)} ${id}`);
});

test('without a named variant the payer decides, and with one it does not', () => {
  const declares = (version: string): Pick<Run, 'exchanges' | 'target'> => {
    const body = JSON.stringify({
      resourceType: 'CapabilityStatement',
      implementationGuide: [`http://hl7.org/fhir/uv/bulkdata/ImplementationGuide/hl7.fhir.uv.bulkdata|${version}`],
    });
    const exchange = {
      step: 'metadata',
      request: { method: 'GET', url: 'https://payer.example/metadata', headers: {} },
      response: { status: 200, headers: {}, body },
    };
    return { exchanges: [exchange as unknown as Exchange], target: { name: 'x', auth: { kind: 'none' }, members: {} } };
  };
  const open = planNamed('bulk-data-2.0-server', all);
  assert.equal(fitting(declares('3.0.0'), open).name, 'bulk-data-2.0-server@2026.11+bulk=3.0.0');
  assert.equal(fitting(declares('2.0.0'), open).name, 'bulk-data-2.0-server@2026.11+bulk=2.0.0');
  assert.equal(
    fitting(declares('1.0.1'), open).name,
    'bulk-data-2.0-server@2026.11+bulk=2.0.0',
    'the default, and the grade says that the payer declares another',
  );
  assert.equal(fitting(declares('3.0.0'), planNamed('bulk-data-2.0-server+bulk=2.0.0', all)).name, 'bulk-data-2.0-server@2026.11+bulk=2.0.0');
});

test('a plan raises levels with their law, and never lowers one', () => {
  const plan = planNamed('cms-provider-access@2026.11', all);
  assert.equal(plan.rows['pa.non-financial'], 'SHALL');
  assert.notEqual(checks.find(({ id }) => id === 'pa.non-financial')?.level, 'SHALL');
  const lower = { ...plan.plan, raise: { 'rest.http.utf8': { to: 'FAST', law: 'nobody' } } } as const;
  assert.throws(() => resolve(lower, checks), /may raise a level, never lower one/);
});

test('rows that come later do not creep in: an edition holds its frozen rows', () => {
  const [first] = checks;
  assert.ok(first);
  const plan = planNamed('smart-backend-services', all);
  const later = [...checks, { ...first, id: 'cc2.token.later' }];
  assert.ok(Object.hasOwn(resolve(plan.plan, later), 'cc2.token.later'));
  assert.ok(!Object.hasOwn(plan.rows, 'cc2.token.later'));
});

test('slips: each is named with what was perhaps meant', () => {
  const folder = join(temporary(), 'plans');
  cpSync(planFolder, folder, { recursive: true });
  assert.throws(() => planNamed('cms-provider-acces@2026.11', all), /Did you mean cms-provider-access@2026\.11\?/);
  assert.throws(() => planNamed('cms-provider-access@2025.01', all), /has no edition 2025\.01\. Editions: 2026\.11/);
  assert.throws(() => planNamed('carin-bb-claims+carin-bb=9', all), /no value "9"\. Known: 2\.0\.0, 2\.1\.0, 2\.2\.0/);
  assert.throws(() => select(['bulk.kickof.*'], checks, 'p'), /hits no row of the catalogue\. Did you mean/);
  assert.match(guideProblems('p', { 'hl7.fhir.us.core': { bind: '6.2.0' } })[0] ?? '', /US Core has no version 6\.2\.0\. Published: 3\.1\.1/);
  assert.match(guideProblems('p', { 'hl7.fhir.us.cor': { bind: '6.1.0' } })[0] ?? '', /Did you mean hl7\.fhir\.us\.core\?/);
  const file = join(folder, 'smart-backend-services@2026.11.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('"gradeDays": 180', '"gradeDays": 181'));
  assert.throws(() => planNamed('smart-backend-services', shelf(folder)), /changed since its rows were frozen/);
  writeFileSync(file, text.replace('"mustShow"', '"mustshow"'));
  assert.throws(() => shelf(folder), /there is no property "mustshow" here\. Did you mean "mustShow"\?/);
});
