import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { judge, payersTypes, readCases, verdictOf } from './cases.ts';
import { testCases, whyNot } from './folder.ts';

/** Every case on which we differ from the engine, with the reason, found by hand. */
interface Expected {
  readonly name: string;
  readonly verdict: string;
  readonly reason: string;
}
const expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8')) as readonly Expected[];

test("HL7's validator cases (R4, JSON): no conforming payload is accused, and every other difference has a reason", { skip: whyNot }, (t) => {
  const cases = readCases(testCases ?? '');
  const usable = cases.filter(({ unusable }) => unusable === undefined);
  const judged = usable.map((each) => ({
    name: each.name,
    payers: payersTypes.has(each.type) || each.type === 'none',
    verdict: verdictOf(each, judge(each)),
  }));
  assert.deepEqual(
    judged
      .filter(({ verdict }) => verdict !== 'agrees')
      .map(({ name, verdict }) => ({ name, verdict }))
      .toSorted(byName),
    expected.map(({ name, verdict }) => ({ name, verdict })).toSorted(byName),
  );
  const count = (verdict: string, payers: boolean): number => judged.filter((each) => each.verdict === verdict && (!payers || each.payers)).length;
  assert.equal(count('false alarm', false), 0);
  assert.ok(count('false pass', true) <= 3, `${count('false pass', true)} wrong payloads of payers' types pass`);
  t.diagnostic(
    `${cases.length} cases, ${usable.length} usable here; of payers' types ${judged.filter(({ payers }) => payers).length}: agree ${count('agrees', true)}, false alarms 0, false passes ${count('false pass', true)}, said to be not verifiable ${count('open', true)}`,
  );
});

test('every case that is left out says why', { skip: whyNot }, () => {
  for (const { name, unusable, errors } of readCases(testCases ?? ''))
    if (unusable !== undefined) assert.ok(unusable.length > 5, `${name} ${errors.length}`);
});

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
