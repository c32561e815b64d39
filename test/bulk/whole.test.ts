import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type FinishedJob, fetchFiles } from '../../src/client/bulk/export.ts';
import { createProvider } from '../../src/client/provider.ts';
import { createTransport } from '../../src/client/transport.ts';
import { asObject, at } from '../../src/core/fhir.ts';
import type { Facts, RawExchange, Target } from '../../src/core/model.ts';
import { createWholeFiles } from '../../src/enrich/files/index.ts';
import { breakingOff, rows, text } from './patients.ts';

interface Fetched {
  readonly file: RawExchange;
  /** Facts of the answer with the manifest. */
  readonly amended: Facts;
}

/** An export of one file of Patients from a server that behaves like this; `keep` bytes of it are stored. */
async function fetchFrom(listener: RequestListener, keep = 1024, more: Partial<Target> = {}): Promise<Fetched> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = createTransport();
  const target: Target = {
    name: 'files',
    fhir: { base: origin },
    auth: { kind: 'none' },
    members: {},
    bulk: { pollFloor: 1, storedBytes: keep },
    ...more,
  };
  const files = createWholeFiles(target, 2);
  let amended: Facts = {};
  const provider = createProvider({
    target,
    transport,
    files,
    signers: {},
    signal: new AbortController().signal,
    record: (exchange) => ({ ...exchange, index: 0, suite: 'test' }),
    amend: (_exchange, facts) => {
      amended = facts;
    },
    blocked: () => undefined,
  });
  try {
    const request = { method: 'GET', url: `${origin}/Group/g/$export`, headers: {} };
    const reply = { exchange: { index: 0, request } as unknown as RawExchange, status: 200, headers: {}, json: undefined, body: '' };
    const manifest = { transactionTime: '2026-01-01T00:00:00Z', output: [{ type: 'Patient', url: `${origin}/Patient.ndjson` }], error: [] };
    const job: FinishedJob = { variant: 'group', kickoff: reply, last: reply, manifest };
    const [file] = await fetchFiles(provider, job);
    assert.ok(file);
    return { file, amended };
  } finally {
    await files.close();
    transport.close();
    server.closeAllConnections();
    server.close();
  }
}

const sends =
  (body: string | Uint8Array, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/fhir+ndjson', ...headers }).end(body);
const scan = ['file.lines', 'file.blank', 'file.crlf', 'file.bom', 'file.unread', 'file.types', 'file.sha256'] as const;
const unique = (amended: Facts) => at(amended['export.together'], 'ids.unique', 'count');

const hostile: Readonly<Record<string, string>> = {
  'is in order': text,
  'starts with a byte order mark': `\uFEFF${text}`,
  'ends lines with CR LF': text.replaceAll('\n', '\r\n'),
  'has blank lines': text.replaceAll('\n', '\n\n'),
  'ends without a newline': text.slice(0, -1),
  'has a resource on two lines': text.replace('"id":"p4000"', '\n"id":"p4000"'),
  'has a line that is no JSON': text.replace(rows[4000] ?? '', 'x'),
  'has a row of another type': text.replace(rows[4000] ?? '', '{"resourceType":"Group","id":"g"}'),
};

for (const [what, body] of Object.entries(hostile))
  test(`a file that ${what} is described alike whether it is stored or judged on the way`, async () => {
    const [stored, judged] = [await fetchFrom(sends(body), 10e6), await fetchFrom(sends(body))];
    assert.deepEqual([stored.file.facts?.['file.judged'], judged.file.facts?.['file.judged']], [undefined, 'schema']);
    for (const fact of scan) assert.deepEqual(judged.file.facts?.[fact], stored.file.facts?.[fact], fact);
    const bad = ({ file }: Fetched) => asObject(file.facts?.['file.bad'])['line'];
    assert.equal(bad(judged), bad(stored));
  });

test('a line behind what is stored is kept when something is wrong with it, with its number', async () => {
  const { file } = await fetchFrom(sends(text.replace(rows[4000] ?? '', '{"resourceType":"Patient","id":"p4000","mood":"sunny"}')));
  assert.deepEqual(file.facts?.['file.beyond'], [4001]);
  assert.match(file.response?.body ?? '', /\n\{"resourceType":"Patient","id":"p4000","mood":"sunny"\}\n$/);
  assert.ok((file.response?.body.length ?? 0) < 1200);
});

test('of a rule that every line breaks all are counted and the first are kept', async () => {
  const { file } = await fetchFrom(sends(text.replaceAll('"resourceType"', '"mood":"sunny","resourceType"')));
  const rule = asObject(asObject(file.facts?.['file.rules'])['shape.additionalProperties']);
  assert.equal(rule['count'], 5000);
  assert.deepEqual(
    (rule['first'] as readonly { readonly line: number }[]).map(({ line }) => line),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
});

test('what a broken connection had brought does not count twice when the download starts over', async () => {
  let asked = 0;
  const { file, amended } = await fetchFrom((request, response) => {
    if (asked++ > 0) return sends(text)(request, response);
    response.writeHead(200, { 'content-length': text.length });
    response.write(text.slice(0, 90_000), () => response.socket?.destroy());
  });
  assert.deepEqual([asked, file.facts?.['file.lines'], at(amended['export.together'], 'rows.once', 'count'), unique(amended)], [2, 5000, 0, 0]);
});

test('nor when it goes on by Range', async () => {
  const { file, amended } = await fetchFrom(breakingOff(90_000, 1));
  assert.deepEqual([file.facts?.['file.resumed'], file.facts?.['file.lines'], at(amended['export.together'], 'rows.once', 'count')], [1, 5000, 0]);
});

test('a gzip stream cut short is no set to be compared, and says so', async () => {
  const { file, amended } = await fetchFrom(sends(gzipSync(text).subarray(0, -30), { 'content-encoding': 'gzip' }));
  assert.match(String(file.facts?.['file.decodeError']), /not valid gzip/);
  assert.match(String(at(amended['export.together'], 'ids.unique', 'notAsked')), /was not read to its end \(the body is not valid gzip/);
});

test('threads that cannot work blame nobody: the file is not judged, with the reason', async () => {
  const { file, amended } = await fetchFrom(sends(text), 1024, { validation: { bulk: 'profiles', packages: ['no.such.package#1.0.0'] } });
  assert.equal(file.facts?.['file.judged'], undefined);
  assert.match(String(file.facts?.['file.unjudged']), /validation thread ended early: .*no\.such\.package/);
  assert.match(JSON.stringify(amended), /no\.such\.package/);
});
