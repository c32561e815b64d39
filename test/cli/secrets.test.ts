import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { formatNames, formats } from '../../reports/formats.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import { findK6 } from '../../src/load/find-k6.ts';
import { payerAssay, start, temporary } from './payer-assay.ts';
import { secretsUsed, tokensOf } from './secrets-used.ts';

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

const tokens = () => tokensOf(embedded);

/** Files of a run in whatever folder below, and what it said. */
const outputsIn = (out: string): ReadonlyMap<string, string> =>
  new Map(
    (readdirSync(out, { recursive: true }) as string[])
      .filter((name) => statSync(join(out, name)).isFile())
      .map((name) => [name, readFileSync(join(out, name), 'utf8')]),
  );

function assertNoneIn(outputs: ReadonlyMap<string, string>): void {
  const secrets = secretsUsed(embedded);
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
