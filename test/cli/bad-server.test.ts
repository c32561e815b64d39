import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRoot } from '../../mocks/pki/authority.ts';
import type { Run, Target } from '../../src/core/model.ts';
import { type Outcome, payerAssay, runIn, serve, targetFile, temporary } from './payer-assay.ts';

/** One S1 run against a base URL. */
async function runAgainst(base: string, changes: Partial<Target> = {}): Promise<Outcome & { readonly run: Run }> {
  const { file, out } = targetFile({ fhir: { base }, ...changes });
  const outcome = await payerAssay('run', '--target', file, '--scenario', 'S1', '--out', out);
  return { ...outcome, run: runIn(out) };
}

async function runAgainstServer(listener: RequestListener): Promise<Outcome & { readonly run: Run }> {
  const server = await serve(listener);
  try {
    return await runAgainst(`${server.origin}/fhir`);
  } finally {
    server.close();
  }
}

const errorCodes = (run: Run) => new Set(run.exchanges.flatMap(({ error }) => error?.code ?? []));

test('a refused port: says that nothing listens there, and is incomplete', async () => {
  const probe = createTcp().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const { code, stderr, run } = await runAgainst(`http://127.0.0.1:${port}/fhir`);
  assert.equal(code, 2);
  assert.match(stderr, new RegExp(`nothing listens at 127.0.0.1:${port}; check the port and that the server is up`));
  assert.deepEqual([...errorCodes(run)], ['refused']);
  assert.ok(run.exchanges.length <= 4, `a dead port was asked ${run.exchanges.length} times`);
});

test('an unknown host: says that the name does not resolve, and is incomplete', async () => {
  const { code, stderr, run } = await runAgainst('https://payer.invalid/fhir');
  assert.equal(code, 2);
  assert.match(stderr, /the name payer\.invalid does not resolve; check the spelling and your DNS/);
  assert.deepEqual([...errorCodes(run)], ['dns']);
});

test('a wrong URL: what was found there instead is reported, requirement by requirement', async () => {
  const { code, run } = await runAgainstServer((_, response) => response.writeHead(404, { 'content-type': 'text/plain' }).end('nothing here'));
  assert.ok(code === 1 || code === 2, `exit code ${code}`);
  const metadata = run.exchanges.find((each) => each.step === 'metadata');
  assert.equal(metadata?.response?.status, 404);
  const told = JSON.stringify(run.verdicts);
  assert.match(told, /404/);
});

test('an expired certificate: says so and what must be done', async () => {
  const root = await createRoot('expiring');
  const leaf = await root.issue({ name: 'payer', ips: ['127.0.0.1'], notBefore: -20, notAfter: -1 });
  const ca = join(temporary(), 'ca.pem');
  writeFileSync(ca, root.certificate);
  const server = createHttps({ cert: leaf.chain, key: leaf.key }, (_, response) => response.end('{}')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const { code, stderr, run } = await runAgainst(`https://127.0.0.1:${port}/fhir`, { tls: { ca } });
    assert.ok(code === 1 || code === 2, `exit code ${code}`);
    assert.match(stderr, /TLS with 127\.0\.0\.1:\d+ failed: certificate has expired .*the server needs a new certificate/);
    assert.ok(errorCodes(run).has('tls'));
  } finally {
    server.close();
  }
});

test('HTML instead of JSON: never conformant, and the report quotes what came', async () => {
  const { code, run } = await runAgainstServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>'));
  assert.ok(code === 1 || code === 2, `exit code ${code}`);
  const seen = run.verdicts
    .flatMap(({ finding }) => (finding.outcome === 'fail' ? [finding.actual] : finding.outcome === 'not-testable' ? [finding.reason] : []))
    .join('\n');
  assert.match(seen, /text\/html|not JSON|without an access_token|no token endpoint/);
});

test('an empty body: never a crash of ours, never a pass by default', async () => {
  const { code, run } = await runAgainstServer((_, response) => response.writeHead(200, { 'content-type': 'application/fhir+json' }).end());
  assert.ok(code === 1 || code === 2, `exit code ${code}`);
  noCrash(run);
});

test('200 with garbage: never a crash of ours', async () => {
  const garbage = [
    '{"resourceType":',
    '[[[[',
    '"x"',
    '{"resourceType":"Bundle","entry":[null,7,{"resource":"no"}],"link":"?"}',
    '\u0000\u0001',
    'null',
  ];
  let turn = 0;
  const { code, run } = await runAgainstServer((_, response) =>
    response.writeHead(200, { 'content-type': 'application/fhir+json' }).end(garbage[turn++ % garbage.length]),
  );
  assert.ok(code === 1 || code === 2, `exit code ${code}`);
  noCrash(run);
});

test('a redirect loop: stopped by our limit, which is no failure of the payer by itself', async () => {
  const { code, stderr, run } = await runAgainstServer((request, response) => response.writeHead(302, { location: `${request.url}x` }).end());
  assert.ok(code === 1 || code === 2, `exit code ${code}`);
  assert.ok(errorCodes(run).has('limit.redirects'));
  assert.match(stderr, /redirects in a row/);
});

test('a body that never ends: stopped by our limit, and the run goes on to its end', async () => {
  const block = Buffer.alloc(2 ** 20, ' ');
  const { code, stderr, run } = await runAgainstServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/fhir+json' });
    const pour = () => {
      while (!response.destroyed && response.write(block));
    };
    response.on('drain', pour);
    pour();
  });
  assert.equal(code, 2);
  assert.ok(errorCodes(run).has('limit.body'));
  assert.match(stderr, /the body passed our limit of \d+ bytes/);
});

function noCrash(run: Run): void {
  const told = JSON.stringify([run.verdicts, run.blocked]);
  assert.doesNotMatch(told, /crashed|bug of payer-assay|our bug/, /[^"]*(crashed|bug of payer-assay|our bug)[^"]*/.exec(told)?.[0]);
}
