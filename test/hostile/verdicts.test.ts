import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Turn } from '../../scripts/hostile/proxy.ts';
import type { Run } from '../../src/core/model.ts';
import { openWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const failing = ({ verdicts }: Run) => verdicts.flatMap(({ requirement, finding }) => (finding.outcome === 'fail' ? [requirement] : []));
const passing = ({ verdicts }: Run) => verdicts.filter(({ finding }) => finding.outcome === 'pass').length;

test('H8: a connection that breaks in the middle of a run fails nobody', async () => {
  const lost = new Set<string>();
  const act = (turn: Turn): Promise<void> | void => {
    if (!/\/cds-services\/|\/DocumentReference/.test(turn.path) || turn.nth < 20) return turn.answer();
    lost.add(turn.method);
    return void turn.socket.destroy();
  };
  const { run, code, stderr } = await world.run({ act, args: ['--only', 'crd.error,doc.docref.search'] });
  assert.equal(code, 2, stderr);
  assert.ok(lost.has('POST') && lost.has('GET'), 'both were broken');
  assert.ok(
    run.exchanges.some(({ response }) => response === null),
    'and recorded as lost',
  );
  assert.deepEqual(failing(run), []);
});

test('H12: 429 is obeyed where it passes, and fails nobody where it stays', async () => {
  const seen = new Set<string>();
  const later = { status: 429, headers: { 'retry-after': '0', 'content-type': 'application/json' }, body: '{}' };
  const once = (turn: Turn): Promise<void> => {
    const what = `${turn.method} ${turn.path}`;
    const isFirst = !seen.has(what);
    seen.add(what);
    return turn.answer(() => (isFirst ? later : {}));
  };
  const args = ['--only', 'id.mm.no-match,rest.read.id'];
  const passed = await world.run({ act: once, args });
  assert.equal(passed.code, 0, passed.stdout + passed.stderr);
  assert.ok(passed.run.exchanges.some(({ facts }) => facts?.['http.retries'] !== undefined));

  const always = (turn: Turn): Promise<void> => turn.answer(() => (/\$member-match|\/Patient\//.test(turn.path) ? later : {}));
  const stayed = await world.run({ act: always, args });
  assert.equal(stayed.code, 2, stayed.stderr);
  assert.deepEqual(failing(stayed.run), []);
  const because = new Set(stayed.run.verdicts.flatMap(({ finding }) => ('because' in finding ? [finding.because] : [])));
  assert.ok(because.has('throttled'), [...because].join(', '));
});

test('H18: no report and no terminal gets control or direction signs of a payer', async () => {
  const text = '\u202egnp.exe \u001b]0;owned\u0007\u009b31m\u2066\u0000';
  const act = (turn: Turn): Promise<void> =>
    turn.answer(() =>
      /\/(Patient|Coverage)\/[^/$?]+$/.test(turn.path)
        ? {
            status: 500,
            headers: { 'content-type': 'application/fhir+json', 'x-note': 'a' },
            body: JSON.stringify({
              resourceType: 'OperationOutcome',
              issue: [{ severity: 'error', code: 'exception', details: { text }, diagnostics: text }],
            }),
          }
        : {},
    );
  const { run, out, stdout, stderr } = await world.run({ act, args: ['--only', 'rest.read'] });
  assert.ok(failing(run).length > 0 || passing(run) < run.verdicts.length, 'something is to be told');
  assert.ok(
    run.exchanges.some(({ response }) => response?.body.includes('owned')),
    'it came',
  );
  for (const name of ['junit.xml', 'run.sarif', 'conformance.html', 'latency.html'])
    assert.doesNotMatch(
      readFileSync(join(out, name), 'utf8'),
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
      name,
    );
  assert.doesNotMatch(
    (stdout + stderr).replace(/\u001b\[[0-9;]*m/g, ''),
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
  );
});
