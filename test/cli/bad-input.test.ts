import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import { payerAssay, runIn, serve, start, startNode, targetFile, temporary } from './payer-assay.ts';

let embedded: Embedded;
/** Hands a request on to the embedded payer. */
function forward(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const kept = Object.entries(request.headers).filter(([name]) => !/^(host|connection|content-length|accept-encoding)$/.test(name));
    const body = Buffer.concat(chunks).toString();
    const headers = kept.map(([name, value]): [string, string] => [name, String(value)]);
    const answer = await fetch(new URL(request.url ?? '/', embedded.origin), {
      method: request.method ?? 'GET',
      headers,
      ...(body === '' ? {} : { body }),
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(await answer.text());
  });
}

before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());

test('a target file with a typo: names the place and the nearest property, and sends nothing', async () => {
  const server = await serve((_, response) => assert.fail(`it was asked, although the file is wrong: ${response.req.url}`));
  const { file } = targetFile({ fhir: { base: server.origin }, ownedHost: ['a'], evidence: 'ful' });
  const { code, stderr } = await payerAssay('run', '--target', file);
  server.close();
  assert.equal(code, 3);
  assert.match(stderr, /there is no property "ownedHost" here\. Did you mean "ownedHosts"\?/);
  assert.match(stderr, /\/evidence: expected one of full, pseudonymised, hashes; seen "ful"/);
});

test('a target file that is not JSON: line and column', async () => {
  const file = join(temporary(), 'target.json');
  writeFileSync(file, '{\n  "name": "x",\n  "auth" {}\n}');
  const { code, stderr } = await payerAssay('run', '--target', file);
  assert.equal(code, 3);
  assert.match(stderr, /target\.json:3:10/);
});

test('a missing secret: names the variable, the place and the fix, never a value', async () => {
  const { file } = targetFile({
    fhir: { base: 'http://127.0.0.1:1/fhir' },
    auth: { kind: 'smart-backend', clientId: 'a', key: { env: 'NO_SUCH_SECRET_HERE' } },
  });
  const { code, stderr } = await payerAssay('run', '--target', file);
  assert.equal(code, 3);
  assert.match(stderr, /auth\.key: the environment variable NO_SUCH_SECRET_HERE is not set\. Export it/);
});

test('a folder that cannot be written: said before anything is sent', async () => {
  const folder = temporary();
  writeFileSync(join(folder, 'file'), '');
  const { code, stderr } = await payerAssay('run', '--embedded', '--out', join(folder, 'file', 'out'));
  assert.equal(code, 3);
  assert.match(stderr, /a part of that path is a file, not a folder\. Choose another folder with --out/);
  assert.doesNotMatch(stderr, /discover/);
});

test('a disk that is full at the end: the run is rescued elsewhere', {
  skip: existsSync('/dev/full') ? false : 'there is no /dev/full here',
}, async () => {
  const out = join(temporary(), 'out');
  mkdirSync(out);
  symlinkSync('/dev/full', join(out, 'run.json.tmp'));
  const { code, stderr } = await payerAssay('run', '--embedded', '--only', 'cc2.token.no-store', '--scenario', 'S1', '--out', out);
  assert.equal(code, 3);
  const [, rescued] = /the disk is full\)\. The run is not lost: it is at (\S+)run\.json/.exec(stderr) ?? [];
  assert.ok(rescued, stderr);
  assert.ok(runIn(rescued).exchanges.length > 0);
});

test('a disk that is full from the start: exit 3 and what to do', {
  skip: existsSync('/dev/full') ? false : 'there is no /dev/full here',
}, async () => {
  const out = join(temporary(), 'out');
  mkdirSync(out);
  symlinkSync('/dev/full', join(out, 'exchanges.ndjson'));
  const { code, stderr } = await payerAssay('run', '--embedded', '--out', out);
  assert.equal(code, 3);
  assert.match(stderr, /the disk is full\. Free some space, or write elsewhere with --out/);
});

test('Ctrl-C half way: run.json and reports with what was learned until then, exit 2', async () => {
  // The match hangs, so that the run is certainly half way when it is interrupted.
  let hang = () => {};
  const hangs = new Promise<void>((resolve) => {
    hang = resolve;
  });
  const proxy = await serve((request, response) => (request.url?.includes('member-match') ? hang() : forward(request, response)));
  try {
    const folder = temporary();
    const [file, out] = [join(folder, 'target.json'), join(folder, 'out')];
    writeTarget(file, { ...embedded.target, fhir: { base: `${proxy.origin}/fhir` } }, embedded.secrets);
    const started = start('run', '--target', file, '--out', out, '--scenario', 'S1');
    await Promise.race([hangs, started.done.then(({ stderr }) => assert.fail(`it ended before the match: ${stderr}`))]);
    started.signal('SIGINT');
    const { code, stderr } = await started.done;
    assert.equal(code, 2);
    assert.match(stderr, /Interrupted: judging and writing what was learned until now/);
    const run = runIn(out);
    assert.ok(run.exchanges.some((each) => each.step === 'metadata' && each.response?.status === 200));
    assert.ok(run.blocked.some(({ reason }) => /interrupted/.test(reason)));
    assert.ok(existsSync(join(out, 'conformance.html')) && existsSync(join(out, 'junit.xml')));
  } finally {
    proxy.close();
  }
});

test('Ctrl-C during set-up leaves nothing running', async () => {
  const script = 'console.error("child " + process.pid + " waits"); process.on("SIGINT", () => process.exit(2)); setInterval(() => {}, 1000);';
  const started = startNode(['scripts/setup.mjs', '--', '-e', script]);
  await started.said(/child \d+ waits/);
  started.signal('SIGINT');
  const { code, stderr } = await started.done;
  const seen = /child (\d+) waits/.exec(stderr)?.[1] ?? '';
  assert.equal(code, 2);
  assert.throws(() => process.kill(Number(seen), 0), /ESRCH/);
});
