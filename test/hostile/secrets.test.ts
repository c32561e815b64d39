import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bulkMemory } from '../../mocks/bulk/jobs.ts';
import { tenth } from '../../scripts/hostile/all.ts';
import { encodings } from '../../scripts/hostile/canaries.ts';
import type { Turn } from '../../scripts/hostile/proxy.ts';
import { canariesAt } from '../../scripts/hostile/secrets.ts';
import { openStage } from '../../scripts/hostile/stage.ts';
import { guardBorder } from '../../src/client/border.ts';
import { createTransport } from '../../src/client/transport.ts';
import type { Known, Target } from '../../src/core/model.ts';
import { payerAssay } from '../cli/payer-assay.ts';
import { openWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

/** A second origin that writes down all it hears. */
async function foreign() {
  const heard: { method: string; text: string }[] = [];
  const server = createServer((request, response) => {
    let text = `${request.url} ${JSON.stringify(request.headers)}`;
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      heard.push({ method: request.method ?? '', text });
      response.writeHead(202, { 'content-type': 'application/json', 'x-progress': 'going on' }).end('{"active":true}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, heard, close: () => server.close() };
}

test('H5: introspection and revocation at another origin get no token, in no part of a request', async () => {
  const elsewhere = await foreign();
  const tokens = new Set<string>();
  const act = async (turn: Turn): Promise<void> => {
    if (turn.path.endsWith('/.well-known/smart-configuration'))
      return turn.answer(({ body }) => ({
        body: JSON.stringify({
          ...JSON.parse(String(body)),
          introspection_endpoint: `${elsewhere.origin}/introspect`,
          revocation_endpoint: `${elsewhere.origin}/revoke`,
        }),
      }));
    const { body, status, headers } = await turn.forward();
    const token = /"access_token":"([^"]+)"/.exec(String(body))?.[1];
    if (token !== undefined) tokens.add(token);
    return turn.answer(() => ({ body, status, headers }));
  };
  try {
    const { run } = await world.run({ act, args: ['--only', 'cc2.introspect,cc2.smart,cc2.token.revo'] });
    assert.ok(tokens.size > 0);
    for (const { text } of elsewhere.heard) for (const token of tokens) assert.ok(!text.includes(token), text);
    const kept = run.exchanges.filter(({ step, error }) => step === 'introspect' && error?.code === 'origin.blocked');
    assert.ok(kept.length > 0, 'it is said that nothing was sent, and why');
    assert.match(kept[0]?.error?.message ?? '', /may not have it; name it in allowedOrigins/);
  } finally {
    elsewhere.close();
  }
});

test('H5: the origin rule holds wherever a token stands, and what metadata addresses could tell stays there', async () => {
  const elsewhere = await foreign();
  const transport = createTransport();
  const target: Target = { name: 't', auth: { kind: 'none' }, members: {}, fhir: { base: 'http://127.0.0.1:1/fhir' } };
  const known = { target, ids: {}, notes: {} } as Known;
  const token = 'a+live/token=of~this.run';
  const guarded = guardBorder(transport, { target, known, tokens: new Map([['default', token]]) });
  const url = `${elsewhere.origin}/x`;
  try {
    const ways = [
      { url: `${url}?t=${encodeURIComponent(token)}`, headers: {} },
      { url, headers: { 'x-note': `Bearer ${token}` } },
      { url, headers: {}, body: JSON.stringify({ deep: [{ token }] }) },
      { url, headers: {}, body: new URLSearchParams({ token }).toString() },
    ];
    for (const way of ways) assert.equal((await guarded.send({ method: 'POST', ...way })).error?.code, 'origin.blocked', JSON.stringify(way));
    assert.equal(elsewhere.heard.length, 0);
    for (const host of ['169.254.169.254', '[fe80::1]', 'metadata.google.internal', '100.100.100.200', '[::ffff:169.254.169.254]']) {
      const request = { method: 'GET', url: `http://${host}/latest`, headers: {} };
      assert.equal((await guarded.send(request)).error?.code, 'origin.blocked', host);
      const opened = await guarded.open(request);
      assert.ok('code' in opened && opened.code === 'origin.blocked', host);
    }
    assert.equal((await guarded.send({ method: 'GET', url, headers: {} })).response?.status, 202, 'anybody may be asked without a token');
    const long = await guarded.send({ method: 'GET', url: `${url}?page=${'x'.repeat(70_000)}`, headers: {} });
    assert.equal(long.error?.code, 'limit.headers', 'an address longer than our limit is not followed, and the limit is called ours');
    assert.ok((long.error?.message.length ?? 0) < 200, 'nor is it repeated in words');
  } finally {
    transport.close();
    elsewhere.close();
  }
});

test('H14: a Content-Location at another origin is neither polled nor deleted without leave, and with leave it is', async () => {
  const elsewhere = await foreign();
  const act = (turn: Turn) =>
    turn.answer(({ headers, status }) =>
      status === 202 && headers['content-location'] ? { headers: { ...headers, 'content-location': `${elsewhere.origin}/job/1` } } : {},
    );
  try {
    const { run, code } = await world.run({
      act,
      args: ['--only', 'bulk.status.in-progress'],
      changes: { bulk: { ...world.embedded.target.bulk, maxWait: 1, pollFloor: 50 } },
    });
    assert.deepEqual(elsewhere.heard, []);
    assert.equal(code, 2);
    const told = run.blocked.find(({ reason }) => /neither polled nor deleted without leave/.test(reason));
    assert.equal(told?.because, 'target-file');
  } finally {
    elsewhere.close();
  }
});

test('H11: doctor prints no control or bidi signs of a server, and no token that it echoes', async () => {
  let token = '';
  const act = async (turn: Turn): Promise<void> => {
    if (turn.path.endsWith('/metadata'))
      return turn.answer(({ body }) => ({
        body: JSON.stringify({
          ...JSON.parse(String(body)),
          software: { name: '\u001b]0;owned\u0007\u001b[2J\u202esetup' },
          fhirVersion: '4.0.1\u009b31m',
        }),
      }));
    if (turn.path.endsWith('$member-match')) {
      token = String(turn.headers.authorization).replace('Bearer ', '');
      const text = `your header was Bearer ${token} (${Buffer.from(token).toString('base64')})\u202e`;
      return turn.answer(() => ({ status: 400, body: JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ details: { text } }] }) }));
    }
    return turn.answer();
  };
  world.embedded.payer.inject();
  world.proxy.act(act);
  const { file } = world.place();
  for (const args of [
    ['doctor', '--target', file],
    ['doctor', '--target', file, '--json'],
  ]) {
    const { stdout, stderr } = await payerAssay(...args);
    assert.ok(token.length > 8, stdout + stderr);
    assert.doesNotMatch(stdout + stderr, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    assert.ok(!stdout.includes(token) && !stdout.includes(Buffer.from(token).toString('base64')), stdout);
  }
});

