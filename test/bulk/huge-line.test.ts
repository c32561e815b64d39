import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { asObject, at } from '../../src/core/fhir.ts';
import type { Blocked, Facts, Finding } from '../../src/core/model.ts';
import { openWorld, type World } from './world.ts';

interface Seen {
  readonly facts: Facts;
  readonly body: number;
  readonly finding: Finding;
  readonly blocked: readonly Blocked[];
  readonly peak: number;
}

async function exported({ embedded }: World, behaviour?: string): Promise<Seen> {
  embedded.payer.inject(...(behaviour === undefined ? [] : [{ name: behaviour, at: 'bulk.file', behaviour } as const]));
  const child = fork(new URL('./huge-line-run.ts', import.meta.url));
  // Little is stored, so that the honest run starts the threads too: what is compared is the line alone.
  child.send({ target: { ...embedded.target, bulk: { ...embedded.target.bulk, storedBytes: 1024 } }, secrets: embedded.secrets });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the export ended with ${String(code)} before it told anything`)));
  ended.catch(() => undefined);
  const [seen] = (await Promise.race([once(child, 'message'), ended])) as [Seen];
  return seen;
}

test('a line of 300 MB is passed over in bounded memory, told by its number, and what comes after it is read', async () => {
  const world = await openWorld();
  try {
    const calm = await exported(world);
    const { facts, body, finding, blocked, peak } = await exported(world, 'sends-a-huge-line');
    assert.deepEqual(blocked, []);
    assert.ok(Number(facts['file.bytes']) > 300e6);
    assert.deepEqual([facts['file.unread'], facts['file.lines'], facts['file.types']], [1, 2, { Patient: 1 }]);
    assert.deepEqual(at(asObject(facts['file.rules']), 'line.too-long', 'first', 0, 'line'), 1);
    assert.ok(body < 1024, 'none of it is stored');
    assert.match(
      'reason' in finding ? finding.reason : finding.outcome,
      /a line of .* of more than 64 MiB, or nested deeper than we read, was passed over: our limit/,
    );
    // The line is held up to 64 MiB, and copied as it grows; four readings of the same file follow each other.
    assert.ok(peak - calm.peak < 192, `${Math.round(peak)} MB at most, ${Math.round(calm.peak)} MB for the honest export`);
  } finally {
    await world.close();
  }
});
