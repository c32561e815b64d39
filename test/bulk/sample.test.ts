import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Evidence, Fault, Finding } from '../../src/core/model.ts';
import { scoreIdentity } from '../../src/core/rubric/identity.ts';
import { findingsOf, openWorld } from './world.ts';

const big = 5 * 2 ** 20;

/** Blows each file of claims up to more than is kept, with rows of its own members, and puts a stranger's claim at one end. */
const swollen = (stranger: 'first' | 'last', patient: string): Fault => ({
  name: 'exports many claims, one of them of a stranger',
  at: 'bulk.file',
  alter(response, request) {
    if (!/\/output\/ExplanationOfBenefit\.ndjson$/.test(request.url) || response.status !== 200) return response;
    const rows = response.body.split('\n').filter((line) => line !== '');
    const [one = '{}'] = rows;
    const own = { ...(JSON.parse(one) as { readonly [key: string]: unknown }), id: 'of-a-stranger', patient: { reference: `Patient/${patient}` } };
    const many: string[] = [];
    for (let size = 0; size < big; ) {
      const row = (rows[many.length % rows.length] ?? one).replace(/"id":"[^"]+"/, `"id":"many-${many.length}"`);
      many.push(row);
      size += row.length + 1;
    }
    const all = stranger === 'first' ? [JSON.stringify(own), ...many] : [...many, JSON.stringify(own)];
    return { ...response, body: `${all.join('\n')}\n` };
  },
});

const suites = ['bulk.export', 'bulk.claims', 'bulk.parameters', 'bulk.limits'];

async function talkTo(
  stranger: 'first' | 'last' | 'none',
): Promise<{ readonly evidence: Evidence; readonly found: Readonly<Record<string, Finding>> }> {
  const plain = await openWorld();
  const foreign = String(plain.embedded.target.bulk?.foreignPatient);
  await plain.close();
  const world = await openWorld({}, stranger === 'none' ? undefined : swollen(stranger, foreign));
  try {
    const evidence = await world.talk(suites, { sampled: true });
    return { evidence, found: findingsOf(evidence, 'bulk.', 'claims.', 'pa.', 'atr.', 'id.') };
  } finally {
    await world.close();
  }
}

/** Rows of the claims files decide these. */
const ofRows = [
  'claims.roster-bound',
  'claims.trio',
  'claims.meta-profile',
  'claims.last-updated',
  'claims.focal',
  'bulk.file.latest-version',
  'bulk.file.references',
  'bulk.param.patient',
] as const;

describe('an export larger than what is stored of it, with nobody to judge the rest', () => {
  let last: Awaited<ReturnType<typeof talkTo>>;
  before(async () => {
    last = await talkTo('last');
  });

  test('the stranger beyond the sample is not taken for absent: no judge of rows says pass', async () => {
    const honest = await talkTo('none');
    for (const id of ofRows) {
      assert.equal(honest.found[id]?.outcome, 'pass', `${id} on the small export`);
      const finding = last.found[id];
      assert.equal(finding?.outcome, 'not-testable', `${id}: ${JSON.stringify(finding)}`);
    }
  });

  test('the reason names how much was seen, of how much, and what looks at the rest', () => {
    const finding = last.found['claims.roster-bound'];
    const reason = finding !== undefined && 'reason' in finding ? finding.reason : '';
    const [, seen, whole] = /the first (\d+) bytes of (\d+) of/.exec(reason) ?? [];
    assert.equal(Number(seen), 4 * 2 ** 20, reason);
    assert.ok(Number(whole) > big, reason);
    assert.match(reason, /our limit; use payer-assay validate MANIFEST/);
  });

  test('what was counted over the whole file is still judged', () => {
    assert.equal(last.found['bulk.file.ndjson']?.outcome, 'pass');
    // The injected rows are not in the manifest's count, and the count of lines is a fact of the whole file.
    assert.equal(last.found['bulk.manifest.count']?.outcome, 'fail');
  });

  test('rubric 5 neither gives nor takes the point for foreign members', () => {
    const item = scoreIdentity(last.evidence, []).items.find(({ title }) => title === 'A foreign member is in no export');
    assert.deepEqual([item?.state, /our limit/.test(item?.why ?? '')], ['unknown', true]);
  });

  test('a stranger within the sample is a failure all the same', async () => {
    const { found } = await talkTo('first');
    assert.equal(found['claims.roster-bound']?.outcome, 'fail');
  });
});
