import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { authMemory } from '../../mocks/auth/memory.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { formatNames, formats } from '../../reports/formats.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import { findK6 } from '../../src/load/find-k6.ts';
import { payerAssay, start, temporary } from './payer-assay.ts';

let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());
beforeEach(() => embedded.payer.inject());

function place() {
  const folder = temporary();
  const file = join(folder, 'target.json');
  writeTarget(file, embedded.target, embedded.secrets);
  return { file, out: join(folder, 'out') };
}

/** Tokens that the payer gave, assertions and statements that it was sent, and the private parts of every key. */
function secretsUsed(): readonly string[] {
  const heard = embedded.payer.asked.map(({ body, headers }) => `${plain(body ?? '')} ${headers['authorization'] ?? ''}`).join('\n');
  const jwts = heard.match(/eyJ[\w-]{20,}\.[\w-]+\.[\w-]*/g) ?? [];
  const keys = Object.values(embedded.secrets).flatMap((secret) =>
    secret.startsWith('{') ? privateParts(secret) : (secret.match(/^[\w+/=]{40,}$/gm) ?? []),
  );
  return [...new Set([...jwts, ...jwts.map((each) => each.split('.')[2] ?? '').filter((signature) => signature.length > 40), ...keys, ...tokens()])];
}
const tokens = () => [...authMemory(embedded.payer.state).tokens.keys()];
const privateParts = (jwk: string): readonly string[] => {
  const members = JSON.parse(jwk) as Readonly<Record<string, string>>;
  return ['d', 'p', 'q', 'dp', 'dq', 'qi'].flatMap((name) => members[name] ?? []);
};

function plain(body: string): string {
  try {
    return decodeURIComponent(body);
  } catch {
    return body;
  }
}

/** Files of a run in whatever folder below, and what it said. */
const outputsIn = (out: string): ReadonlyMap<string, string> =>
  new Map(
    (readdirSync(out, { recursive: true }) as string[])
      .filter((name) => statSync(join(out, name)).isFile())
      .map((name) => [name, readFileSync(join(out, name), 'utf8')]),
  );

function assertNoneIn(outputs: ReadonlyMap<string, string>): void {
  const secrets = secretsUsed();
  assert.ok(secrets.length > 100, `only ${secrets.length} secrets were used`);
  for (const [name, text] of outputs) {
    assert.deepEqual(
      secrets.filter((secret) => text.includes(secret)),
      [],
      name,
    );
  }
}

test('no output of a whole run, load included, holds a secret that the run used', async () => {
  const { file, out } = place();
  const load = 'notRun' in findK6() ? [] : ['--load', 'smoke', '--load-share', '0.05'];
  const { stdout, stderr, code } = await payerAssay('run', '--target', file, '--out', out, '--json', '--format', 'all', ...load);
  assert.ok(code === 0 || code === 2, stderr);
  const outputs = new Map([...outputsIn(out), ['stdout', stdout], ['stderr', stderr]]);
  for (const name of ['run.json', ...formatNames.map((each) => formats[each].file)]) assert.ok(outputs.has(name), name);
  assert.ok(tokens().length > 10, `${tokens().length} tokens`);
  assertNoneIn(outputs);
});

test('nor does what a killed run leaves behind', async () => {
  const { file, out } = place();
  const running = start('run', '--target', file, '--out', out);
  await running.said(/ rest\.read /);
  running.signal('SIGKILL');
  const { stdout, stderr } = await running.done;
  const outputs = new Map([...outputsIn(out), ['stdout', stdout], ['stderr', stderr]]);
  assert.ok(
    [...outputs].some(([name, text]) => name === 'exchanges.ndjson' && text.length > 10_000),
    [...outputs.keys()].join(),
  );
  assertNoneIn(outputs);
});
