import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, Run, Verdict } from '../../src/core/model.ts';
import { payerAssay } from '../cli/payer-assay.ts';
import { rowsOf } from '../client-side/peers/compare.ts';

/** A Python that finds these packages first. It keeps what it compiles, whatever the machine says of that: each case starts one. */
export const pythonWith = (packages: string, ...words: readonly string[]): readonly string[] => [
  ...['/usr/bin/env', `PYTHONPATH=${packages}`, 'PYTHONDONTWRITEBYTECODE=', 'python3'],
  ...words,
];

/** Grades a foreign client as its vendor would: `payer-assay client --plan`. Answers with the verdicts of the rows that these cases can show. */
export async function gradedByPlan(name: string, cases: readonly string[], triggers: Json, clients?: Json): Promise<readonly Verdict[]> {
  const folder = mkdtempSync(join(tmpdir(), 'payer-assay-foreign-'));
  try {
    const plan = { name, cases, triggers, share: 0.05, atOnce: 6, ...(clients === undefined ? {} : { clients }) };
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
    const { stderr } = await payerAssay('client', '--plan', join(folder, 'plan.json'), '--out', join(folder, 'out'), '--quiet');
    const run = JSON.parse(readFileSync(join(folder, 'out', 'run.json'), 'utf8')) as Run;
    const plays = run.heard?.plays ?? [];
    assert.deepEqual(
      plays.filter(({ before, after }) => before !== 'completed' || after !== 'completed'),
      [],
      `a client that cannot do the healthy journey shows nothing: ${stderr}`,
    );
    const rows = new Set(rowsOf(new Set(cases)).map(({ id }) => id));
    return run.verdicts.filter(({ requirement }) => rows.has(requirement));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
