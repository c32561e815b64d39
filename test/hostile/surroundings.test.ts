import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bulkMemory } from '../../mocks/bulk/jobs.ts';
import { createCircuitBreaker } from '../../src/client/circuit-breaker.ts';
import { createTransport } from '../../src/client/transport.ts';
import { lockFolder } from '../../src/run/lock.ts';
import { payerAssay, runIn, serve, temporary } from '../cli/payer-assay.ts';
import { openWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

test('H10: what our own client refuses or cannot hold is called ours, whichever client it is', async () => {
  const server = await serve(({ url }, response) => {
    if (url === '/headers') response.setHeader('x-long', 'a'.repeat(40_000));
    if (url === '/flood') for (let nth = 0; nth < 40; nth++) response.setHeader(`x-${nth}`, 'a'.repeat(3000));
    response.end('{}');
  });
  const transport = createTransport();
  const ask = async (path: string, headers = {}) => {
    const request = { method: 'GET', url: path.startsWith('/') ? server.origin + path : path, headers };
    const opened = await transport.open(request);
    if ('body' in opened) opened.body.resume();
    return [(await transport.send(request)).error?.code, 'code' in opened ? opened.code : undefined];
  };
  try {
    assert.deepEqual(await ask('/headers'), [undefined, undefined], '40 kB of headers are no fault');
    assert.deepEqual(await ask('/flood'), ['limit.headers', 'limit.headers']);
    for (const value of ['Bearer a\r\nx: y', 'Bearer \u2026']) assert.deepEqual(await ask('/', { authorization: value }), ['ours', 'ours'], value);
    assert.deepEqual(await ask('file:///etc/passwd'), ['ours', 'ours']);
    assert.deepEqual(await ask('http://[broken'), ['ours', 'ours']);
  } finally {
    transport.close();
    server.close();
  }
});

test('H9: the circuit breaker has time in it: it waits for who was there before, gives up who stays away, and looks again later', () => {
  let now = 0;
  const breaker = createCircuitBreaker(() => now);
  const url = 'https://payer.example/fhir';
  const lost = { code: 'refused', message: 'nothing listens' } as const;
  breaker.saw(url, undefined);
  let waited = 0;
  for (let misses = 0; breaker.reason(url) === undefined; misses++) {
    assert.ok(misses < 20);
    const pause = breaker.pause(url);
    waited += pause;
    now += pause;
    breaker.saw(url, lost);
  }
  assert.ok(waited >= 5000 && waited <= 15_000, `${waited} ms were given`);
  now += 20_000;
  assert.equal(breaker.reason(url), undefined, 'one more look');
  breaker.saw(url, undefined);
  assert.equal(breaker.pause(url), 0);
  for (let nth = 0; nth < 20; nth++) breaker.saw(url, { code: 'limit.depth', message: 'too deep' });
  assert.equal(breaker.reason(url), undefined, 'our limit says nothing about the server');
});

for (const [name, code] of [
  ['SIGHUP', 2],
  ['SIGTERM', 2],
] as const)
  test(`H16: ${name} ends a run as Ctrl-C does: judged, stored and taken back`, async () => {
    const started = world.begin({ args: ['--scenario', 'S6'] });
    await started.said(/token {2}/);
    started.signal(name);
    const ended = await started.done;
    assert.equal(ended.code, code, ended.stderr);
    const run = runIn(started.out);
    assert.match(run.partial ?? '', new RegExp(name));
    assert.equal(existsSync(join(started.out, 'pending-cleanup.ndjson')), false);
    assert.equal([...bulkMemory(world.embedded.payer.state).jobs.values()].filter((job) => !job.cancelled).length, 0);
    assert.equal((await payerAssay('report', started.out)).code, 2, 'always');
  });

test('two runs in one folder: the second is refused by name; a dead process holds nothing', async () => {
  const started = world.begin({ args: ['--scenario', 'S1'] });
  await started.said(/directory {2}/);
  const { file } = world.place();
  const second = await payerAssay('run', '--target', file, '--out', started.out, '--only', 'cc3.metadata.available');
  assert.equal(second.code, 3);
  assert.match(second.stderr, new RegExp(`is in use: another run \\(process ${started.pid}`));
  started.signal('SIGKILL');
  await started.done;
  assert.ok(existsSync(join(started.out, 'run.lock')));
  const third = await payerAssay('run', '--target', file, '--out', started.out, '--only', 'cc3.metadata.available');
  assert.equal(third.code, 0, third.stderr);
  assert.equal(existsSync(join(started.out, 'run.lock')), false);
});

test('a lock whose process number was given to another process is nobody’s', () => {
  const folder = temporary();
  writeFileSync(join(folder, 'run.lock'), JSON.stringify({ pid: process.pid, born: 'before', since: 'x' }));
  lockFolder(folder)();
  writeFileSync(join(folder, 'run.lock'), '{"pid":');
  lockFolder(folder)();
});

test('H17: a folder that cannot be made says so, not that it is missing', async () => {
  const folder = temporary();
  mkdirSync(join(folder, 'x'));
  writeFileSync(join(folder, 'x', 'file'), '');
  const { file } = world.place();
  const { code, stderr } = await payerAssay('run', '--target', file, '--out', '/proc/nowhere/at/all');
  assert.equal(code, 3);
  assert.match(stderr, /cannot be made|may not write|read-only/);
});
