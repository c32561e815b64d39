import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults } from '../../checks/injections.ts';
import { startEmbedded } from '../../mocks/embedded.ts';
import { shapes } from '../../mocks/shapes/index.ts';
import { choose, fits } from '../../scripts/shapes/choose.ts';
import { compare } from '../../scripts/shapes/known.ts';

test('every shape has an id of its own and says what allows it', () => {
  assert.equal(new Set(shapes.map(({ id }) => id)).size, shapes.length);
  for (const { id, title, legalBecause } of shapes) {
    assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    assert.ok(title.length > 10, id);
    assert.ok(legalBecause.length > 30, id);
  }
});

test('what a shape lacks is neither served nor declared', async () => {
  for (const shape of shapes.filter(({ lacks, https }) => (lacks?.operations ?? []).length > 0 && https === undefined)) {
    const embedded = await startEmbedded({ shape });
    try {
      const metadata = await (await fetch(`${embedded.origin}/fhir/metadata`)).text();
      for (const operation of shape.lacks?.operations ?? [])
        assert.ok(!metadata.includes(`"name":"${operation}"`), `${shape.id} declares ${operation}`);
      for (const type of shape.lacks?.types ?? []) assert.ok(!metadata.includes(`"type":"${type}"`), `${shape.id} declares ${type}`);
    } finally {
      await embedded.close();
    }
  }
});

test('pairs depend on the seed alone, and more of them begin with the same', () => {
  const ids = (each: number) =>
    [...choose(faults, shapes, each, 'seed')].map(([shape, injections]) => [shape, injections.map(({ id }) => id)] as const);
  assert.deepEqual(ids(1), ids(1));
  const two = new Map(ids(2));
  for (const [shape, injections] of ids(1))
    for (const injection of injections) assert.ok(two.get(shape)?.includes(injection), `${injection} in ${shape}`);
});

test('every fault meets four shapes, and every area every shape that can ask for it', () => {
  const chosen = choose(faults, shapes, 4, 'seed');
  for (const fault of faults) {
    const possible = shapes.filter((shape) => fits(fault, shape)).length;
    const met = [...chosen.values()].filter((injections) => injections.includes(fault)).length;
    assert.equal(met, Math.min(4, possible), fault.id);
  }
});

test('an alarm that is not listed is new, and a listed one that is not heard is gone', () => {
  const tried = [{ shape: 'open', ms: 1, found: [], blocked: [], faults: [], left: 0 }];
  const alarm = { shape: 'open', requirement: 'a.b', words: 'fail' };
  assert.deepEqual(compare([alarm], { honest: {}, faults: {} }, tried).fresh, [alarm]);
  assert.deepEqual(compare([alarm], { honest: { 'a.b': ['open'] }, faults: {} }, tried), { fresh: [], gone: [] });
  assert.deepEqual(compare([], { honest: { 'a.b': ['open', 'never-tried'] }, faults: {} }, tried).gone, ['a.b in open']);
});
