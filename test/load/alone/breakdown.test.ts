import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Embedded, startEmbedded } from '../../../mocks/embedded.ts';
import { type LoadOptions, runLoad } from '../../../src/load/run-load.ts';
import { brief, injected } from '../judged.ts';
import { k6, skip } from '../k6.ts';

/** A k6 or a payer that breaks down under load. */

let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());

test('a payer that breaks down is left in peace, and what was seen is kept', { skip }, async () => {
  embedded.payer.inject(injected('breaks-when-overloaded'));
  const outcome = await runLoad(brief('agreed', 150, ['steady'], 30), { target: embedded.target, secrets: embedded.secrets });
  embedded.payer.inject();
  assert.ok('latency' in outcome, JSON.stringify(outcome));
  const { load } = outcome.latency;
  assert.match(load?.inconclusive ?? '', /ended early, to spare the payer: \d+ of the last 100 answers were 5xx/);
  assert.ok((load?.requests ?? 0) >= 100 && (load?.requests ?? 0) < 150 * 30, `${load?.requests}`);
});

test('a k6 that is killed half way leaves its samples, and no verdict', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-k6-'));
  try {
    const path = join(folder, 'k6');
    await writeFile(path, `#!/bin/sh\n[ "$1" = version ] && exec "${k6}" version\nexec timeout -s KILL 7 "${k6}" "$@"\n`);
    await chmod(path, 0o755);
    const options: LoadOptions = { target: embedded.target, secrets: embedded.secrets, k6: path };
    const outcome = await runLoad(brief('agreed', 20, ['steady'], 30), options);
    const words = 'latency' in outcome ? outcome.latency.load?.inconclusive : outcome.notRun.why;
    assert.match(words ?? '', /k6 ended with code/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
