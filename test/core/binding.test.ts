import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { boundByGuides, contradictionIn, followed, levelOf } from '../../src/core/binding.ts';
import { compareEditions, editionOf, type Guide, guides } from '../../src/core/guides.ts';
import type { Evidence, Exchange, Target } from '../../src/core/model.ts';

/** A payer whose statement names these canonicals, and a target file that names these guides. */
function evidence(canonicals: readonly string[], followedGuides: Target['guides'] = {}, more: Partial<Target> = {}): Evidence {
  const metadata: Exchange = {
    index: 0,
    suite: 'discover',
    step: 'metadata',
    request: { method: 'GET', url: 'https://payer.example/fhir/metadata', headers: {} },
    response: {
      status: 200,
      headers: {},
      body: JSON.stringify({
        resourceType: 'CapabilityStatement',
        fhirVersion: '4.0.1',
        implementationGuide: canonicals,
        rest: [{ mode: 'server' }],
      }),
    },
    startedAt: '2026-11-01T00:00:00Z',
    timing: { total: 1 },
    size: { sent: 0, received: 0, decoded: 0 },
  };
  const target: Target = { name: 'payer', auth: { kind: 'none' }, members: {}, guides: followedGuides, ...more };
  return { exchanges: [metadata], target, blocked: [] };
}

const pdex = (version: string) => `http://hl7.org/fhir/us/davinci-pdex/ImplementationGuide/hl7.fhir.us.davinci-pdex|${version}`;

test('ranges include both ends, and a version that is not said makes a doubt, not a duty', () => {
  const from21 = [{ ig: guides.pdex, from: '2.1.0' }];
  assert.equal(boundByGuides(from21, evidence([pdex('2.1.0')])).bound, true);
  assert.match(String(boundByGuides(from21, evidence([pdex('2.0.0')])).bound), /follows PDex 2\.0\.0; this holds from 2\.1\.0 on/);
  assert.match(String(boundByGuides([{ ig: guides.pdex, to: '2.1.0' }], evidence([pdex('2.2.0')])).bound), /up to 2\.1\.0/);
  assert.deepEqual(boundByGuides(from21, evidence([pdex('2.1.0').split('|')[0] ?? ''])).bound, {
    unknown: 'the payer does not say which version of PDex it follows',
  });
  assert.match(String(boundByGuides(from21, evidence([])).bound), /does not claim PDex/);
});

test('the target file goes first, and where the payer says otherwise that is a contradiction', () => {
  const both = evidence([pdex('2.0.0')], { 'hl7.fhir.us.davinci-pdex': '2.1.0' });
  assert.equal(boundByGuides([{ ig: guides.pdex, from: '2.1.0' }], both).bound, true);
  assert.deepEqual(contradictionIn(both, guides.pdex), { claimed: '2.1.0', declared: ['2.0.0'] });
  assert.equal(contradictionIn(evidence([pdex('2.1.0')], { 'hl7.fhir.us.davinci-pdex': '2.1' }), guides.pdex), undefined);
  assert.match(String(followed(evidence([], { 'hl7.fhir.us.davinci-pdex': false }), guides.pdex)), /does not follow/);
  const denied = followed(evidence([pdex('2.1.0')], { 'hl7.fhir.us.davinci-pdex': false }), guides.pdex);
  assert.ok(
    typeof denied !== 'string' && 'open' in denied && denied.because === 'target-file',
    'what the tester denies and the payer declares is not asked',
  );
});

test('a guide that moved is found under either id, and its editions there are the later ones', () => {
  const moved = evidence(['http://hl7.org/fhir/uv/deqm/ImplementationGuide/hl7.fhir.uv.deqm|1.0.0']);
  assert.equal(boundByGuides([{ ig: guides.deqm, from: '5.0.0' }], moved).bound, true);
  assert.ok(compareEditions(editionOf(guides.deqm, '1.0.0', 'hl7.fhir.uv.deqm'), editionOf(guides.deqm, '5.0.0')) > 0);
  assert.equal(boundByGuides([{ ig: guides.udap }], evidence([], { 'hl7.fhir.uv.fast-security': true })).bound, true);
});

test('a guide that is followed, but whose place the target file leaves out, is open and names the entry', () => {
  assert.deepEqual(followed(evidence([], { 'hl7.fhir.us.davinci-crd': '2.0.1' }), guides.crd), {
    open: 'The payer follows CRD, but the target file does not say where: add cds.base.',
    because: 'target-file',
    add: 'cds.base',
  });
  assert.deepEqual(followed(evidence([]), guides.crd), {
    open: 'Not asked: add cds.base to the target file, or guides: { "hl7.fhir.us.davinci-crd": false } where the payer has no cds service.',
    because: 'target-file',
    add: 'cds.base',
  });
  assert.equal(typeof followed(evidence([], { 'hl7.fhir.us.davinci-crd': false }), guides.crd), 'string');
});

test('the level is the one of the edition that the payer follows', () => {
  const row = {
    level: 'SHALL',
    holds: [
      { ig: guides.bulk, from: '3.0.0' },
      { ig: guides.bulk, to: '2.0.0', level: 'SHOULD' },
    ],
  } as const;
  assert.equal(levelOf(row, evidence([], { 'hl7.fhir.uv.bulkdata': '2.0.0' })), 'SHOULD');
  assert.equal(levelOf(row, evidence([], { 'hl7.fhir.uv.bulkdata': '3.0.0' })), 'SHALL');
});

test('one entry is all that a new minor version of a guide needs', () => {
  const next: Guide = { ...guides.crd, versions: [...guides.crd.versions, '2.3.0'] };
  assert.equal(editionOf(next, '2.3').version, '2.3.0');
  for (const { holds } of checks.filter((check) => check.holds?.some(({ ig, to }) => ig.id === next.id && to === undefined))) {
    const now = evidence([], { [next.id]: '2.3.0' }, { cds: { base: 'https://payer.example/cds' } });
    assert.equal(
      boundByGuides(
        holds?.map((hold) => ({ ...hold, ig: next })),
        now,
      ).bound,
      true,
    );
  }
});

test('every edition that a row names is one that was published', () => {
  for (const { id, holds = [] } of checks)
    for (const { ig, from, to } of holds)
      for (const said of [from, to])
        if (said !== undefined) assert.ok([...ig.versions, ...(ig.moved?.versions ?? [])].includes(said), `${id}: ${ig.name} ${said}`);
});
