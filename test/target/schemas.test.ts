import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { BulkTarget } from '../../src/core/bulk-target.ts';
import type { CrdTarget, Target, TargetMember, ValidationSettings } from '../../src/core/model.ts';
import { problemsOf } from '../../src/target/load.ts';
import { payerAssay, temporary } from '../cli/payer-assay.ts';

/** Every property, so that a new one in the type does not compile here until it is named, and then fails until the schema knows it. */
type Whole<T> = { readonly [Key in keyof T]-?: NonNullable<T[Key]> };

const member: Whole<TargetMember> = {
  patient: { resourceType: 'Patient' },
  coverage: { resourceType: 'Coverage' },
  patientId: 'p-1',
  holds: { Condition: ['c-1'] },
};
const url = 'https://payer.example/fhir';
const agreement: Whole<NonNullable<Target['agreement']>> = {
  limits: { match: { p50: 1, p90: 1, p95: 1, p99: 1, timeout: 1 }, 'bulk.job': {} },
  rate: 5,
  errorRate: 0.01,
  mode: { S1: 'sync', S6: 'async' },
};
const tls: Whole<NonNullable<Target['tls']>> = {
  ca: 'a',
  cert: 'a',
  key: { file: 'a' },
  pfx: 'a',
  passphrase: { env: 'A' },
  relaxed: false,
  plainHttpPort: 80,
};
const crd: Whole<CrdTarget> = {
  payer: { system: 's', value: 'v', name: 'n' },
  exceptions: { 'order-select': 'not offered' },
  insurerNames: ['a'],
  vendorNames: ['b'],
  portalHosts: ['c'],
  samples: 20,
  orders: [{ system: 's', code: 'c', display: 'd' }],
  terminated: member,
  ehr: { listen: { host: '127.0.0.1', port: 0 }, url },
};
const validation: Whole<ValidationSettings> = { packages: ['a#1'], cache: 'c', hl7Validator: { url }, sample: 100, bulk: 'schema' };
/** Without the index signature, which takes anything. */
type Named<T> = { readonly [Key in keyof T as string extends Key ? never : Key]: T[Key] };
const bulk: Whole<Named<BulkTarget>> = {
  group: 'g-1',
  npi: '1000000004',
  tin: '12-3456789',
  contract: 'c-1',
  settlement: 's-1',
  foreignGroup: 'g-2',
  foreignNpi: '1000000012',
  foreignPatient: 'p-9',
  newMember: 'p-1',
  droppedMember: 'p-2',
  sharedMember: 'p-3',
  optedOutPatient: 'p-4',
  optedOutGroup: 'g-3',
  memberIds: { 'p-1': 'M1' },
  lists: { draft: 'g-4', final: 'g-5', toConfirm: 'g-6' },
  memberToAdd: { memberId: 'M5', patient: 'p-5', providerNpi: '1000000004', provider: 'Practitioner/d-1', coverage: 'Coverage/c-5' },
  failingGroup: 'g-7',
  partialGroup: 'g-8',
  emptyType: 'RelatedPerson',
  claimsFrom: '2016-01-01',
  controls: { change: url, remove: url, optOut: url },
  controlled: { patient: 'p-6', changed: 'Patient/p-6', removed: 'Condition/c-1' },
  priorAuthorizations: true,
  maxWait: 60,
  jobs: 4,
  pollFloor: 1000,
  parallel: 4,
  storedBytes: 4096,
};
const whole: Whole<Omit<Target, 'udap'>> = {
  name: 'x',
  directory: { base: url, organization: 'o', identifier: { system: 's', value: 'v' } },
  wellKnown: { url, timeLimited: { issuedAt: '2026-01-01T00:00:00Z' } },
  fhir: { base: url },
  memberMatch: { policy: 'sensitive', coverageToLink: true },
  limits: { evidenceMB: 64, files: 10, pages: 100, downloadMB: 1, downloadMinutes: 1, suiteMinutes: 1, runMinutes: 1 },
  cds: { base: url, issuer: 'https://us.example', key: { env: 'K' }, kid: 'k', alg: 'ES384', jwksUrl: url },
  auth: { kind: 'smart-backend', tokenEndpoint: url, clientId: 'c', key: { env: 'K' }, kid: 'k', alg: 'ES384', jwksUrl: url, scope: 's' },
  otherClient: { clientId: 'c', key: { file: 'k' } },
  expiredToken: { env: 'T' },
  tls,
  members: {
    known: member,
    unknown: member,
    multipleMatch: member,
    notAttributed: member,
    optedOut: member,
    noConsent: member,
    largeRecord: member,
    similar: member,
  },
  guides: { 'hl7.fhir.us.davinci-pdex': '2.1.0', 'hl7.fhir.us.davinci-atr': true },
  statements: { 'ccd.promised': true },
  knownResources: { deleted: 'Patient/1' },
  agreement,
  allowedOrigins: [url],
  ownedHosts: ['load.payer.example'],
  allow: { writes: true, registration: true, load: true, bruteForce: false },
  expectedFailures: [{ requirement: 'r', owner: 'o', reason: 'r', expires: '2027-01-01' }],
  minVerified: 10,
  evidence: 'pseudonymised',
  bulk,
  crd,
  apps: [{ url, clientId: 'app', appContext: 'order=1', shows: 'Order 1', cases: ['denied'], login: 'login.mjs' }],
  validation,
};

test('the target schema knows every property of the type, and the type every property of the schema', () => {
  assert.deepEqual(problemsOf({ $schema: 'x', ...whole, udap: { communities: [{ anchors: 'roots.pem' }] } }), []);
  const schema = JSON.parse(readFileSync('schemas/target.schema.json', 'utf8')) as { properties: { bulk: { properties: object } } };
  assert.deepEqual(Object.keys(schema.properties.bulk.properties).sort(), Object.keys(bulk).sort());
  assert.match(problemsOf({ ...whole, bulk: { grup: 'g-1' } }).join(), /grup/);
  const open = ['$schema', 'udap'];
  assert.deepEqual(
    Object.keys(schema.properties)
      .filter((name) => !open.includes(name))
      .sort(),
    Object.keys(whole).sort(),
  );
});

test('each kind of auth, and none that mixes them', () => {
  assert.deepEqual(problemsOf({ name: 'x', members: {}, auth: { kind: 'none' } }), []);
  assert.deepEqual(problemsOf({ name: 'x', members: {}, auth: { kind: 'bearer', token: { env: 'T' } } }), []);
  assert.match(problemsOf({ name: 'x', members: {}, auth: { kind: 'none', clientId: 'a' } }).join(), /\/auth: there is no property "clientId" here/);
  assert.match(
    problemsOf({ name: 'x', members: {}, auth: { kind: 'bearer', token: { env: 'T', file: 'f' } } }).join(),
    /\/auth\/token: expected exactly one of "env" or "file"/,
  );
});

test('run.json of a whole run fits its published schema, and regrade needs nothing else', async () => {
  const out = join(temporary(), 'out');
  const { code, stderr } = await payerAssay('run', '--embedded', '--scenario', 'S1', '--out', out);
  assert.notEqual(code, 3, stderr);
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false, strictRequired: false });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync('schemas/run.schema.json', 'utf8')));
  validate(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')));
  assert.deepEqual((validate.errors ?? []).slice(0, 5), []);
  const regraded = await payerAssay('regrade', out);
  assert.match(regraded.stdout, /\d+ verdicts, 0 changed/);
  assert.equal(regraded.code, code);
});
