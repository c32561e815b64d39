import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyInFhir, emptyInHooks } from '../../checks/emptiness.ts';
import type { Exchange } from '../../src/core/model.ts';

const answer = (body: string): Exchange => ({
  ...{ index: 0, suite: '', step: 'read', request: { method: 'GET', url: '', headers: {} }, response: { status: 200, headers: {}, body } },
  ...{ startedAt: '', timing: { total: 0 }, size: { sent: 0, received: 0, decoded: 0 } },
});

test('the first empty value is named by its path, however the JSON is spaced', () => {
  const cases: readonly (readonly [body: string, fhir: string | undefined, hooks: string | undefined])[] = [
    ['{"a":"x","b":[1],"c":{"d":false}}', undefined, undefined],
    ['{"a":{"b":""}}', 'a.b', '$.a.b'],
    ['{"a":[{"b":null}]}', 'a[0].b', '$.a[0].b'],
    ['{"a": [ ]}', 'a', '$.a'],
    ['{"a": {\n}}', 'a', '$.a'],
    ['{"a":"\\"\\"","b":"null","c":"[]{}"}', undefined, undefined],
    ['{"given":["x",null]}', undefined, '$.given[1]'],
    ['{"cards":[]}', 'cards', undefined],
    ['{"cards":[{"links":[]}]}', 'cards[0].links', '$.cards[0].links'],
    ['{"resource":{"resourceType":"Patient","name":[]}}', 'resource.name', undefined],
    ['{"extension":{"x":""}}', 'extension.x', undefined],
    ['{}', '', undefined],
    ['<html>', undefined, undefined],
  ];
  for (const [body, fhir, hooks] of cases) assert.deepEqual([emptyInFhir(answer(body)), emptyInHooks(answer(body))[0]?.path], [fhir, hooks], body);
});