test('H9: what was registered and started is taken back, though reads and everything else were broken', async () => {
  const act = (turn: Turn) =>
    turn.method === 'GET' && /\/fhir\/(Patient|Condition|Coverage)(\/[^$]*)?(\?|$)/.test(turn.path) ? void turn.socket.destroy() : turn.answer();
  const { run, code } = await world.run({ act, args: ['--only', 'rest.read.id,udap.reg.success,bulk.status.in-progress'] });
  assert.equal(code, 2);
  assert.ok(run.exchanges.some(({ step, response }) => step === 'register' && response?.status === 201));
  assert.deepEqual(
    run.blocked.filter(({ suite }) => suite === 'clean-up'),
    [],
  );
  assert.equal([...bulkMemory(world.embedded.payer.state).jobs.values()].filter((job) => !job.cancelled).length, 0);
});

test('H9: a server away for three seconds is met again in the same run', async () => {
  let gone = 0;
  const act = (turn: Turn): Promise<void> | void => {
    if (gone === 0 && turn.path.includes('/fhir/Patient')) gone = performance.now();
    if (gone > 0 && performance.now() - gone < 3000) return void turn.socket.destroy();
    return turn.answer();
  };
  const { run } = await world.run({ act, args: ['--only', 'rest.read,cc3.metadata.valid'] });
  assert.doesNotMatch(JSON.stringify(run.blocked), /so it is not asked any more/);
  assert.ok(
    run.exchanges.some(({ suite, response }) => suite === 'timing' && response?.status === 200),
    'the last suite was served again',
  );
  assert.deepEqual(
    run.verdicts.filter(({ finding }) => finding.outcome === 'fail').map(({ requirement }) => requirement),
    [],
  );
});

test('H13: sixty and more canaries in twelve encodings, echoed everywhere, stand in no output of any command', async () => {
  const stage = await openStage();
  try {
    // At hashes it is a case that the stage hostile plays, in every CI run.
    assert.ok(tenth.some(({ id }) => id === 'canaries.hashes'));
    const { canaries, dishonest } = await canariesAt(stage, 'pseudonymised', { args: ['--only', 'id.mm.,cc2.token,rest.read'], within: 240 });
    assert.deepEqual(dishonest, []);
    assert.ok(canaries.values >= 60, `${canaries.values} canaries`);
    for (const how of Object.keys(encodings)) assert.ok((canaries.said[how] ?? 0) >= 60, `only ${canaries.said[how]} were said in ${how}`);
  } finally {
    await stage.close();
  }
});

test('H13: whatever a run writes can be read by nobody else', async () => {
  const { out } = await world.run({ args: ['--only', 'cc3.metadata.valid'] });
  for (const name of readdirSync(out, { recursive: true }) as string[])
    if (statSync(join(out, name)).isFile()) assert.equal(statSync(join(out, name)).mode & 0o077, 0, `${name} can be read by others`);
});
