import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askingChecks } from '../../checks/asking.ts';
import { checks, excluded, variations } from '../../checks/index.ts';
import { faults, legalVariations } from '../../checks/injections.ts';
import { behaviours } from '../../mocks/areas.ts';
import type { Fault } from '../../src/core/model.ts';
import { suites } from '../../suites/index.ts';

/** What the types of the catalogue cannot say: names refer to things that exist, and nothing is empty. */

const twice = (names: readonly string[]): readonly string[] => names.filter((name, index) => names.indexOf(name) !== index);
const ids = [...checks, ...excluded].map((row) => row.id);
const injected: readonly Fault[] = [...checks.flatMap((check) => check.faults), ...variations];

test('ids are unique, dotted and in lower case', () => {
  assert.deepEqual(twice(ids), []);
  assert.deepEqual(
    ids.filter((id) => !/^[a-z0-9]+(\.[a-z0-9_-]+)+$/i.test(id)),
    [],
  );
  assert.deepEqual(twice([...faults, ...legalVariations].map((injection) => injection.id)), []);
});

test('the threads that read bulk files know every check that asks about single lines', () => {
  const wanted = checks.filter(({ mustSee }) => mustSee !== undefined).map(({ id }) => id);
  assert.deepEqual(askingChecks.map(({ id }) => id).sort(), wanted.sort());
});

test('every check has a fault, lines, scenarios and a source', () => {
  for (const { id, faults: own, lines, scenarios, source } of checks) {
    assert.ok(own.length > 0, `${id} has no fault: a check that cannot fail proves nothing`);
    assert.ok(lines.length > 0 && scenarios.length > 0, `${id} belongs to no cell of the scorecard`);
    assert.deepEqual([twice(lines), twice(scenarios)], [[], []], id);
    assert.notEqual(source.section, '', `${id}: where in ${source.ig}?`);
    // The use case is a document without an address of its own.
    if (!source.ig.startsWith('FAST use case')) assert.match(source.url, /^https?:\/\/\S+$/, id);
  }
});

test('every excluded row says why', () => {
  for (const { id, reason } of excluded) assert.ok(reason.length > 20, `${id}: ${reason}`);
});

test('probes name suites that exist, and one id means one probe', () => {
  const known = new Set(suites.map((suite) => suite.id));
  const probes = checks.flatMap((check) => (check.probes ?? []).map((probe) => ({ check: check.id, probe })));
  assert.ok(probes.length > 100);
  for (const { check, probe } of probes) assert.ok(known.has(probe.suite), `${check}: probe ${probe.id} names the suite ${probe.suite}`);
  for (const { check, probe } of probes) {
    const other = probes.find((each) => each.probe.id === probe.id && (each.probe.step !== probe.step || each.probe.suite !== probe.suite));
    assert.equal(other, undefined, `${check} and ${other?.check} mean different things by ${probe.id}`);
  }
});

test('faults and variations do something, at steps, through behaviours and suites that exist', () => {
  const known = new Set(suites.map((suite) => suite.id));
  for (const { name, at, alter, behaviour, delayMs, target, drives = [] } of injected) {
    assert.ok([at].flat().length > 0, name);
    assert.ok(alter || behaviour !== undefined || delayMs !== undefined || target, `"${name}" changes nothing`);
    if (behaviour !== undefined) assert.ok(Object.hasOwn(behaviours, behaviour), `"${name}" wants the behaviour ${behaviour}`);
    for (const suite of drives.filter((each) => !each.startsWith('load.'))) assert.ok(known.has(suite), `"${name}" drives ${suite}`);
  }
});

test('what a fault also fails exists, is another row, and has a reason', () => {
  const known = new Set(checks.map((check) => check.id));
  for (const check of checks)
    for (const [other, why] of check.faults.flatMap((fault) => Object.entries(fault.alsoFails ?? {}))) {
      assert.ok(known.has(other), `${check.id}: alsoFails names ${other}, which nobody judges`);
      assert.notEqual(other, check.id);
      assert.ok(why.length > 10, `${check.id}: why does ${other} fail too?`);
    }
});

test('suites: unique ids, and needs that come before', () => {
  assert.deepEqual(twice(suites.map((suite) => suite.id)), []);
  for (const [index, suite] of suites.entries())
    for (const need of suite.needs ?? [])
      assert.ok(
        suites.slice(0, index).some((each) => each.id === need),
        `${suite.id} needs ${need}, which does not come before it`,
      );
});
