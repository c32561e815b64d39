import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { catalogue } from '../../checks/catalogue.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { sha256 } from '../../src/assay/digest.ts';
import { inflated, openAssay } from '../../src/assay/open.ts';
import { exitOf, type Finding, verify } from '../../src/assay/verify.ts';
import { Damage, type Member, pack, unpack } from '../../src/assay/zip.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import { planFolder, planNamed, shelf } from '../../src/plan/load.ts';
import { runOf } from '../../src/run/stored.ts';
import { type Outcome, payerAssay, startNode, temporary } from '../cli/payer-assay.ts';
import { secretsUsed } from '../cli/secrets-used.ts';

/** Result packages: one real run under one plan, packaged, signed, and then verified by somebody else, after everything that could happen to a file. */

const plan = 'udap-b2b-server-2.0';
const nonce = 'nonce-of-a-certifier-1';
const folder = temporary();
const env = { XDG_STATE_HOME: join(folder, 'state') };
const cli = (...args: readonly string[]): Promise<Outcome> => startNode(['bin/payer-assay.js', ...args], env).done;
let embedded: Embedded;
let made: string;
let signed: string;
let bytes: Uint8Array;

const keyFiles = (name: string, type: 'ed25519' | 'ec'): { readonly own: string; readonly open: string } => {
  const { privateKey, publicKey } = type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const [own, open] = [join(folder, `${name}.pem`), join(folder, `${name}.pub.pem`)];
  writeFileSync(own, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(open, publicKey.export({ type: 'spki', format: 'pem' }));
  return { own, open };
};
const runner = keyFiles('runner', 'ed25519');
const certifier = keyFiles('certifier', 'ec');
const stranger = keyFiles('stranger', 'ed25519');

before(async () => {
  embedded = await startEmbedded();
  const file = join(folder, 'target.json');
  writeTarget(file, embedded.target, embedded.secrets);
  for (const nth of [1, 2]) {
    const { code, stderr } = await cli('run', '--target', file, '--plan', plan, '--challenge', nonce, '--out', join(folder, `run-${nth}`));
    assert.equal(code, 0, stderr);
  }
  const packed = await cli('package', join(folder, 'run-2'), '--by', 'a tester', '--for', 'a certifier');
  assert.equal(packed.code, 0, packed.stderr);
  made = join(folder, 'run-2', readdirSync(join(folder, 'run-2')).find((name) => name.endsWith('.assay')) ?? '');
  signed = join(folder, 'signed.assay');
  assert.equal((await cli('sign', made, '--key', runner.own, '--out', join(folder, 'once.assay'))).code, 0);
  const second = await cli('sign', join(folder, 'once.assay'), '--key', certifier.own, '--out', signed);
  assert.equal(second.code, 0, second.stderr);
  bytes = readFileSync(signed);
});
after(() => embedded.close());

const members = (): readonly Member[] => unpack(bytes);
const withMember = (name: string, change: (text: string) => string): Uint8Array =>
  pack(members().map((each) => (each.name === name ? { name, bytes: Buffer.from(change(Buffer.from(each.bytes).toString('utf8'))) } : each)));
const file = (content: Uint8Array): string => {
  const path = join(temporary(), 'changed.assay');
  writeFileSync(path, content);
  return path;
};

test('verify: intact, signed by whom, the same grade again, in time, not retracted, fresh; and how many runs came before', async () => {
  const { code, stdout } = await cli('verify', signed, '--trust', runner.open, '--trust', certifier.open, '--challenge', nonce);
  assert.equal(code, 0, stdout);
  for (const said of [
    /✓ intact/,
    /✓ signed +by runner\.pub\.pem/,
    /✓ signed +by certifier/,
    /✓ same grade +graded again/,
    /✓ challenge/,
    /· tries +1 earlier/,
  ])
    assert.match(stdout, said);
  assert.match(stdout, /VERIFIED\n$/);
});

test('a third party verifies it from a fresh clone, with a home of its own and no network', (t) => {
  const root = join(import.meta.dirname, '../..');
  if (!existsSync(join(root, '.git'))) return t.skip('this is no clone of the repository');
  const elsewhere = temporary();
  const clone = join(elsewhere, 'clone');
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, clone]);
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  // A network namespace of its own holds no network, not even the loopback.
  const alone = spawnSync('unshare', ['-rn', 'true']).status === 0 ? ['unshare', '-rn'] : [];
  if (alone.length === 0) t.diagnostic('no network namespaces here: the network was there, and nothing was asked');
  const args = [...alone, process.execPath, join(clone, 'bin/payer-assay.js'), 'verify', signed, '--trust', runner.open, '--trust', certifier.open];
  const [program = '', ...rest] = args;
  const { status, stdout, stderr } = spawnSync(program, rest, {
    cwd: elsewhere,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: elsewhere },
  });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /✓ same grade +graded again/);
});

