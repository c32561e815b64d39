import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createRoot } from '../../mocks/pki/authority.ts';
import { probeTls } from '../../src/client/tls-probe.ts';

/** OpenSSL's own server and verifier, which this project did not write, against our prober and our test certificates. */

const folder = mkdtempSync(join(tmpdir(), 'assay-openssl-'));
const running: ChildProcess[] = [];
after(() => {
  for (const child of running) child.kill();
  rmSync(folder, { recursive: true, force: true });
});
const root = await createRoot('openssl-test');
const stranger = await createRoot('openssl-stranger');
const ips = ['127.0.0.1'];
const leaves = {
  good: await root.issue({ name: 'good', ips }),
  expired: await root.issue({ name: 'expired', ips, notBefore: -9, notAfter: -1 }),
  elsewhere: await root.issue({ name: 'elsewhere', dns: ['elsewhere.example.org'] }),
  stranger: await stranger.issue({ name: 'stranger', ips }),
};
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** `openssl s_server -www` with this leaf and these options; answers with its URL once it listens. */
async function serve(leaf: keyof typeof leaves, ...options: readonly string[]): Promise<string> {
  const { chain, key } = leaves[leaf];
  const port = await freePort();
  const [cert, secret] = [write(`${leaf}.pem`, chain), write(`${leaf}.key`, key)];
  const child = spawn('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', cert, '-key', secret, '-www', ...options], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  running.push(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.includes('ACCEPT') && resolve());
    child.once('exit', (code) => reject(new Error(`openssl s_server ended with ${code}`)));
  });
  return `https://127.0.0.1:${port}/`;
}

const facts = async (url: string, offer: 'legacy' | 'modern') => (await probeTls(url, offer, { ca: root.certificate })).facts;

test('a server that speaks TLS 1.1 only is caught', { timeout: 20_000 }, async () => {
  const url = await serve('good', '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0');
  const legacy = await facts(url, 'legacy');
  assert.equal(legacy['tls.protocol'], 'TLSv1.1');
  assert.equal(legacy['tls.httpStatus'], 200);
  assert.equal((await facts(url, 'modern'))['tls.protocol'], null);
});

test('a server of today refuses the old and agrees on TLS 1.3', { timeout: 20_000 }, async () => {
  const url = await serve('good');
  assert.equal((await facts(url, 'legacy'))['tls.protocol'], null);
  const modern = await facts(url, 'modern');
  assert.deepEqual([modern['tls.protocol'], modern['tls.authorized'], modern['tls.httpStatus']], ['TLSv1.3', true, 200]);
});

const chains = { expired: 'CERT_HAS_EXPIRED', elsewhere: 'ERR_TLS_CERT_ALTNAME_INVALID', stranger: 'UNABLE_TO_' } as const;
for (const [leaf, code] of Object.entries(chains) as [keyof typeof chains, string][]) {
  test(`the certificate "${leaf}" is described, not hidden`, { timeout: 20_000 }, async () => {
    const seen = await facts(await serve(leaf), 'modern');
    assert.equal(seen['tls.authorized'], false);
    assert.ok(String(seen['tls.authorizationError']).startsWith(code), String(seen['tls.authorizationError']));
    assert.equal(typeof seen['tls.validTo'], 'string');
  });
}

test('openssl verify agrees with us about our certificates', () => {
  const ca = write('ca.pem', root.certificate);
  const verdict = (leaf: keyof typeof leaves): string => {
    try {
      return execFileSync('openssl', ['verify', '-CAfile', ca, write(`${leaf}-verify.pem`, leaves[leaf].certificate)], {
        encoding: 'utf8',
        timeout: 10_000,
        stdio: 'pipe',
      });
    } catch (cause) {
      return (cause as { stderr: string }).stderr;
    }
  };
  assert.match(verdict('good'), /: OK/);
  assert.match(verdict('expired'), /certificate has expired/);
  assert.match(verdict('stranger'), /unable to get local issuer certificate|unable to verify/);
});
