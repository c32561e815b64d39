import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bulkMemory } from '../../mocks/bulk/jobs.ts';
import type { Embedded } from '../../mocks/embedded.ts';
import { fileCleanUps } from '../../src/client/clean-ups.ts';
import { openWorld, type World } from './world.ts';

const forever = { name: 'never ends a job', at: 'bulk.status', behaviour: 'never-ends' } as const;

/** Starts a run in a process of its own and waits until its export is being polled. */
async function startRun({ embedded }: World, folder: string): Promise<ChildProcess> {
  const target = { ...embedded.target, bulk: { ...embedded.target.bulk, maxWait: 600, pollFloor: 5 } };
  writeFileSync(join(folder, 'target.json'), JSON.stringify({ target, secrets: embedded.secrets }));
  const child = spawn(process.execPath, [join(import.meta.dirname, 'killed-run.ts'), folder, 'bulk.export'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<never>((_, reject) => child.once('exit', (code) => reject(new Error(`the run ended by itself with ${code}`))));
  ended.catch(() => undefined);
  await Promise.race([ended, polled(embedded)]);
  return child;
}

async function polled({ payer }: Embedded): Promise<void> {
  while (payer.asked.filter(({ url }) => url.includes('/fhir/jobs/')).length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
}

const exited = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once('exit', () => resolve()));
const jobs = ({ payer }: Embedded) => [...bulkMemory(payer.state).jobs.values()];

test('a job left by a killed run is cancelled at the next start, and what was learned is kept', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-killed-'));
  const world = await openWorld({}, forever);
  try {
    const child = await startRun(world, folder);
    const gone = exited(child);
    child.kill('SIGKILL');
    await gone;
    assert.equal(jobs(world.embedded).filter((job) => !job.cancelled).length, 1);
    const journal = readFileSync(join(folder, 'exchanges.ndjson'), 'utf8');
    assert.match(journal, /"step":"token"/, 'the evidence of the suites before is on disk');

    const evidence = await world.talk(['leftovers'], { cleanUps: fileCleanUps(folder) });
    assert.equal(jobs(world.embedded).filter((job) => !job.cancelled).length, 0);
    assert.equal(evidence.exchanges.filter((each) => each.variant === 'leftover' && each.response?.status === 202).length, 1);
    assert.equal(existsSync(join(folder, 'pending-cleanup.ndjson')), false, 'nothing is left any more');
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('Ctrl-C cancels the job before the run ends', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-stopped-'));
  const world = await openWorld({}, forever);
  try {
    const child = await startRun(world, folder);
    const gone = exited(child);
    child.kill('SIGINT');
    await gone;
    assert.equal(jobs(world.embedded).filter((job) => !job.cancelled).length, 0);
    assert.equal(existsSync(join(folder, 'pending-cleanup.ndjson')), false);
    const run = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as { exchanges: { suite: string; step: string }[] };
    assert.ok(run.exchanges.some((each) => each.suite === 'clean-up' && each.step === 'bulk.delete'));
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a torn last line of the journal of clean-ups is ignored', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-clean-ups-'));
  try {
    const path = join(folder, 'pending-cleanup.ndjson');
    const cleanUps = fileCleanUps(folder);
    const pending = (id: string) =>
      ({ id, what: 'export job', base: 'https://x.example', step: 'bulk.delete', request: { method: 'DELETE', url: id } }) as const;
    cleanUps.add(pending('https://x.example/1'));
    cleanUps.add(pending('https://x.example/2'));
    cleanUps.done('https://x.example/1');
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"add":{"id":"https://x.exa`);
    assert.deepEqual(
      fileCleanUps(folder)
        .pending()
        .map(({ id }) => id),
      ['https://x.example/2'],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
