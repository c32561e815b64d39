import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { stripe } from '../../src/bulk-files/cut.ts';
import { mergeReports, reportFiles } from '../../src/bulk-files/report.ts';
import { emptyResult, type FilesResult, mergeResults } from '../../src/bulk-files/result.ts';
import { condition, coverage, folderWith, group, lines, patient } from './files.ts';

/** More than two stripes of Patients, with something wrong now and then. */
function large(): string {
  const filler = 'x'.repeat(4000);
  const rows: string[] = [];
  for (let size = 0, index = 0; size < 2.3 * stripe; index++) {
    const row = JSON.stringify({ resourceType: 'Patient', id: `p${index % 8000}`, name: [{ text: filler, family: index % 997 === 0 ? '' : 'A' }] });
    rows.push(index % 1501 === 7 ? `${row.slice(0, 2000)}\n${row.slice(2000)}` : index % 701 === 0 ? `${row}\r` : row);
    size += row.length + 1;
  }
  return lines(...rows);
}

test('shards of plain and packed files merge into what one run says, in any order', async (t) => {
  const big = large();
  const folder = folderWith(t, {
    'data/Group.ndjson': lines(group('g', ['p1', 'p2', 'gone'])),
    'data/Patient-1.ndjson': big,
    'data/Patient-2.ndjson.gz': gzipSync(big.slice(0, big.lastIndexOf('\n', 1.4 * stripe) + 1), { level: 1 }),
    'data/Coverage.ndjson': lines(coverage('c1', 'p1'), coverage('c2', 'nobody')),
    'data/Condition.ndjson': lines(condition('k', 'p1'), condition('k', 'unseen'), 'x'),
  });
  const data = join(folder, 'data');
  const whole = await reportFiles(data, { threads: 2, shards: 1 });
  assert.ok((whole.rules['line.split']?.count ?? 0) > 5 && (whole.rules['line.crlf']?.count ?? 0) > 5);
  const parts = [0, 1, 2].map((shard) => join(folder, `part-${shard}`));
  for (const [shard, out] of parts.entries()) {
    const part = await reportFiles(data, { threads: 2, shards: 3, shard, out });
    assert.equal(part.reconciliation, undefined);
    const big = part.plan.files.findIndex((each) => each.name === 'Patient-1.ndjson');
    assert.ok((part.files[big]?.lines ?? 0) < (whole.files[big]?.lines ?? 0));
  }
  const alike = ({ plan, shards: _shards, ...rest }: FilesResult): object => ({ ...rest, plan: { ...plan, shards: 1 } });
  const merged = await mergeReports(parts);
  assert.deepEqual(alike(merged), alike(whole));
  assert.deepEqual(await mergeReports([parts[2] ?? '', parts[0] ?? '', parts[1] ?? '']), merged);
  assert.ok(merged.reconciliation?.every((each) => each.notAsked === undefined || ['counts.manifest', 'roster.covered'].includes(each.id)));
  // Some shards first, the rest later, is the same too.
  const [a, b, c] = await Promise.all(parts.map((part) => mergeReports([part])));
  assert.ok(a && b && c);
  assert.deepEqual(mergeResults(mergeResults(a, b), c), mergeResults(a, mergeResults(b, c)));
});

test('what does not belong together is not merged', async (t) => {
  const folder = folderWith(t, { 'Patient.ndjson': lines(patient('a')), 'Patient-2.ndjson': lines(patient('b')) });
  const one = emptyResult({ files: [{ name: 'a' }], shards: 2, keep: 3, profiles: false }, [0]);
  assert.throws(() => mergeResults(one, one), /Shard 0\/2 is there twice/);
  assert.throws(() => mergeResults(one, { ...one, plan: { ...one.plan, files: [{ name: 'b' }] }, shards: [1] }), /not shards of one run/);
  writeFileSync(join(folder, 'validation.json'), '{"format":"something else"}');
  await assert.rejects(mergeReports([folder]), /is no result of payer-assay validate/);
});

test('a merge with a shard missing reconciles nothing and says why', async (t) => {
  const folder = folderWith(t, { 'data/Patient.ndjson': lines(patient('a')), 'data/Patient-2.ndjson': lines(patient('b')) });
  await reportFiles(join(folder, 'data'), { threads: 1, shards: 2, shard: 1, out: join(folder, 'part') });
  const merged = await mergeReports([join(folder, 'part')]);
  assert.deepEqual(merged.shards, [1]);
  assert.equal(merged.reconciliation, undefined);
});
