import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createPayer } from '../../mocks/kernel/payer.ts';
import type { Turn } from '../../scripts/hostile/proxy.ts';
import { createLineScanner } from '../../src/client/bulk/lines.ts';
import { once } from '../../src/client/manners/once.ts';
import { createPace } from '../../src/client/manners/pace.ts';
import { rest } from '../../src/client/manners/patience.ts';
import { createRedactor } from '../../src/client/redact.ts';
import { describeBody } from '../../src/core/findings.ts';
import type { RawExchange } from '../../src/core/model.ts';
import { beyondShape } from '../../src/core/shape.ts';
import { createBudget } from '../../src/run/budget.ts';
import { openWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const exchange = (index: number, body: string, probe?: string): RawExchange => ({
  ...{ index, suite: 'own', step: 'read', startedAt: '2026-01-01T00:00:00.000Z', timing: { total: 1 }, size: { sent: 0, received: 2, decoded: 2 } },
  request: { method: 'GET', url: `https://payer.example/${index}`, headers: {} },
  response: { status: 200, headers: {}, body },
  ...(probe === undefined ? {} : { probe: probe as never }),
});

test('H6: evidence is bounded by worth: the first of its kind may use what is left, a further one half of it; what is cut says so', () => {
  const { admit } = createBudget(300_000);
  const big = 'x'.repeat(100_000);
  const kept = [exchange(0, big), exchange(1, big), exchange(2, big, 'probe.a'), exchange(3, big, 'probe.b'), exchange(4, 'small')].map((each) =>
    admit(each),
  );
  assert.deepEqual(
    kept.map(({ error }) => error?.code),
    [undefined, 'limit.evidence', undefined, undefined, undefined],
  );
  assert.match(kept[1]?.error?.message ?? '', /evidence of this run is full; raise limits\.evidenceMB/);
});

test('H1, H6: depth and width are limited before anything recursive reads them, in one pass', () => {
  const limits = { depth: 10, values: 1000, width: 100 };
  const nested = (levels: number) => `${'{"a":['.repeat(levels)}${']}'.repeat(levels)}`;
  assert.equal(beyondShape(nested(5), limits), undefined);
  assert.match(beyondShape(nested(6), limits) ?? '', /deeper than our limit of 10/);
  assert.match(beyondShape(JSON.stringify(Array(101).fill(0)), limits) ?? '', /list of more than 100/);
  assert.match(beyondShape(JSON.stringify(Array(50).fill(Array(50).fill(0))), limits) ?? '', /more than 1000 values/);
  assert.equal(
    beyondShape(JSON.stringify({ text: '[[[[[[[[[[[[{{{{{{{{{{{,,,,\\"[[[[[[[[[[[[' }), limits),
    undefined,
    'signs within strings count nothing',
  );
  assert.match(beyondShape('<a>'.repeat(11), limits) ?? '', /deeper/);
  assert.equal(beyondShape(`<r>${'<a/>'.repeat(50)}<!-- ${'<a>'.repeat(3)} --></r>`, limits), undefined);
  assert.equal(beyondShape('no JSON, no XML', limits), undefined);
});

test('H6: a hundred thousand names that begin alike are learned and found in time that grows with their number only', () => {
  const redactor = createRedactor('pseudonymised', 'salt');
  const members = Array.from({ length: 5000 }, (_, nth) => ({
    resource: { resourceType: 'Patient', id: `patient-${nth}`, identifier: [{ value: `M-${100_000 + nth}` }] },
  }));
  const response = {
    status: 200,
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: 'Bundle', entry: members }),
  };
  redactor.learn({ request: { method: 'GET', url: 'https://payer.example', headers: {} }, response });
  const stored = redactor.response(response).body;
  assert.equal(JSON.parse(stored).entry.length, members.length);
  assert.ok(!stored.includes('patient-'), 'every id is another');
});

