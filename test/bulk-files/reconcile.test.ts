import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Difference } from '../../src/bulk-files/reconcile.ts';
import { reportFiles } from '../../src/bulk-files/report.ts';
import { claim, condition, coverage, folderWith, group, lines, patient } from './files.ts';

const manifest = (counts: Readonly<Record<string, number>>): string =>
  JSON.stringify({
    transactionTime: '2026-01-01T00:00:00Z',
    request: 'https://payer.example.org/fhir/Group/g/$export',
    requiresAccessToken: true,
    output: Object.entries(counts).map(([type, count]) => ({ type, count, url: `https://payer.example.org/files/7/${type}.ndjson?sig=1` })),
  });

/** An export in which everything agrees. */
const honest: Readonly<Record<string, string>> = {
  'manifest.json': manifest({ Group: 1, Patient: 2, Coverage: 2, Condition: 1 }),
  'Group.ndjson': lines(group('g', ['a', 'b'], ['left'])),
  'Patient.ndjson': lines(patient('a'), patient('b')),
  'Coverage.ndjson': lines(coverage('c', 'a'), coverage('d', 'b')),
  'Condition.ndjson': lines(condition('k', 'a')),
};

test('an export in which everything agrees has no difference, and every question was asked', async (t) => {
  const { reconciliation = [], rules } = await reportFiles(join(folderWith(t, honest), 'manifest.json'), { threads: 1 });
  assert.deepEqual(rules, {});
  assert.equal(reconciliation.length, 11);
  for (const { id, count, notAsked } of reconciliation)
    assert.deepEqual([id, count, notAsked], [id, 0, id === 'roster.covered' ? 'no roster from elsewhere that names coverages' : undefined]);
});

const injected: readonly {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly ids: Readonly<Record<string, string>>;
}[] = [
  {
    name: 'a member of the roster was not exported',
    files: { 'Group.ndjson': lines(group('g', ['a', 'b', 'z'])) },
    ids: { 'roster.exported': 'Patient/z is on the roster but was not exported' },
  },
  {
    name: 'a member of another client was exported',
    files: {
      'Patient.ndjson': lines(patient('a'), patient('b'), patient('foreign')),
      'manifest.json': manifest({ Group: 1, Patient: 3, Coverage: 2, Condition: 1 }),
    },
    ids: { 'patients.on-roster': 'Patient/foreign (Patient.ndjson line 3) is not on the roster' },
  },
  {
    name: "a claim of somebody else's",
    files: { 'Coverage.ndjson': lines(coverage('c', 'a'), coverage('d', 'stranger')) },
    ids: {
      'claims.on-roster': 'Patient/stranger is not on the roster, but has 1 rows, first Coverage.ndjson line 2',
      'claims.have-patients': 'Patient/stranger was not exported, but has 1 rows, first Coverage.ndjson line 2',
      'references.closed': 'Patient/stranger is not there; referred to in Coverage.ndjson line 2',
    },
  },
  {
    name: 'a reference that leads nowhere',
    files: { 'Condition.ndjson': lines(condition('k', 'ghost')) },
    ids: { 'references.closed': 'Patient/ghost is not there; referred to in Condition.ndjson line 1' },
  },
  {
    name: 'a resource twice',
    files: {
      'Condition.ndjson': lines(condition('k', 'a'), condition('k', 'b')),
      'manifest.json': manifest({ Group: 1, Patient: 2, Coverage: 2, Condition: 2 }),
    },
    ids: { 'ids.unique': 'Condition/k is there 2 times, not always the same, first Condition.ndjson line 1' },
  },
  {
    name: 'the same line again',
    files: {
      'Condition.ndjson': lines(condition('k', 'a'), condition('k', 'a')),
      'manifest.json': manifest({ Group: 1, Patient: 2, Coverage: 2, Condition: 2 }),
    },
    ids: { 'rows.once': 'Condition/k is there 2 times, always the same, first Condition.ndjson line 1' },
  },
  {
    name: 'a claim whose coverage was not exported',
    files: {
      'ExplanationOfBenefit.ndjson': lines(claim('e', 'a', 'lost')),
      'manifest.json': manifest({ Group: 1, Patient: 2, Coverage: 2, Condition: 1, ExplanationOfBenefit: 1 }),
    },
    ids: {
      'claims.have-coverage': 'Coverage/lost is not there; named by a claim in ExplanationOfBenefit.ndjson line 1',
      'references.closed': 'Coverage/lost is not there; referred to in ExplanationOfBenefit.ndjson line 1',
    },
  },
  {
    name: 'fewer resources than the manifest says',
    files: { 'manifest.json': manifest({ Group: 1, Patient: 5, Coverage: 2, Condition: 1 }) },
    ids: { 'counts.manifest': 'Patient.ndjson: 2; the manifest says 5' },
  },
  {
    name: 'a resource in the file of another type',
    files: { 'Condition.ndjson': lines(coverage('k', 'a')) },
    ids: { 'types.pure': 'Condition.ndjson line 1: a Coverage in a file of Condition' },
  },
];

