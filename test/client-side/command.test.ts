import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Run } from '../../src/core/model.ts';
import { payerAssay } from '../cli/payer-assay.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'payer-assay-client-'));
const outcome = (run: Run, id: string): string | undefined => run.verdicts.find(({ requirement }) => requirement === id)?.finding.outcome;

test('a stock client goes by a command of its plan, and its reports come out as any others', async () => {
  const place = folder();
  copyFileSync(fileURLToPath(new URL('./trigger.mjs', import.meta.url)), join(place, 'trigger.mjs'));
  const plan = {
    name: 'stock client',
    share: 0.02,
    atOnce: 4,
    cases: ['E1', 'T7b'],
    triggers: { record: { command: [process.execPath, 'trigger.mjs'], screen: true } },
  };
  writeFileSync(join(place, 'plan.json'), JSON.stringify(plan));
  const out = join(place, 'out');
  const { stderr } = await payerAssay('client', '--plan', join(place, 'plan.json'), '--out', out, '--state', join(place, 'state'));
  for (const file of ['run.json', 'conformance.html', 'junit.xml', 'run.sarif']) assert.ok(existsSync(join(out, file)), file);
  const run = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as Run;
  assert.equal(outcome(run, 'client.error.403-no-repeat'), 'pass', stderr);
  assert.equal(outcome(run, 'client.trust.assertion.claims'), 'pass');
  assert.equal(outcome(run, 'client.trust.token.foreign-paging'), 'fail', 'it follows any next link with its token');
  assert.match(stderr, /E1 +search +GET/, 'a line for each request');
});

test('a plan that cannot be played is refused in words', async () => {
  const place = folder();
  const file = join(place, 'plan.json');
  for (const [plan, said] of [
    [{ name: 'x', triggers: {} }, /nothing to play/],
    [{ name: 'x', triggers: { dance: 'operator' } }, /dance is no journey/],
    [{ name: 'x', triggers: { record: 'operator' }, cases: ['Z9'] }, /Z9, which is no case/],
    [{ triggers: { record: 'operator' } }, /the property "name" is missing/],
    [{ name: 'x', triggers: { record: 'operator' }, shar: 0.1 }, /no property "shar" here. Did you mean "share"\?/],
    [{ name: 'x', triggers: { record: 'operator' }, share: 2 }, /share.*must be <= 1; seen 2/],
    [{ name: 'x', triggers: { record: { command: ['a'], url: 'http://127.0.0.1/' } } }, /either a command .* or a url/],
    [{ name: 'x', triggers: { record: {} } }, /must be "operator", or hold either a command/],
    [{ name: 'x', triggers: { record: 'operator' }, clients: [{ clientId: 'a', jwks: { keys: [{ kty: 'EC', d: 'x' }] } }] }, /private key/],
  ] as const) {
    writeFileSync(file, JSON.stringify(plan));
    const { code, stderr } = await payerAssay('client', '--plan', file, '--out', join(place, 'out'));
    assert.equal(code, 3);
    assert.match(stderr, said);
    assert.match(stderr, /plan\.json/);
    assert.ok(!existsSync(join(place, 'out', 'state')), 'no key was made for a plan that cannot be played');
  }
});

test('listening only judges what needs no script, and passes nothing when nobody came', async () => {
  const place = folder();
  const out = join(place, 'out');
  const { stderr } = await payerAssay('client', '--passive', '--seconds', '1', '--out', out);
  assert.match(stderr, /token URL +http:\/\/127\.0\.0\.1:\d+\/passive\/as\/token/);
  const run = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as Run;
  assert.ok(run.verdicts.length > 10);
  assert.ok(run.verdicts.every(({ finding }) => finding.outcome === 'not-testable' || finding.outcome === 'not-applicable'));
});
