import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { authMemory } from '../../mocks/auth/token.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Evidence, Fault, Finding, Target } from '../../src/core/model.ts';
import type { TargetUdap } from '../../src/core/udap.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

const payer: Embedded = await startEmbedded();
after(() => payer.close());
const udapSuites = suites.filter(({ id }) => id.startsWith('udap.')).map(({ id }) => id);

async function converse(target: Target = payer.target, fault?: Fault): Promise<Evidence> {
  payer.payer.inject(...(fault ? [fault] : []));
  const session = openSession(target, payer.secrets);
  try {
    return await drive({ target, suites: withNeeds(suites, udapSuites), ...session });
  } finally {
    session.close();
  }
}

const verdict = (evidence: Evidence, id: string): Finding => {
  const check = checks.find((each) => each.id === id);
  assert.ok(check, id);
  return findingOf(check, evidence);
};
const udapOf = (change: Partial<TargetUdap>): Target => {
  assert.ok(payer.target.udap);
  return { ...payer.target, udap: { ...payer.target.udap, ...change } };
};
const following = (edition: string): Target => ({ ...payer.target, guides: { ...payer.target.guides, 'hl7.fhir.us.udap-security': edition } });

test('against an honest payer every UDAP row is judged, and none fails', async () => {
  const evidence = await converse();
  const found = checks.filter(({ id }) => id.startsWith('cc2.udap.')).map(({ id }) => ({ id, finding: verdict(evidence, id) }));
  assert.deepEqual(
    found.filter(({ finding }) => finding.outcome === 'fail' || finding.outcome === 'not-testable'),
    [],
  );
  assert.ok(found.filter(({ finding }) => finding.outcome === 'pass').length >= 70, `${found.length} rows`);
});

test('what was registered is cancelled at the end', async () => {
  const evidence = await converse();
  const cancelled = evidence.exchanges.filter(({ step, variant }) => step === 'register' && variant?.startsWith('cancel'));
  assert.deepEqual(
    cancelled.map(({ response }) => response?.status),
    [200, 200],
  );
});

test('a careless payer is undone: what a wrong statement registered is cancelled with the same defect', async () => {
  const evidence = await converse(payer.target, { name: 'careless', at: 'register', behaviour: 'udap-registers-iss-san' });
  const undone = evidence.exchanges.filter(({ probe }) => probe === 'udap.reg.foreign-iss.undo');
  assert.deepEqual(
    undone.map(({ response }) => response?.status),
    [200],
  );
});

test('without leave to register nothing is posted, and the rows say why', async () => {
  const evidence = await converse({ ...payer.target, allow: { registration: false } });
  assert.deepEqual(
    evidence.exchanges.filter(({ step }) => step === 'register'),
    [],
  );
  const finding = verdict(evidence, 'cc2.udap.reg.success');
  assert.ok(finding.outcome === 'not-testable' && finding.because === 'target-file', JSON.stringify(finding));
  assert.equal(finding.add, 'allow.registration');
});

test('a client that is registered already is never registered again nor cancelled', async () => {
  const evidence = await converse(udapOf({ clientId: 'c-of-long-ago' }));
  assert.deepEqual(
    evidence.exchanges.filter(({ step }) => step === 'register'),
    [],
  );
  // Left out on purpose: counted against nobody.
  assert.deepEqual(
    evidence.blocked.filter(({ suite, leftOut }) => suite.startsWith('udap.register') && leftOut !== true),
    [],
  );
  assert.equal(verdict(evidence, 'cc2.udap.b2b.success').outcome, 'fail', 'the embedded payer does not know that client');
});

test('no key, assertion, statement or token is ever stored, even when a server throws them back', async () => {
  const echo: Fault = {
    name: 'throws every request back',
    at: ['register', 'udap.token'],
    alter: (response, request) =>
      response.status < 300
        ? response
        : { ...response, body: JSON.stringify({ error: 'invalid_request', error_description: `You sent ${request.body ?? ''}` }) },
  };
  for (const fault of [undefined, echo]) {
    const stored = JSON.stringify(await converse(payer.target, fault));
    const sent = payer.payer.asked.map(({ body }) => decodeURIComponent(body ?? '')).join('\n');
    const jwts = [...new Set(sent.match(/eyJ[\w-]{20,}\.[\w-]+\.[\w-]*/g) ?? [])];
    const keys = Object.values(payer.secrets).flatMap((secret) => secret.match(/[A-Za-z0-9+/_-]{40,}/g) ?? []);
    const tokens = [...authMemory(payer.payer.state).tokens.keys()];
    assert.ok(jwts.length > 50 && keys.length > 5 && tokens.length > 0, `${jwts.length} JWTs, ${keys.length} key lines, ${tokens.length} tokens`);
    const leaked = [...jwts.flatMap((jwt) => [jwt, jwt.split('.')[2] ?? '']), ...keys, ...tokens].filter(
      (secret) => secret.length > 20 && stored.includes(secret),
    );
    assert.deepEqual(leaked, []);
  }
});