test('H7: a bulk file that never ends is given up at our limit, which is called ours, and the job is taken back', async () => {
  const line = `${JSON.stringify({ resourceType: 'Patient', id: 'endless' })}\n`.repeat(1000);
  const act = (turn: Turn): Promise<void> | void => {
    if (!/\/bulk-files\//.test(turn.path) || turn.method !== 'GET') return turn.answer();
    turn.response.writeHead(200, { 'content-type': 'application/fhir+ndjson' });
    const pour = (): void => {
      while (!turn.response.destroyed && turn.response.write(line));
    };
    turn.response.on('drain', pour);
    pour();
  };
  const { run, code, stderr } = await world.run({ act, args: ['--only', 'atr.coverage.plan'], changes: { limits: { downloadMB: 1, files: 2 } } });
  assert.ok(code === 2 || code === 1, stderr);
  const files = run.exchanges.filter(({ step, facts }) => step === 'bulk.file' && /our limit of 1 MB/.test(String(facts?.['file.cut'])));
  assert.ok(files.length > 0, stderr);
  assert.deepEqual(
    run.blocked.filter(({ suite }) => suite === 'clean-up'),
    [],
  );
});

test('H15: types that are named like properties of every object are counted like any other', () => {
  const scanner = createLineScanner();
  for (const type of ['constructor', '__proto__', 'toString', 'constructor']) scanner.push(Buffer.from(`{"resourceType":"${type}","id":"1"}\n`));
  assert.deepEqual(Object.entries(scanner.end().types).sort(), [
    ['__proto__', 1],
    ['constructor', 2],
    ['toString', 1],
  ]);
});

test('H15: names of JSON like __proto__ survive redaction as names', () => {
  const redactor = createRedactor('pseudonymised', 'salt');
  const body = '{"resourceType":"Basic","__proto__":{"polluted":"yes"},"constructor":{"x":"y"}}';
  const stored = redactor.response({ status: 200, headers: { 'content-type': 'application/json' }, body }).body;
  assert.match(stored, /"__proto__":\{"polluted":"yes"\}/);
});

test('H20: a byte order mark before JSON is named', () => {
  assert.match(describeBody(exchange(0, '\uFEFF{"resourceType":"Patient"}')), /byte order mark/);
});

test('H21: a wait that does not fit is described in words that make sense', async () => {
  const told = (ms: number, asked: number | undefined, left: number) =>
    rest({ ms, ...(asked === undefined ? {} : { asked }) }, left, undefined, 'the export job').then(
      () => '',
      (cause: Error) => cause.message,
    );
  assert.match(await told(1000, 0, 0), /our time for it is used up/);
  assert.match(await told(5000, 5000, 1000), /asked for 5 s, which is beyond our limit \(1 s left\)/);
});

test('H19: the embedded payer refuses a body beyond its limit before it holds it', async () => {
  const { state } = world.embedded.payer;
  assert.ok(state && createPayer);
  const chunk = new Uint8Array(2 ** 20);
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (sent++ < 200) controller.enqueue(chunk);
      else controller.close();
    },
  });
  const request = new Request(`${world.proxy.origin}/fhir/Patient/$member-match`, { method: 'POST', body, duplex: 'half' } as RequestInit);
  const response = await world.embedded.payer.fetch(request);
  assert.equal(response.status, 413);
  assert.ok(sent < 100, `${sent} MB were read`);
});

test('H9: what must be taken back is asked also of a payer that wants to be left alone for an hour', async () => {
  const asked: string[] = [];
  const way = {
    act: async ({ url }: { readonly url: string }) => asked.push(url),
    look: () => ({ answer: { status: 204, headers: {} } }),
    fail: () => 0,
    discard: () => undefined,
  };
  const pace = createPace();
  pace.saw('https://payer.example/jobs/1', { status: 429, headers: { 'retry-after': '3600' } });
  const request = { method: 'DELETE', url: 'https://payer.example/jobs/1', headers: {} };
  await once(way, request, { longest: 0 }, { pace, trusted: () => true, redirects: 0 });
  assert.deepEqual(asked, ['https://payer.example/jobs/1']);
});
