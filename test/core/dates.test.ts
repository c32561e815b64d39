import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf } from '../../src/core/date-search.ts';

/** Stored, asked, and where it lies whatever the time zone of the payer. */
const places: readonly (readonly [string, string, ReturnType<typeof placeOf>])[] = [
  ['2021-02-12', '2021-02-12', 'within'],
  ['2021-02-11', '2021-02-12', 'before'],
  ['2021-02-13', '2021-02-12', 'after'],
  ['2021-03-01', '2021-02', 'after'],
  ['2021-02-28', '2021-02', 'within'],
  ['2021', '2021-02', undefined],
  ['2020', '2021-02', 'before'],
  ['2021-02-12T12:00:00Z', '2021-02-12', 'within'],
  ['2021-02-11T23:30:00Z', '2021-02-12', undefined],
  ['2021-02-11T09:59:59Z', '2021-02-12', 'before'],
  ['2021-02-13T14:00:00Z', '2021-02-12', 'after'],
  ['2021-03-01T13:00:00Z', '2021-02', undefined],
  ['2021-03-01T14:00:00Z', '2021-02', 'after'],
  ['soon', '2021-02', undefined],
];

test('a stored date lies before, within or after a day or month only where every time zone agrees', () => {
  assert.deepEqual(
    places.map(([stored, asked]) => placeOf(stored, asked)),
    places.map(([, , place]) => place),
  );
});