test('versions: 404 for an unknown community passes under 1.0 and is a warning under 2.0', async () => {
  const fault: Fault = { name: '404', at: 'udap.metadata', alter: (response) => (response.status === 204 ? { ...response, status: 404 } : response) };
  const old = verdict(await converse(following('1.0'), fault), 'cc2.udap.community.unknown');
  const late = verdict(await converse(following('2.0'), fault), 'cc2.udap.community.unknown');
  assert.equal(old.outcome, 'pass');
  assert.deepEqual([late.outcome, 'severity' in late && late.severity], ['fail', 'warning']);
});

test('versions: registration algorithms bind from 2.0 on, and an unstated version makes a warning', async () => {
  const { guides: _, ...unstated } = payer.target;
  const fault: Fault = {
    name: 'without registration algorithms',
    at: 'udap.metadata',
    alter: (response) => ({ ...response, body: response.body.replace('registration_endpoint_jwt_signing_alg_values_supported', 'x') }),
  };
  const id = 'cc2.udap.metadata.registration-algs';
  assert.equal(verdict(await converse(following('1.1'), fault), id).outcome, 'not-applicable');
  const finding = verdict(await converse(unstated, fault), id);
  assert.deepEqual([finding.outcome, 'severity' in finding && finding.severity], ['fail', 'warning']);
});

test('K9.5: a Date header an hour ahead is one finding, and the journey goes on', async () => {
  const late = new Date(Date.now() + 3_600_000).toUTCString();
  const fault: Fault = { name: 'clock', at: 'udap.metadata', alter: (response) => ({ ...response, headers: { ...response.headers, date: late } }) };
  const evidence = await converse(payer.target, fault);
  assert.equal(verdict(evidence, 'cc2.udap.reg.success').outcome, 'pass');
  const finding = verdict(evidence, 'cc3.http.date');
  assert.match('actual' in finding ? finding.actual : '', /3[56]\d\d s ahead of it/);
});

test('an unreachable CRL leaves the chain inconclusive and says which', async () => {
  const fault: Fault = { name: 'no CRL', at: 'crl', alter: () => ({ status: 503, headers: {}, body: '' }) };
  const finding = verdict(await converse(payer.target, fault), 'cc2.udap.signed.chain');
  assert.equal(finding.outcome, 'not-testable');
  assert.match('reason' in finding ? finding.reason : '', /\.crl answered 503/);
});

test('a payer that knows UDAP only: the B2B token opens the FHIR API, and the registration goes last', async () => {
  const target: Target = { ...udapOf({ scope: 'system/Patient.rs' }), auth: { kind: 'udap' } };
  payer.payer.inject();
  const session = openSession(target, payer.secrets);
  const asked: string[] = [];
  const chosen = withNeeds(suites, [...udapSuites, 'rest.read']);
  const evidence = await drive({ target, suites: chosen, ...session, onSuite: ({ id }, state) => (state === 'start' ? asked.push(id) : 0) });
  session.close();
  assert.equal(asked.at(-1), 'udap.cancel');
  const reads = evidence.exchanges.filter(({ step, request }) => step === 'read' && /\/Patient\/[^/]+$/.test(request.url));
  assert.ok(
    reads.some(({ response }) => response?.status === 200),
    `reads answered ${reads.map(({ response }) => response?.status).join(', ')}`,
  );
});

test('a certificate that the operator does not have is named in the verdict, and without any the row was not asked', async () => {
  const { revoked: _, ...some } = payer.target.udap?.spare ?? {};
  const partly = verdict(await converse(udapOf({ spare: some })), 'cc2.udap.reg.expired-certificate');
  assert.deepEqual([partly.outcome, 'note' in partly && partly.note?.includes('udap.reg.revoked-certificate')], ['pass', true]);
  const none = verdict(await converse(udapOf({ spare: {} })), 'cc2.udap.reg.expired-certificate');
  assert.ok(none.outcome === 'not-testable' && none.because === 'target-file', JSON.stringify(none));
});

test('a server that is too busy to look has refused nothing', async () => {
  const busy: Fault = {
    name: 'busy',
    at: 'register',
    alter: (response) => (response.status === 400 ? { status: 429, headers: { 'retry-after': '0' }, body: '' } : response),
  };
  assert.equal(verdict(await converse(payer.target, busy), 'cc2.udap.reg.bad-signature').outcome, 'not-testable');
});

test('a community that the server does not know is reported with the fix', async () => {
  const communities = (payer.target.udap?.communities ?? []).map((each, index) => (index === 1 ? { ...each, uri: 'urn:example:misspelt' } : each));
  const finding = verdict(await converse(udapOf({ communities })), 'cc2.udap.community.known');
  assert.equal(finding.outcome, 'not-testable');
  assert.match('reason' in finding ? finding.reason : '', /knows no community urn:example:misspelt .*udap\.communities/);
});