for (const { name, files, ids } of injected)
  test(`shown with its id, and nothing else differs: ${name}`, async (t) => {
    const { reconciliation = [] } = await reportFiles(join(folderWith(t, { ...honest, ...files }), 'manifest.json'), { threads: 1 });
    const differing = reconciliation.filter((each: Difference) => each.count > 0);
    assert.deepEqual(Object.fromEntries(differing.map((each) => [each.id, each.first.join('; ')])), ids);
  });

test('the roster may come from elsewhere; without one, it is said what was not asked', async (t) => {
  const { 'Group.ndjson': _group, ...others } = honest;
  const folder = folderWith(t, { ...others, 'elsewhere/roster.json': JSON.stringify(JSON.parse(group('g', ['a'])), null, 2) });
  const path = join(folder, 'Patient.ndjson');
  const without = await reportFiles(path, { threads: 1 });
  assert.match(without.reconciliation?.find((each) => each.id === 'patients.on-roster')?.notAsked ?? '', /no roster/);
  const compared = await reportFiles(path, { threads: 1, roster: join(folder, 'elsewhere/roster.json') });
  assert.deepEqual(compared.reconciliation?.find((each) => each.id === 'patients.on-roster')?.first, [
    'Patient/b (Patient.ndjson line 2) is not on the roster',
  ]);
  await assert.rejects(reportFiles(path, { threads: 1, roster: path }), /holds no Group/);
});

test('all differences are counted, the first are shown', async (t) => {
  const folder = folderWith(t, {
    'Group.ndjson': lines(group('g', ['x'])),
    'Patient.ndjson': lines(...Array.from({ length: 500 }, (_, index) => patient(`p${1000 + index}`))),
  });
  const { reconciliation } = await reportFiles(folder, { threads: 1, keep: 2 });
  const foreign = reconciliation?.find((each) => each.id === 'patients.on-roster');
  assert.equal(foreign?.count, 500);
  assert.deepEqual(foreign?.first, [
    'Patient/p1000 (Patient.ndjson line 1) is not on the roster',
    'Patient/p1001 (Patient.ndjson line 2) is not on the roster',
  ]);
});

test('a file that the manifest lists and is not there is named; a URL never leads out of the folder', async (t) => {
  const folder = folderWith(t, {
    'export/manifest.json': JSON.stringify({
      output: [
        { type: 'Patient', url: 'https://payer.example.org/../../secret/..' },
        { type: 'Patient', url: 'lost.ndjson' },
      ],
    }),
  });
  const { rules } = await reportFiles(join(folder, 'export/manifest.json'), { threads: 1 });
  assert.equal(rules['file.missing']?.count, 2);
  assert.match(rules['file.missing']?.first[1]?.text ?? '', /lost\.ndjson is not next to the manifest/);
});