test('1,000 one-byte changes over the whole file: 1,000 refused, each with its place', () => {
  const random = xoroshiro128plus(20261129);
  const placeless: string[] = [];
  for (let nth = 0; nth < 1000; nth++) {
    const [at, by] = [uniformInt(random, 0, bytes.length - 1), uniformInt(random, 1, 255)];
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ by;
    try {
      openAssay(changed);
      assert.fail(`byte ${at} was changed by ${by}, and nobody saw it`);
    } catch (cause) {
      assert.ok(cause instanceof Damage, String(cause));
      const [, name, inMember] = /^member (\S+), byte (\d+)/.exec(cause.place) ?? [];
      const exact =
        name === undefined ? new RegExp(`byte ${at}(,|$)`).test(cause.place) : bytes[at] === undefined || byteOf(name, Number(inMember)) === at;
      if (!exact) placeless.push(`${at}: ${cause.place}`);
    }
  }
  assert.deepEqual(placeless, []);
});

/** Where a byte of a member stands in the package. */
function byteOf(name: string, at: number): number {
  let offset = 0;
  for (const each of members()) {
    offset += 30 + Buffer.byteLength(each.name);
    if (each.name === name) return offset + at;
    offset += each.bytes.length;
  }
  return -1;
}

test('what is put before, behind or between is refused, too', () => {
  const end = bytes.length - 22;
  const commented = Buffer.concat([bytes, Buffer.from('hi')]);
  commented.writeUInt16LE(2, end + 20);
  for (const [what, changed] of Object.entries({
    behind: Buffer.concat([bytes, Buffer.from([0])]),
    before: Buffer.concat([Buffer.from([0]), bytes]),
    comment: commented,
    cut: bytes.subarray(0, -1),
    half: bytes.subarray(0, bytes.length / 2),
    empty: new Uint8Array(),
    'not a zip': Buffer.from('hello'),
  }))
    assert.throws(() => openAssay(changed), Damage, what);
});

test('the container is always written the same way: old packages stay readable', () => {
  const small = [
    { name: 'format', bytes: Buffer.from('x') },
    { name: 'pages/a.html', bytes: Buffer.from('yz') },
  ];
  assert.equal(sha256(pack(small)), '8ebab75adacb27b9476b2fa114231327fb83e031dc0d48ce547f04432b802250');
});

test('members swapped, missing, added or exchanged: refused by name, whole as the zip is', () => {
  const all = members();
  const contentOf = (name: string) => all.find((each) => each.name === name)?.bytes ?? new Uint8Array();
  const swapped = all.map((each) =>
    each.name === 'pages/badge.svg'
      ? { ...each, bytes: contentOf('pages/grade.html') }
      : each.name === 'pages/grade.html'
        ? { ...each, bytes: contentOf('pages/badge.svg') }
        : each,
  );
  assert.throws(() => openAssay(pack(swapped)), /member pages\/grade\.html: its content is not the one that the statement names/);
  assert.throws(() => openAssay(pack(all.toReversed())), Damage);
  assert.throws(() => openAssay(pack(all.filter(({ name }) => name !== 'inputs.json'))), /member inputs\.json|member grade\.json/);
  assert.throws(() => openAssay(pack([...all, { name: 'more.json', bytes: Buffer.from('{}') }])), /more\.json/);
  assert.throws(() => openAssay(withMember('grade.json', (text) => text.replace('"conformant"', '"conformant" '))), /member grade\.json/);
});

