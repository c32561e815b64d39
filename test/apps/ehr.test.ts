import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { allowId, refuseId } from '../../src/client/app/documents.ts';
import { type AppEhr, type Launch, startAppEhr } from '../../src/client/app/ehr.ts';
import type { Records } from '../../src/client/requests/crd/records.ts';
import { asString, at } from '../../src/core/fhir.ts';
import type { AppCase, Json } from '../../src/core/model.ts';
import { linked } from '../../suites/apps/links.ts';

/** The EHR that launches SMART apps, asked as an app asks. */
let ehr: AppEhr;
before(async () => {
  ehr = await startAppEhr();
});
after(() => ehr.close());

const records: Records = new Map([
  ['Patient/ehr-patient', { resourceType: 'Patient', id: 'ehr-patient', name: [{ family: 'Tester' }] }],
  ['Coverage/c', { resourceType: 'Coverage', id: 'c', beneficiary: { reference: 'Patient/ehr-patient' } }],
]);
const opened = (kind: AppCase): Launch => ehr.open(kind, { records, patient: 'ehr-patient', appContext: 'order=1' });

async function authorize(launch: Launch, change: Readonly<Record<string, string>> = {}) {
  const configuration = (await (await fetch(`${launch.iss}/.well-known/smart-configuration`)).json()) as Json;
  const verifier = randomBytes(32).toString('base64url');
  const asks = {
    ...{
      response_type: 'code',
      client_id: 'app',
      redirect_uri: 'http://127.0.0.1:9/back',
      scope: 'launch openid patient/*.rs',
      launch: launch.launch,
    },
    ...{ aud: launch.iss, state: randomUUID(), code_challenge_method: 'S256' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    ...change,
  };
  const page = await (await fetch(`${asString(at(configuration, 'authorization_endpoint'))}?${new URLSearchParams(asks)}`)).text();
  const link = (id: string) => {
    const href = new RegExp(`id="${id}" href="([^"]*)"`).exec(page)?.[1] ?? '';
    return new URL(href.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))));
  };
  const endpoint = asString(at(configuration, 'token_endpoint')) ?? '';
  const exchange = async (code: string | null, proof = verifier) =>
    fetch(endpoint, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'authorization_code', code: code ?? '', redirect_uri: asks.redirect_uri, code_verifier: proof }),
    });
  return { asks, page, link, exchange };
}

async function query(launch: Launch, path: string, token: string) {
  return fetch(`${launch.iss}/${path}`, { headers: { authorization: `Bearer ${token}`, accept: 'application/fhir+json' } });
}

async function tokenOf(launch: Launch): Promise<string> {
  const { link, exchange } = await authorize(launch);
  return asString(at((await (await exchange(link(allowId).searchParams.get('code'))).json()) as Json, 'access_token')) ?? '';
}

test('an honest app gets a code, a token with its context, and the record; each step is noted', async () => {
  const launch = opened('plain');
  const { asks, link, exchange } = await authorize(launch);
  const back = link(allowId).searchParams;
  assert.equal(back.get('state'), asks.state);
  const told = (await (await exchange(back.get('code'))).json()) as Json;
  assert.equal(at(told, 'patient'), 'ehr-patient');
  assert.equal(at(told, 'appContext'), 'order=1');
  assert.match(asString(at(told, 'id_token')) ?? '', /^eyJ/);
  const read = await query(launch, 'Patient/ehr-patient', asString(at(told, 'access_token')) ?? '');
  assert.equal(read.status, 200);
  assert.equal(read.headers.get('access-control-allow-origin'), '*');
  assert.deepEqual(
    launch.calls.map(({ facts }) => facts['app.call']),
    ['discovery', 'authorize', 'token', 'query'],
  );
  const said = launch.calls[1]?.facts['app.authorize'];
  assert.deepEqual([said?.aud, said?.launch, said?.state?.bits, said?.method, said?.challenge], ['iss', 'same', 122, 'S256', 43]);
  assert.deepEqual(launch.calls[2]?.facts['app.token'], { client: 'none', code: 'first', verifier: 'matches', redirect: true });
  const kept = new Set(launch.secrets.values());
  for (const secret of [launch.launch, asks.state, back.get('code'), launch.token()])
    assert.ok(kept.has(secret ?? ''), 'every secret is known for redaction');
});

test('what an app does wrong is noted: another aud, no launch, a short state, a code twice, a verifier that does not match', async () => {
  const launch = opened('plain');
  const { link, exchange } = await authorize(launch, { aud: 'https://elsewhere.example/fhir', launch: 'mine', state: '1234' });
  const said = launch.calls[1]?.facts['app.authorize'];
  assert.deepEqual([said?.aud, said?.launch, said?.state?.bits], ['other', 'other', 13]);
  const code = link(allowId).searchParams.get('code');
  assert.equal((await exchange(code, 'another')).status, 400);
  assert.equal((await exchange(code)).status, 400);
  assert.deepEqual(
    launch.calls.slice(2).map(({ facts }) => [facts['app.token']?.code, facts['app.token']?.verifier]),
    [
      ['first', 'differs'],
      ['again', 'matches'],
    ],
  );
});

