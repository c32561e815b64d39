import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Fault } from '../../src/core/model.ts';
import { choose } from '../../src/run/choose.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { suites } from '../../suites/index.ts';

/** A payer whose every job takes its time: exports side by side, the same verdicts as at a fast one, and nothing else waits. */

let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());

/** Factor 24 to a payer of 60 s: each export is under way for 2.5 s, and says when to ask again. */
const seconds = Number(process.env['SLOW_PAYER_SECONDS'] ?? 2.5);

function slow(): { readonly fault: Fault; readonly most: () => number; readonly jobs: () => number } {
  const begun = new Map<string, number>();
  const ended = new Set<string>();
  let most = 0;
  const fault: Fault = {
    name: `lets every export take ${seconds} s`,
    at: ['bulk.status', 'bulk.delete'],
    alter(response, { method, url }) {
      if (method === 'DELETE') ended.add(url);
      // Where the job's state has a header of its own, 202 would be the wrong answer.
      if (method !== 'GET' || response.status !== 200 || response.headers['x-export-status'] !== undefined) return response;
      const since = begun.get(url) ?? Date.now();
      begun.set(url, since);
      const left = since + seconds * 1000 - Date.now();
      if (left <= 0) ended.add(url);
      most = Math.max(most, [...begun.keys()].filter((each) => !ended.has(each)).length);
      return left <= 0 ? response : { status: 202, headers: { 'retry-after': String(Math.max(2, Math.ceil(left / 1000))) }, body: '' };
    },
  };
  return { fault, most: () => most, jobs: () => begun.size };
}

async function held(jobs: number) {
  const payer = slow();
  embedded.payer.inject(payer.fault);
  // Without the operator's switches, as at most payers: they would change what exports beside them hold.
  const { controls: _controls, ...bulk } = embedded.target.bulk ?? {};
  // Nothing is agreed on how long a job may take: beyond an agreed limit nobody would wait.
  const { agreement: _agreement, ...rest } = embedded.target;
  const target = { ...rest, bulk: { ...bulk, jobs, maxWait: 600 } };
  const chosen = choose({ suites, checks }, { only: ['bulk.', 'claims.'] }, target);
  const session = openSession(target, embedded.secrets);
  const order: string[] = [];
  const began = performance.now();
  try {
    const evidence = await drive({ target, suites: chosen.suites, ...session, onSuite: ({ id }, state) => void order.push(`${state} ${id}`) });
    return { evidence, chosen, order, payer, took: (performance.now() - began) / 1000 };
  } finally {
    session.close();
    embedded.payer.inject();
  }
}

test('several exports are out at once, within the limit, and every row comes to what it is at a fast payer', async (t) => {
  const { evidence, chosen, order, payer, took } = await held(4);
  t.diagnostic(`${payer.jobs()} jobs of ${seconds} s, at most ${payer.most()} at once, in ${took.toFixed(1)} s`);
  assert.ok(payer.most() > 1 && payer.most() <= 4, `${payer.most()} jobs at once`);
  const accused = chosen.checks
    .filter((check) => check.id.startsWith('bulk.'))
    .flatMap((check) => {
      const finding = findingOf(check, evidence);
      return finding.outcome === 'fail' ? [`${check.id}: expected ${finding.expected}, seen ${finding.actual}`] : [];
    });
  assert.deepEqual(accused, []);
  assert.deepEqual(
    evidence.exchanges.map(({ index }) => index),
    evidence.exchanges.map((_, index) => index),
    'each exchange stands where its index says',
  );
  const ends = order.filter((each) => each.startsWith('end '));
  assert.ok(ends.indexOf('end claims.search') < ends.indexOf('end bulk.parameters'), 'what waits for no job does not wait');
});