test('a package of a newer format: which version reads it; exit 3', async () => {
  const { code, stderr } = await cli('verify', file(withMember('format', (text) => text.replace('1', '2'))), '--trust', runner.open);
  assert.equal(code, 3);
  assert.match(stderr, /The package is of format 2, and this version of payer-assay reads format 1\. Verify it with a newer payer-assay/);
});

test('signatures: unknown key, stripped, of another statement, key of the package itself', async () => {
  const unknown = await cli('verify', signed, '--trust', stranger.open);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stdout, /\? signed +an unknown key .* not among those that you trust/);
  assert.equal((await cli('verify', signed)).code, 2, 'no key is taken from the package');
  assert.match((await cli('verify', made, '--trust', runner.open)).stdout, /\? signed +nobody signed it/);
  // Another statement with digests that fit, under the old signatures.
  const forged = file(withMember('statement.json', (text) => text.replace('"a tester"', '"somebody else"')));
  const { code, stdout } = await cli('verify', forged, '--trust', runner.open);
  assert.equal(code, 1);
  assert.match(stdout, /✗ signed .*its JWS is not of this statement/);
  const [mine] = members().filter(({ name }) => name.endsWith('.dsse.json'));
  const envelope = JSON.parse(Buffer.from(mine?.bytes ?? []).toString()) as { payloadType: string; payload: string };
  assert.equal(envelope.payloadType, 'application/vnd.in-toto+json');
  assert.deepEqual(Buffer.from(envelope.payload, 'base64'), Buffer.from(members().find(({ name }) => name === 'statement.json')?.bytes ?? []));
});

/** What is found in a package when something about the verifier is different. */
async function found(change: Partial<Parameters<typeof verify>[1]>, content = bytes): Promise<readonly Finding[]> {
  const opened = openAssay(content);
  const all = shelf();
  const run = runOf(JSON.parse(opened.runText), 'test');
  const by = { trusted: new Map(), catalogue, planOf: (name: string) => planNamed(name, all), retracted: [], run, now: new Date(run.finishedAt) };
  return verify(opened, { ...by, ...change });
}
const one = (findings: readonly Finding[], what: Finding['what']) => {
  const { state, text } = findings.find((each) => each.what === what) ?? {};
  return `${state}: ${text}`;
};

test('time: an expired grade, a clock that is off; a row retracted since, and one that only the package calls retracted', async () => {
  assert.match(one(await found({ now: new Date('2031-01-01') }), 'in time'), /^open: the grade was valid until/);
  assert.match(one(await found({ now: new Date('2020-01-01') }), 'clock'), /^open: .*one of the two clocks is wrong/);
  const retracted = [{ requirement: 'cc2.udap.reg.bad-signature', since: '2027-01-01', why: 'the check was wrong' }];
  assert.ok(planNamed(plan, shelf()).rows[retracted[0]?.requirement ?? ''], 'the plan has the row');
  assert.match(
    one(await found({ retracted }), 'not retracted'),
    /^open: retracted: cc2\.udap\.reg\.bad-signature \(since 2027-01-01: the check was wrong\)\. Without it the grade is/,
  );
  assert.equal(exitOf(await found({ retracted })), 2);
  const opened = openAssay(bytes);
  const hidden = { ...opened, inputs: { ...opened.inputs, retracted } };
  const run = runOf(JSON.parse(opened.runText), 'test');
  const by = { trusted: new Map(), catalogue, planOf: (name: string) => planNamed(name, shelf()), retracted: [], run, now: new Date(run.finishedAt) };
  assert.match(one(await verify(hidden, by), 'not retracted'), /^open: the package leaves out cc2\.udap\.reg\.bad-signature as retracted/);
});

