import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { download } from '../../src/client/bulk/download.ts';
import { createProvider } from '../../src/client/provider.ts';
import { bulkFile } from '../../src/client/requests/bulk.ts';
import { createTransport } from '../../src/client/transport.ts';
import type { RawExchange, Target } from '../../src/core/model.ts';
import { breakingOff, text } from './patients.ts';
import { openWorld } from './world.ts';

/** Downloads /file from a server that behaves like this. */
async function fetchFrom(listener: RequestListener, options: Parameters<typeof download>[4] = {}): Promise<RawExchange & { readonly url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = createTransport();
  const target: Target = { name: 'files', fhir: { base: origin }, auth: { kind: 'none' }, members: {}, bulk: { pollFloor: 1 } };
  const provider = createProvider({
    target,
    transport,
    signers: {},
    tokens: new Map([['default', 'secret-token-1']]),
    signal: new AbortController().signal,
    record: (exchange) => ({ ...exchange, index: 0, suite: 'test' }),
    blocked: () => undefined,
  });
  try {
    const url = `${origin}/file`;
    return { ...(await download(provider, bulkFile(url, true), {}, {}, options)), url };
  } finally {
    transport.close();
    server.closeAllConnections();
    server.close();
  }
}

test('a broken download goes on where it stopped, by Range', async () => {
  const ranges: string[] = [];
  const exchange = await fetchFrom(breakingOff(40_000, 2, (range) => ranges.push(range)));
  assert.equal(ranges[0], 'none');
  assert.ok(ranges.length === 3 && ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range)), ranges.join(' '));
  assert.deepEqual([exchange.facts?.['file.lines'], exchange.facts?.['file.resumed'], exchange.facts?.['file.bad']], [5000, 2, null]);
  assert.equal(exchange.facts?.['file.sha256'], createHash('sha256').update(text).digest('hex'));
});

test('without ranges a broken download starts over, and no line counts twice', async () => {
  let asked = 0;
  const exchange = await fetchFrom((_request, response) => {
    response.writeHead(200, { 'content-length': text.length });
    if (asked++ === 0) response.write(text.slice(0, 9000), () => response.socket?.destroy());
    else response.end(text);
  });
  assert.deepEqual([asked, exchange.facts?.['file.lines'], exchange.facts?.['file.whole']], [2, 5000, true]);
  const retries = exchange.facts?.['bulk.retries'];
  assert.equal(Array.isArray(retries) && retries.length, 1);
});

test('gzip is undone, and a stream cut short is a finding rather than a crash', async () => {
  const whole = await fetchFrom((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text)));
  assert.deepEqual([whole.facts?.['file.lines'], whole.facts?.['file.decodeError'], whole.facts?.['file.bytes']], [5000, null, text.length]);
  const cut = await fetchFrom((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text).subarray(0, -30)));
  assert.match(String(cut.facts?.['file.decodeError']), /not valid gzip/);
});

test('only the beginning of a large file is kept as evidence, cut at a line, but every line is counted', async () => {
  const exchange = await fetchFrom((_request, response) => response.end(text), { keep: 1000 });
  assert.equal(exchange.facts?.['file.whole'], false);
  assert.equal(exchange.facts?.['file.lines'], 5000);
  const body = exchange.response?.body ?? '';
  assert.ok(body.length <= 1000 && body.endsWith('}\n'));
});

test('decoded bytes also go to a sink, whole and in order', async () => {
  const pieces: Buffer[] = [];
  await fetchFrom((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text)), {
    sink: () => ({ write: (chunk) => void pieces.push(Buffer.from(chunk)), end: () => undefined }),
  });
  assert.equal(Buffer.concat(pieces).toString(), text);
});

test('a run keeps its downloads on disk where it should', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-files-'));
  const world = await openWorld();
  try {
    const evidence = await world.talk(['bulk.export'], { downloads: folder });
    const files = evidence.exchanges.filter((each) => each.variant === 'group' && each.step === 'bulk.file');
    assert.equal(files.length, 3);
    for (const { facts, response } of files) assert.equal(readFileSync(join(folder, String(facts?.['file.saved'])), 'utf8'), response?.body);
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a token does not travel to an origin that the target file does not allow', async () => {
  let seen: string | undefined = 'not asked';
  const other = createServer((request, response) => {
    seen = request.headers.authorization;
    response.end(text);
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/file`;
  const transport = createTransport();
  const provider = createProvider({
    target: { name: 'elsewhere', fhir: { base: 'https://payer.example' }, auth: { kind: 'bearer', token: { env: 'T' } }, members: {} },
    transport,
    signers: {},
    tokens: new Map([['default', 'secret-token-1']]),
    signal: new AbortController().signal,
    record: (exchange) => ({ ...exchange, index: 0, suite: 'test' }),
    blocked: () => undefined,
  });
  try {
    const exchange = await download(provider, bulkFile(url, true), {}, {});
    assert.equal(seen, undefined);
    assert.equal(exchange.facts?.['file.lines'], 5000);
  } finally {
    transport.close();
    other.closeAllConnections();
    other.close();
  }
});
