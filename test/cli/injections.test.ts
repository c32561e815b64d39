import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults } from '../../checks/injections.ts';
import { faultsCalled } from '../../src/cli/injections.ts';

const ofOne = (count: number) =>
  [...new Set(faults.map(({ requirement }) => requirement))].find((id) => faults.filter((each) => each.requirement === id).length === count) ?? '';

test('a requirement stands for its one fault; of several they are listed', () => {
  const id = ofOne(1);
  assert.deepEqual(faultsCalled([id]), [faults.find((each) => each.requirement === id)?.fault]);
  const many = ofOne(2);
  assert.throws(() => faultsCalled([many]), new RegExp(`${many.replaceAll('.', '\\.')} has 2 faults`));
});

test('a slip after the name of a requirement leads to a fault of that requirement', () => {
  const id = ofOne(1);
  assert.throws(
    () => faultsCalled([`${id}/x`]),
    (cause: Error) => cause.message.includes(`Did you mean ${id}/`),
  );
});
