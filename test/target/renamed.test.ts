import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Guide, guides, idsOf } from '../../src/core/guides.ts';
import { problemsOf } from '../../src/target/load.ts';
import { withNewNames } from '../../src/target/renamed.ts';

const patient = { resourceType: 'Patient' };
const coverage = { resourceType: 'Coverage' };
const old = {
  name: 'x',
  auth: { kind: 'none' },
  members: { foreign: { patient, coverage, patientId: 'f' }, history: { patient, coverage } },
  floor: 3,
  fixtures: { deleted: 'Patient/1', 'foreign.binary': 'Binary/1' },
  agreement: { limits: { 'crd.warm': { p90: 1 }, 'crd.cold': { p90: 2 } } },
  claims: { 'hl7.fhir.us.core': '6.1.0', 'hl7.fhir.us.davinci-atr': false, 'ccd.promised': true, 'time.samples': '3' },
  bulk: { group: 'g', keep: 2048, hooks: { optOut: 'https://x.example' }, switchable: { patient: 'p' }, lists: { draft: 'd', confirm: 'c' } },
  validation: { authority: 'local' },
  crd: { version: '2.1' },
  udap: { version: '1.0', communities: [{ anchors: 'roots.pem' }] },
};

test('a target file from before the names were changed is read, and each old name is reported', () => {
  const { value, notices } = withNewNames(old);
  assert.deepEqual(problemsOf(value), []);
  assert.deepEqual(value, {
    name: 'x',
    auth: { kind: 'none' },
    members: { notAttributed: { patient, coverage, patientId: 'f' }, largeRecord: { patient, coverage } },
    minVerified: 3,
    knownResources: { deleted: 'Patient/1', 'notAttributed.binary': 'Binary/1' },
    agreement: { limits: { 'crd.other': { p90: 1 }, 'crd.appointment-book': { p90: 2 } } },
    guides: {
      'hl7.fhir.us.core': '6.1.0',
      'hl7.fhir.us.davinci-atr': false,
      'hl7.fhir.us.davinci-crd': '2.1',
      'hl7.fhir.us.udap-security': '1.0',
    },
    statements: { 'ccd.promised': true, 'time.samples': 3 },
    bulk: {
      group: 'g',
      storedBytes: 2048,
      controls: { optOut: 'https://x.example' },
      controlled: { patient: 'p' },
      lists: { draft: 'd', toConfirm: 'c' },
    },
    validation: { hl7Validator: 'local' },
    crd: {},
    udap: { communities: [{ anchors: 'roots.pem' }] },
  });
  assert.equal(notices.length, 15);
  assert.ok(notices.includes('"floor" is now called "minVerified"'));
});

test('a file with the new names is left as it is, and a new name beats an old one', () => {
  const { value } = withNewNames(old);
  assert.deepEqual(withNewNames(value), { value, notices: [] });
  assert.deepEqual(withNewNames({ floor: 1, minVerified: 2 }).value, { minVerified: 2 });
});

test('the schema names every guide of the catalogue with its editions, and no other', () => {
  const schema = JSON.parse(readFileSync('schemas/target.schema.json', 'utf8')) as {
    readonly properties: { readonly guides: { readonly properties: Readonly<Record<string, { readonly description: string }>> } };
  };
  const known = schema.properties.guides.properties;
  const all: readonly Guide[] = Object.values(guides);
  assert.deepEqual(Object.keys(known).sort(), all.flatMap(idsOf).sort());
  for (const guide of all) {
    assert.equal(known[guide.id]?.description, `${guide.name}: ${guide.versions.join(', ')}.`);
    if (guide.moved) assert.ok(known[guide.moved.id]?.description.endsWith(`: ${guide.moved.versions.join(', ')}.`));
  }
});
