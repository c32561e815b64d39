import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mark } from '../../src/core/grade.ts';
import type { Evidence, Verdict } from '../../src/core/model.ts';

/** One verdict about a server that this project did not write. A fail or warning carries a sentence of hand adjudication. */
export interface Adjudicated {
  readonly requirement: string;
  readonly mark: ReturnType<typeof mark>;
  readonly adjudication?: string;
}

/** Nothing went wrong on our side: no suite crashed, and no answer was lost by what enriches or redacts it. */
export function assertOursHeld({ blocked, exchanges }: Evidence): void {
  assert.deepEqual([...blocked.filter(({ because }) => because === 'ours'), ...exchanges.filter(({ error }) => error?.code === 'ours')], []);
}

/**
 * Compares verdicts with a committed list and fails on any drift, or on a fail or warning that nobody has adjudicated.
 * With UPDATE_PEERS=1 the list is written anew (adjudications kept where the mark is the same), to be read and completed by hand.
 */
export function assertNoDrift(verdicts: readonly Verdict[], path: string): void {
  const committed = read(path);
  const seen = verdicts.map((each): Adjudicated => {
    const before = committed.find((old) => old.requirement === each.requirement);
    const now = mark(each);
    return {
      requirement: each.requirement,
      mark: now,
      ...(before?.mark === now && before.adjudication ? { adjudication: before.adjudication } : {}),
    };
  });
  if (process.env['UPDATE_PEERS'] === '1') {
    writeFileSync(path, `[\n${seen.map((each) => `  ${JSON.stringify(each)}`).join(',\n')}\n]\n`);
    return;
  }
  const drift = verdicts.flatMap((verdict) => {
    const old = committed.find((each) => each.requirement === verdict.requirement)?.mark ?? 'absent';
    return old === mark(verdict) ? [] : [`${verdict.requirement}: ${old} -> ${mark(verdict)} (${JSON.stringify(verdict.finding)})`];
  });
  const gone = committed
    .filter((old) => !verdicts.some((each) => each.requirement === old.requirement))
    .map((old) => `${old.requirement}: ${old.mark} -> no verdict`);
  assert.deepEqual([...drift, ...gone], [], `verdicts drifted from ${path}; look at each, then run again with UPDATE_PEERS=1 and adjudicate by hand`);
  const silent = committed.filter((each) => (each.mark === 'fail' || each.mark === 'warning') && !each.adjudication).map((each) => each.requirement);
  assert.deepEqual(silent, [], `${path} has fails or warnings without a sentence of adjudication`);
}

function read(path: string): readonly Adjudicated[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as readonly Adjudicated[];
  } catch {
    return [];
  }
}
