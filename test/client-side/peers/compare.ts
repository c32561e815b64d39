import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { clientRows } from '../../../checks/client/index.ts';
import type { ClientRow } from '../../../src/core/client-row.ts';
import type { Verdict } from '../../../src/core/model.ts';

/** What a foreign client is said to do, and why a failure is one. */
interface Expected {
  readonly outcome: string;
  readonly because?: string;
}

/** Cases for a FHIR library, which reads and pages: what it never does (matching, exports, hooks) it cannot do wrong. */
export const libraryCases = ['R1', 'R2', 'R5', 'I5', 'T7b', 'T7c', 'T8', 'E1', 'E1-404', 'E2', 'E3', 'E4', 'E4r', 'E6', 'E7a', 'E7b', 'E7c', 'E7d'];

/** Rows that these cases can show. */
export const rowsOf = (cases: ReadonlySet<string>): readonly ClientRow[] =>
  clientRows.filter(({ cases: own, anywhere }) => own === undefined || anywhere === true || own.some((id) => cases.has(id)));

/** Every verdict is the one that was adjudicated by hand. UPDATE_PEERS=1 writes the outcomes anew and keeps the reasons. */
export function assertAdjudicated(verdicts: readonly Verdict[], file: URL): void {
  const known = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as Readonly<Record<string, Expected>>;
  if (process.env['UPDATE_PEERS'] === '1') {
    const told = verdicts.map(({ requirement, finding }) => {
      if (finding.outcome !== 'fail') return [requirement, { outcome: finding.outcome }];
      const because = known[requirement]?.because ?? `TO ADJUDICATE: expected ${finding.expected}; saw ${finding.actual}`;
      return [requirement, { outcome: finding.outcome, because }];
    });
    writeFileSync(file, `${JSON.stringify(Object.fromEntries(told), null, 1)}\n`);
    return;
  }
  assert.deepEqual(
    Object.fromEntries(verdicts.map(({ requirement, finding }) => [requirement, finding.outcome])),
    Object.fromEntries(Object.entries(known).map(([id, { outcome }]) => [id, outcome])),
  );
  assert.deepEqual(
    Object.entries(known).filter(([, { outcome, because = '' }]) => outcome === 'fail' && (because === '' || because.startsWith('TO ADJUDICATE'))),
    [],
    'failures without a reason',
  );
}
