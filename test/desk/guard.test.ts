import assert from 'node:assert/strict';
import { readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { renderConformance } from '../../reports/render.ts';
import { sampleRun } from '../reports/sample.ts';
import { openDesk, tokenOf } from './desk.ts';
import { folderOfRuns } from './places.ts';

let desk: Awaited<ReturnType<typeof openDesk>>;
const place = folderOfRuns();
before(async () => {
  place.run('2026-a', 1);
  const b = place.run('2026-b');
  writeFileSync(join(b, 'conformance.html'), renderConformance(sampleRun()));
  writeFileSync(join(b, 'private.txt'), 'canary-private');
  symlinkSync('/etc/passwd', join(b, 'latency.html'));
  symlinkSync('/etc', join(place.out, 'etc'));
  desk = await openDesk({ out: place.out });
  writeFileSync(join(desk.targets, 'package.json'), '{"name":"x"}');
  const target = { name: 'Acme <b>', auth: { kind: 'bearer', token: { env: 'CANARY_ENV' } }, members: {}, fhir: { base: 'https://acme.example/r4' } };
  writeFileSync(join(desk.targets, 'acme.json'), JSON.stringify(target));
  writeFileSync(join(desk.targets, 'broken.json'), JSON.stringify({ ...target, auth: { kind: 'bearer', token: 'canary-inline-secret' } }));
});
after(() => desk.close());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** By node:http, since fetch sets Host itself and tidies paths. */
const ask = (path: string, { method = 'GET', headers = {}, body = '' }: { method?: string; headers?: Record<string, string>; body?: string } = {}) =>
  new Promise<Answer>((resolve, reject) => {
    const { hostname, port } = new URL(desk.origin);
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    sent.on('error', reject).end(body);
  });
const post = (path: string, fields: Readonly<Record<string, string>>, headers: Record<string, string> = {}) =>
  ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  });

test('another name than ours is refused, on every path', async () => {
  for (const path of ['/', '/runs/2026-b', '/desk.js', '/runs/2026-b/files/run.json', '/nothing'])
    for (const host of ['evil.example', 'evil.example:80', '127.0.0.1', `127.0.0.1.evil.example:${new URL(desk.origin).port}`])
      assert.equal((await ask(path, { headers: { host } })).status, 421, `${host}${path}`);
  assert.equal((await ask('/', { headers: { host: `localhost:${new URL(desk.origin).port}` } })).status, 200);
});

test('every answer forbids frames, foreign sources and sniffing', async () => {
  for (const path of ['/', '/runs/2026-b', '/history', '/matrix', '/nothing', '/desk.css']) {
    const { headers } = await ask(path);
    assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/, path);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
});

test('actions need the token of this server and a form of ours', async () => {
  const token = tokenOf((await ask('/')).body);
  assert.ok(token.length > 20);
  const wish = { target: 'embedded', only: 'cc3.metadata.available' };
  const before = readdirSync(place.out).length;
  assert.equal((await post('/runs', wish)).status, 403);
  assert.equal((await post('/runs', { ...wish, token: `${token}x` })).status, 403);
  assert.equal((await post('/runs', { ...wish, token }, { origin: 'https://evil.example' })).status, 403);
  assert.equal((await post('/runs', { ...wish, token }, { 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await post('/runs/2026-b/stop', {})).status, 403);
  assert.equal((await post('/runs/2026-b/stop', { token })).status, 409);
  assert.equal((await post('/runs', { token, filler: 'x'.repeat(70_000) })).status, 413);
  assert.equal(readdirSync(place.out).length, before);
});

test('only what the page offers can be asked for', async () => {
  const token = tokenOf((await ask('/')).body);
  const before = readdirSync(place.out).length;
  for (const wish of [
    { target: '../acme.json' },
    { target: '/etc/passwd' },
    { target: '' },
    { target: 'broken.json' },
    { target: 'embedded', only: '--target=/etc/passwd' },
    { target: 'embedded', plan: '../../x' },
    { target: 'embedded', scenario: 'S9' },
    { target: 'embedded', load: '$(id)' },
  ] as Record<string, string>[])
    assert.equal((await post('/runs', { token, ...wish })).status, 400, JSON.stringify(wish));
  assert.equal(readdirSync(place.out).length, before);
});

test('no path leads out of the folder of runs', async () => {
  for (const path of [
    '/runs/../../etc/passwd',
    '/runs/..%2f..%2fetc',
    '/runs/etc',
    '/runs/etc/files/passwd',
    '/runs/2026-b/files/private.txt',
    '/runs/2026-b/files/../2026-a/run.json',
    '/runs/2026-b/files/..%2f2026-a%2frun.json',
    '/runs/2026-b/files/latency.html',
    '/runs/2026-b/files/%00',
    '/desk-home.hbs',
  ]) {
    const { status, body } = await ask(path);
    assert.ok(status === 404 || status === 400, `${path} ${status}`);
    assert.doesNotMatch(body, /root:|canary/, path);
  }
});

test('a stored report is opened in a sandbox', async () => {
  const { status, headers, body } = await ask('/runs/2026-b/files/conformance.html');
  assert.equal(status, 200);
  assert.match(String(headers['content-security-policy']), /^sandbox/);
  assert.doesNotMatch(String(headers['content-security-policy']), /allow-same-origin/);
  assert.equal(body, renderConformance(sampleRun()));
});

test('no page shows a secret, its name, or markup of a payer', async () => {
  for (const path of ['/', '/runs/2026-b', '/history', '/matrix', '/compare?a=2026-a&b=2026-b']) {
    const { body, status } = await ask(path);
    assert.equal(status, 200, path);
    assert.doesNotMatch(body, /canary|CANARY_ENV|Acme <b>/, path);
  }
  const home = (await ask('/')).body;
  assert.match(home, /Acme &lt;b&gt;/);
  assert.match(home, /does not fit its schema/);
  assert.doesNotMatch(home, /package\.json/);
});

test('a page that only shows has no form for an action, and refuses every one', async () => {
  const wall = await openDesk({ out: place.out, targets: desk.targets, readOnly: true });
  try {
    const home = await (await fetch(wall.origin)).text();
    assert.doesNotMatch(home, /method="post"|name="token"/);
    const body = new URLSearchParams({ target: 'embedded', token: tokenOf((await ask('/')).body) });
    assert.equal((await fetch(`${wall.origin}/runs`, { method: 'POST', body })).status, 403);
    assert.equal((await fetch(`${wall.origin}/runs/2026-b/stop`, { method: 'POST', body })).status, 403);
  } finally {
    await wall.close();
  }
});
