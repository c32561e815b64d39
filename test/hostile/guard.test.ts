import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import type { Turn } from '../../scripts/hostile/proxy.ts';
import { createRedactor } from '../../src/client/redact.ts';
import { createTransport } from '../../src/client/transport.ts';
import type { Run, Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { endOf } from '../../src/run/end.ts';
import { settle } from '../../src/run/settle.ts';
import type { Suite } from '../../src/run/suite.ts';
import { serve } from '../cli/payer-assay.ts';
import { leftIn, openWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const deep = `{"resourceType":"Patient","a":${'['.repeat(6259)}${']'.repeat(6259)}}`;
const errorCodes = (run: Run) => new Set(run.exchanges.flatMap(({ error }) => error?.code ?? []));
const noFail = (run: Run) =>
  assert.deepEqual(
    run.verdicts.filter(({ finding }) => finding.outcome === 'fail').map(({ requirement }) => requirement),
    [],
  );

test('H1: deeply nested JSON in a record is called our limit, and the run goes on to its end', async () => {
  const act = (turn: Turn) => (/\/fhir\/Patient\/[^/?]+$/.test(turn.path) ? turn.answer(() => ({ body: deep })) : turn.answer());
  const { code, run, stderr, out } = await world.run({ act, args: ['--scenario', 'S1'] });
  assert.equal(code, 2, stderr);
  assert.ok(errorCodes(run).has('limit.depth'));
  assert.equal(leftIn(out), '');
  noFail(run);
});

test('H1: whatever an enricher or the redactor throws costs the exchange it threw on, which is called ours', async () => {
  const redactor = createRedactor('pseudonymised', 'salt');
  const exchange = (index: number) => ({
    ...({ index, suite: 'own', step: 'read', startedAt: '2026-01-01T00:00:00.000Z' } as const),
    request: { method: 'GET', url: `https://payer.example/${index}`, headers: {} },
    response: { status: 200, headers: {}, body: '{"secret":"word"}' },
    timing: { total: 1 },
    size: { sent: 0, received: 2, decoded: 2 },
  });
  const throwing = { ...redactor, response: () => Promise.reject(new Error('word')) as never };
  const broken = {
    ...redactor,
    response(response: Parameters<typeof redactor.response>[0]) {
      throw new RangeError(response.body);
    },
  };
  const known = { target: { name: 't', auth: { kind: 'none' }, members: {} }, ids: {}, notes: {} } as const;
  const { signal } = new AbortController();
  const enriched = await settle(
    [exchange(0), exchange(1)],
    [({ index }) => (index === 0 ? Promise.reject(new Error('word')) : {})],
    known,
    redactor,
    signal,
  );
  assert.deepEqual(
    enriched.map(({ error }) => error?.code),
    ['ours', undefined],
  );
  const unredacted = await settle([exchange(0)], [], known, broken, signal);
  assert.equal(unredacted[0]?.error?.code, 'ours');
  assert.doesNotMatch(JSON.stringify([enriched[0], unredacted]), /word/, 'what could not be redacted is not kept');
  assert.ok(throwing);
});

test('H2: a callback that is no URL is refused and recorded; the run goes on', async () => {
  let answered = '';
  const act = async (turn: Turn): Promise<void> => {
    if (turn.method === 'POST' && turn.path.includes('cds-services/')) {
      const { fhirServer } = JSON.parse(turn.body.toString()) as { fhirServer?: string };
      if (fhirServer?.startsWith('http://127.0.0.1:'))
        answered ||= await rawly(Number(new URL(fhirServer).port), 'GET // HTTP/1.1\r\nhost: x\r\n\r\n');
    }
    await turn.answer();
  };
  const { code, run, stderr, out } = await world.run({ act, args: ['--scenario', 'S2'] });
  assert.ok(code === 0 || code === 2, `${code} ${stderr}`);
  assert.match(answered, /^HTTP\/1\.1 4\d\d /);
  assert.equal(leftIn(out), '');
  assert.ok(run.exchanges.some(({ step }) => step === 'ehr.callback'));
});

test('H3: 101 Switching Protocols is an answer outside HTTP, had within its time, whether the server closes or keeps the socket', async () => {
  const held = new Set<{ destroy(): void }>();
  const server = await serve(({ url }, { socket }) => {
    if (!socket) return;
    held.add(socket);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n');
    if (url === '/close') socket.end();
  });
  const transport = createTransport();
  try {
    for (const path of ['/close', '/keep']) {
      const { error } = await transport.send({ method: 'GET', url: server.origin + path, headers: {} });
      assert.equal(error?.code, 'protocol');
      assert.match(error?.message ?? '', /switched protocols \(101\)/);
    }
  } finally {
    transport.close();
    for (const socket of held) socket.destroy();
    server.close();
  }
});

test('H3: a request has a deadline of its own, whatever the socket does', async () => {
  const interim = await serve((_, { socket }) => {
    const more = setInterval(() => socket?.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
    socket?.once('close', () => clearInterval(more));
    socket?.on('error', () => undefined);
  });
  const transport = createTransport();
  try {
    for (const send of [
      () => transport.send({ method: 'GET', url: interim.origin, headers: {} }, { timeout: 200 }).then(({ error }) => error),
      () => transport.open({ method: 'GET', url: interim.origin, headers: {} }, { timeout: 200 }),
    ]) {
      const seen = await send();
      assert.equal(seen && 'code' in seen ? seen.code : undefined, 'timeout');
    }
  } finally {
    transport.close();
    interim.close();
  }
});

test('H3: work that never settles ends with the signal', async () => {
  const stop = new AbortController();
  const work = endOf(new Promise(() => undefined), stop.signal, 1);
  stop.abort(new Error('the run was interrupted (SIGTERM)'));
  await assert.rejects(work, /interrupted \(SIGTERM\)/);
});

test('H7: a conversation has a time of its own: it is given up by name, and what it still hears is not kept', async () => {
  const transport = createTransport();
  const metadata = { method: 'GET', url: `${world.proxy.origin}/fhir/metadata` };
  const suite = (id: string, hold: Suite['drive']): Suite => ({ ...{ id, title: id, scenarios: ['S1'], asks: [], requests: 1 }, drive: hold });
  const over = opened<void>();
  const heard = opened<unknown>();
  const slow = suite('own.slow', async (provider) => {
    await over.promise;
    heard.resolve(await provider.ask('metadata', metadata).catch((cause: unknown) => cause));
  });
  const next = suite('own.next', async (provider) => {
    await heard.promise;
    await provider.ask('metadata', metadata);
  });
  const target: Target = {
    name: 't',
    auth: { kind: 'none' },
    members: {},
    fhir: { base: `${world.proxy.origin}/fhir` },
    limits: { suiteMinutes: 0.005 },
  };
  const unlimited = { ...target, limits: { suiteMinutes: 5 } };
  try {
    const { blocked, exchanges } = await drive({
      ...{ target, suites: [slow], transport },
      onSuite: (_, state) => state === 'end' && over.resolve(undefined),
    });
    assert.deepEqual(exchanges, []);
    assert.match(String(await heard.promise), /after our limit for this conversation/);
    assert.equal((await drive({ target: unlimited, suites: [next], transport })).exchanges.length, 1);
    assert.match(blocked.find((each) => each.suite === 'own.slow')?.reason ?? '', /our limit of 0\.005 minutes for one conversation/);
    assert.equal(blocked.find((each) => each.suite === 'own.slow')?.because, 'ours');
  } finally {
    transport.close();
  }
});

/** A promise that somebody else keeps. */
function opened<Value>(): { readonly promise: Promise<Value>; resolve(value: Value): void } {
  let resolve = (_: Value): void => undefined;
  const promise = new Promise<Value>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Sends bytes as they are and answers with what comes back. */
function rawly(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => (seen += chunk));
    socket.once('error', reject);
    socket.once('close', () => resolve(seen));
  });
}