test('the plan: one that nobody knows here, and one of the same name with other content', async () => {
  assert.match(one(await found({ planOf: () => 'No plan is called so.' }), 'plan'), /^open: .*Give the folder that holds it with --plans/);
  const ours = planNamed(plan, shelf());
  assert.match(one(await found({ planOf: () => ({ ...ours, sha256: '0'.repeat(64) }) }), 'plan'), /^refused: /);
  const { plan: body } = ours;
  assert.match(one(await found({ planOf: () => ({ ...ours, plan: { ...body, until: '2020-01-01' } }) }), 'in time'), /^open: the plan expired on/);
});

test('a grade that the answers do not bear: refused with the rows, though every digest fits', async () => {
  const opened = openAssay(bytes);
  const run = runOf(JSON.parse(opened.runText), 'test');
  const fewer = { ...run, exchanges: run.exchanges.filter(({ step }) => step !== 'register').map((each, index) => ({ ...each, index })) };
  assert.match(one(await found({ run: fewer }), 'same grade'), /^refused: the statement is about another run/);
  const grade = { ...opened.grade, verdicts: opened.grade.verdicts.map((each) => ({ ...each, finding: { outcome: 'pass' as const } })) };
  const findings = await verify(
    { ...opened, grade },
    { trusted: new Map(), catalogue, planOf: (name) => planNamed(name, shelf()), retracted: [], run, now: new Date(run.finishedAt) },
  );
  assert.match(one(findings, 'same grade'), /^refused: \d+ differ when graded again: /);
  assert.match(one(await found({ challenge: 'another-nonce' }), 'challenge'), /^refused: the run answered another challenge/);
});

test('nothing is overwritten; slips are named', async () => {
  const before = readFileSync(made);
  const again = await cli('package', join(folder, 'run-2'));
  assert.equal(again.code, 3);
  assert.match(again.stderr, /is there already, and nothing is overwritten/);
  assert.deepEqual(readFileSync(made), before);
  assert.equal((await cli('sign', made, '--key', stranger.own, '--out', signed)).code, 3);
  assert.deepEqual(readFileSync(signed), Buffer.from(bytes));
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['sign', made, '--key', 'pkcs11:token=x'], /PKCS#11 .* is not offered/],
    [['sign', made, '--key', 'env:NO_SUCH_KEY'], /the environment has no entry NO_SUCH_KEY/],
    [['sign', made, '--key', runner.open], /cannot be read as a private key/],
    [['verify', signed, '--trust', runner.own], /holds a private key/],
    [['verify', join(folder, 'nothing.assay')], /There is no package at/],
    [['package', join(folder, 'nothing')], /There is no run at/],
    [['run', '--embedded', '--challenge', 'two words'], /Expected 8 to 64 letters/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await payerAssay(...args);
    assert.equal(code, 3, stderr);
    assert.match(stderr, message);
  }
  assert.ok(!existsSync(made.replace('.assay', '.signed.assay')));
});

test('a plan that has expired, or whose time has not come: no run', async () => {
  const plans = join(temporary(), 'plans');
  cpSync(planFolder, plans, { recursive: true });
  const { openPlans } = await import('../../src/cli/plans.ts');
  assert.throws(
    () => openPlans(['cms-provider-access'], '2029-01-01', plans),
    /expired on 2028-01-01, and today is 2029-01-01: take a newer edition/,
  );
  assert.throws(
    () => openPlans(['cms-provider-access'], '2020-01-01', plans),
    /may be used from 2026-11-01 on.*Is the clock of this machine right\?/,
  );
});

test('no member of a package holds a secret of the run', () => {
  const secrets = secretsUsed(embedded);
  assert.ok(secrets.length > 20, `only ${secrets.length} secrets were used`);
  for (const { name, bytes: content } of members()) {
    const text = name.endsWith('.gz') ? inflated(content, name) : Buffer.from(content).toString('utf8');
    assert.deepEqual(
      secrets.filter((secret) => text.includes(secret)),
      [],
      name,
    );
  }
});