test('a refusal says access_denied; a callback that is not the own one has another state', async () => {
  const { asks, link } = await authorize(opened('denied'));
  assert.equal(link(refuseId).searchParams.get('error'), 'access_denied');
  assert.equal(link(refuseId).searchParams.get('state'), asks.state);
  const other = await authorize(opened('wrong-state'));
  assert.notEqual(other.link(allowId).searchParams.get('state'), other.asks.state);
});

test('a token is expired, an answer is held until it is let go, a record is empty', async () => {
  const expired = opened('expired');
  assert.equal((await query(expired, 'Patient/ehr-patient', await tokenOf(expired))).status, 401);
  assert.equal((await query(expired, 'Patient/ehr-patient', await tokenOf(expired))).status, 200, 'authorized anew');
  const slow = opened('slow');
  const answer = query(slow, 'Patient/ehr-patient', await tokenOf(slow));
  await slow.asked;
  assert.equal(slow.calls.at(-1)?.facts['app.call'], 'token', 'the query is not answered yet');
  slow.release();
  assert.equal((await answer).status, 200);
  const empty = opened('empty');
  const found = (await (await query(empty, 'Coverage?patient=ehr-patient', await tokenOf(empty))).json()) as Json;
  assert.equal(at(found, 'total'), 0);
});

test('a page of another origin may read every answer, also one that asks with credentials and headers of its own', async () => {
  const { iss } = opened('plain');
  const headers = { origin: 'https://app.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization,x-own' };
  const before = await fetch(`${iss}/Patient/ehr-patient`, { method: 'OPTIONS', headers });
  assert.equal(before.headers.get('access-control-allow-origin'), 'https://app.example');
  assert.equal(before.headers.get('access-control-allow-credentials'), 'true');
  assert.equal(before.headers.get('access-control-allow-headers'), 'authorization,x-own');
});

test('a token of another launch, or none, opens nothing; what an app sends is shown as text', async () => {
  const [one, two] = [opened('plain'), opened('plain')];
  assert.equal((await query(two, 'Patient/ehr-patient', await tokenOf(one))).status, 401);
  assert.equal(two.calls[0]?.facts['app.authorised'], false);
  const { page } = await authorize(one, { client_id: '<script>alert(1)</script>' });
  assert.ok(!page.includes('<script>'));
});

test('an app that knows only registered EHRs finds the same iss in every launch, and each launch its own calls', async () => {
  const at = () => ehr.open('plain', { records, patient: 'ehr-patient', path: 'assay' });
  const first = at();
  await authorize(first);
  const second = at();
  assert.equal(second.iss, first.iss);
  assert.match(first.iss, /\/assay\/fhir$/);
  assert.notEqual(second.launch, first.launch);
  const token = await tokenOf(second);
  assert.equal((await query(second, 'Patient/ehr-patient', token)).status, 200);
  assert.deepEqual([first.calls.length, second.calls.length], [2, 4]);
});

test('how a confidential app proves who it is, is noted', async () => {
  const launch = opened('plain');
  const forms = [
    { headers: { authorization: `Basic ${Buffer.from('app:secret').toString('base64')}` }, more: {} },
    { headers: {}, more: { client_secret: 'secret' } },
    { headers: {}, more: { client_assertion: 'a.b.c', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' } },
  ];
  for (const { headers, more } of forms)
    await fetch(`${launch.iss.replace(/fhir$/, 'auth/token')}`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({ grant_type: 'authorization_code', code: 'x', ...more }),
    });
  assert.deepEqual(
    launch.calls.map(({ facts }) => facts['app.token']?.client),
    ['basic', 'post', 'assertion'],
  );
});

test('an app without an address stands for each link that was found, or for those of its scenario; the same address is one app', () => {
  const links = [
    { url: 'https://a.example/launch', appContext: 'x', scenario: 'S2' },
    { url: 'https://b.example/launch', scenario: 'S3' },
  ] as const;
  const urls = (...all: Parameters<typeof linked>) => linked(...all).map(({ url, scenario }) => [url, scenario]);
  assert.deepEqual(urls({ clientId: 'c' }, links), [
    ['https://a.example/launch', 'S2'],
    ['https://b.example/launch', 'S3'],
  ]);
  assert.deepEqual(urls({ scenario: 'S3' }, links), [['https://b.example/launch', 'S3']]);
  assert.deepEqual(urls({}, [links[0], { ...links[1], url: links[0].url }]), [['https://a.example/launch', 'S2']]);
  assert.deepEqual(urls({ scenario: 'S4' }, links), [[undefined, 'S4']]);
});
