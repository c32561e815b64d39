import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Adjudication } from './agreement.ts';
import { type Agreement, agreementPage } from './page.ts';

const found = JSON.parse(readFileSync('test/validation/agreement.json', 'utf8')) as Agreement;
const adjudications = JSON.parse(readFileSync('test/validation/adjudications.json', 'utf8')) as readonly Adjudication[];

test('the committed measurement covers what it must, and the tiers agree', () => {
  assert.ok(found.mutants >= 1500);
  assert.ok(found.adjudicatedPercent >= 99, `${found.adjudicatedPercent} %`);
  assert.deepEqual(
    found.disagreements.filter((each) => each.adjudication === null),
    [],
  );
});

test('every adjudication covers something, and the page says what the data say', () => {
  for (const { id, apart } of adjudications)
    assert.equal(
      (found.adjudications[id] ?? 0) > 0,
      apart === undefined,
      `${id} covers nothing any more: delete it; or it was counted: it is measured`,
    );
  assert.equal(readFileSync('docs/validation-agreement.md', 'utf8'), agreementPage(found, adjudications));
});
