import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Target } from '../../src/core/model.ts';
import { payerAssay, serve, start, targetFile, temporary } from './payer-assay.ts';

test('mock over TLS writes a target file that fits it; doctor finds all well with it, a run finds the injected fault, Ctrl-C ends the mock', async () => {
  const file = join(temporary(), 'target.json');
  const mock = start('mock', '--tls', '--members', '60', '--seed', '7', '--write-target', file, '--fault', 'cc2.token.replay/accepts-a-replayed-jti');
  try {
    await mock.said(/The embedded payer listens, with "accepts a replayed jti"/);
    const target = JSON.parse(readFileSync(file, 'utf8')) as Target;
    assert.match(target.fhir?.base ?? '', /^https:/);
    const key = target.auth.kind === 'smart-backend' ? (target.auth.key.file ?? '') : '';
    assert.equal(statSync(join(file, '..', key)).mode & 0o777, 0o600, 'a key file must be readable by its owner only');
    const doctor = await payerAssay('doctor', '--target', file);
    assert.equal(doctor.code, 0, doctor.stdout);
    assert.match(doctor.stdout, /ok\s+tls\s+TLSv1\.[23]/);
    assert.match(doctor.stdout, /ok\s+token/);
    assert.match(doctor.stdout, /ok\s+member\s+the known member is matched/);
    assert.match(doctor.stdout, /ok\s+cds\s+https:\S+\/cds-services offers .*order-sign/);
    const run = await payerAssay('run', '--target', file, '--only', 'cc2.token.replay', '--scenario', 'S1', '--out', join(temporary(), 'out'));
    assert.equal(run.code, 1, run.stderr);
  } finally {
    mock.signal('SIGINT');
  }
  assert.equal((await mock.done).code, 0);
});

test('doctor: a name that does not resolve, and a secret that is not there, each with what to do', async () => {
  const unknown = await payerAssay('doctor', '--target', targetFile({ fhir: { base: 'https://payer.invalid/fhir' } }).file);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stdout, /BAD\s+dns\s+payer\.invalid does not resolve \(\w+\)\. Check the spelling/);
  const secretless = targetFile({ fhir: { base: 'https://payer.invalid/fhir' }, auth: { kind: 'bearer', token: { env: 'NO_SUCH_SECRET_HERE' } } });
  const { code, stdout } = await payerAssay('doctor', '--target', secretless.file);
  assert.equal(code, 1);
  assert.match(stdout, /BAD\s+secrets\s+.*NO_SUCH_SECRET_HERE is not set/);
});

test('K13.11: doctor reads the Patient that the target file names, and asks for no $member-match that the payer does not declare', async () => {
  const served: string[] = [];
  const { origin, close } = await serve((request, response) => {
    served.push(request.url ?? '');
    const patient = request.url === '/fhir/Patient/p-1';
    const body = patient
      ? { resourceType: 'Patient', id: 'p-1' }
      : { resourceType: 'CapabilityStatement', fhirVersion: '4.0.1', rest: [{ mode: 'server' }] };
    response.setHeader('content-type', 'application/fhir+json');
    response.writeHead(patient || request.url === '/fhir/metadata' ? 200 : 404).end(JSON.stringify(body));
  });
  const base = `${origin}/fhir`;
  const member = { patient: { resourceType: 'Patient' }, coverage: { resourceType: 'Coverage' } };
  const told = async (more: object) =>
    (await payerAssay('doctor', '--target', targetFile({ fhir: { base }, members: { known: { ...member, ...more } } }).file)).stdout;
  try {
    assert.match(await told({}), /member\s+the payer declares no \$member-match.*add members\.known\.patientId/);
    assert.match(await told({ patientId: 'p-1' }), /ok\s+member\s+Patient\/p-1 is read/);
    assert.match(await told({ patientId: 'p-2' }), /member\s+GET Patient\/p-2 answered 404.*Check members\.known\.patientId/);
    assert.ok(
      served.every((url) => !url.includes('$member-match')),
      served.join(' '),
    );
  } finally {
    close();
  }
});

test('R25, R26: doctor says what UDAP is for the run to try, and looks at the CDS service', async () => {
  const { origin, close } = await serve((request, response) => {
    const body =
      request.url === '/fhir/metadata'
        ? { resourceType: 'CapabilityStatement', fhirVersion: '4.0.1', rest: [{ mode: 'server' }] }
        : request.url === '/cds/cds-services'
          ? { services: [{ id: 's', hook: 'order-sign', description: 'x' }] }
          : { error: 'nothing here' };
    response.setHeader('content-type', 'application/json');
    response.writeHead('error' in body ? 404 : 200).end(JSON.stringify(body));
  });
  const doctor = async (base: string) =>
    (
      await payerAssay(
        'doctor',
        '--target',
        targetFile({ fhir: { base: `${origin}/fhir` }, cds: { base }, auth: { kind: 'udap' }, members: {} }).file,
      )
    ).stdout;
  try {
    const good = await doctor(`${origin}/cds`);
    assert.match(good, /token\s+it comes by UDAP, with registration where that is allowed: that is for the run to try/);
    assert.match(good, /ok\s+cds\s+.*offers order-sign/);
    assert.match(await doctor(`${origin}/elsewhere`), /BAD\s+cds\s+.*answered 404.*cds\.base is what stands before/);
  } finally {
    await close();
  }
});
