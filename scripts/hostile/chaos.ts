import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRun } from '../../src/run/stored.ts';
import { type Case, read, tokensSince } from './played.ts';
import type { Turn } from './proxy.ts';
import { payerAssay, type Stage } from './stage.ts';

/** Shares of requests, 0-1. */
const shares = { reset: 0.02, busy: 0.02, throttled: 0.02, slow: 0.1 } as const;
/** HTTP lets a client ask these again when the connection was lost: what happens to the others is no mild trouble (RFC 9110 section 9.2.2). */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** A number in [0, 1) that depends on the text alone. */
const draw = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;

/**
 * A bad day on the way to an honest payer: what happens to a request depends on the seed, on the request and on how often it came; never twice in a row, so that
 * who asks again is served. Nothing of it reached the payer.
 */
function mild(seed: number): (turn: Turn) => Promise<void> | void {
  const seen = new Map<string, number>();
  return async (turn) => {
    const what = `${turn.method} ${turn.path}`;
    const time = (seen.get(what) ?? 0) + 1;
    seen.set(what, time);
    const drawn = time % 2 === 0 ? 0.5 : draw(`${seed} ${what} ${time}`);
    const { reset, busy, throttled, slow } = shares;
    const later = { 'retry-after': '0', 'content-type': 'text/plain' };
    if (drawn < reset && repeatable.has(turn.method)) return void turn.socket.destroy();
    if (drawn < reset + busy) return void turn.response.writeHead(503, later).end('Busy. Try again.');
    if (drawn < reset + busy + throttled) return void turn.response.writeHead(429, later).end('Too many. Try again.');
    if (drawn > 1 - slow) await sleep(100 * draw(`${what} ${seed}`));
    return turn.answer();
  };
}

/** How fast a payer answers is another thing on a bad day. */
const measured = /^time\.|\.timing\./;
/** What is about how a payer says "later" has something to look at on a bad day only, and what it sees there is well said. */
const seenOnlyToday = (id: string, before: string, now: string | undefined): boolean =>
  id === 'bulk.status.throttle' && before === 'not-applicable' && now === 'pass';

const calm = new WeakMap<Stage, Promise<ReadonlyMap<string, string>>>();

/** Outcomes by requirement, and the whole run's result. */
async function outcomes(stage: Stage, within: number, act?: (turn: Turn) => Promise<void> | void) {
  const { folder, file, out } = stage.place({ bulk: stage.embedded.target.bulk ?? {} });
  stage.embedded.payer.inject();
  const from = stage.proxy.heard.length;
  stage.proxy.act(act);
  const end = await payerAssay(['run', '--target', file, '--out', out], { within });
  stage.proxy.act(undefined);
  const result = read(out, end, tokensSince(stage, from), stage, () => true);
  const verdicts = result.dishonest.length > 0 ? [] : readRun(join(out, 'run.json')).verdicts;
  rmSync(folder, { recursive: true, force: true });
  return {
    result,
    found: new Map(verdicts.map(({ requirement, finding }) => [requirement, finding.outcome])),
    why: new Map(
      verdicts.map(({ requirement, finding }) => [requirement, 'reason' in finding ? finding.reason : 'actual' in finding ? finding.actual : '']),
    ),
  };
}

/** The same verdicts as in calm. */
export const chaos: readonly Case[] = Array.from({ length: 10 }, (_, nth) => nth + 1).map((seed) => ({
  ...{ id: `chaos.seed-${seed}`, kind: 'mild chaos', title: `loses, refuses or delays some requests, by seed ${seed}`, within: 240 },
  async play(stage, within) {
    const quiet = calm.get(stage) ?? outcomes(stage, within).then(({ found }) => found);
    calm.set(stage, quiet);
    const before = await quiet;
    const { result, found, why } = await outcomes(stage, within, mild(seed));
    const differs = [...before].filter(
      ([id, outcome]) => found.get(id) !== outcome && !measured.test(id) && !seenOnlyToday(id, outcome, found.get(id)),
    );
    return {
      ...result,
      dishonest: [
        ...(before.size === 0 ? ['there is no calm run to compare with'] : []),
        ...result.dishonest,
        ...differs.map(([id, outcome]) => `${id}: ${outcome} in calm, ${found.get(id) ?? 'nothing'} now: ${why.get(id)?.slice(0, 200)}`),
      ],
    };
  },
}));
