import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { clientRows } from '../../../checks/client/index.ts';
import { cases } from '../../../mocks/client/cases/index.ts';
import { conduct } from '../../../src/client-side/conduct.ts';
import { situationOf } from '../../../src/client-side/situation.ts';
import { type Foreign, kit, smart } from './clients.ts';
import { registration } from './session.ts';

/**
 * Clients that were not written for this tool, graded by it. What they are said to do wrong is kept with the reason why that is right: NAME.json.
 * UPDATE_PEERS=1 writes the outcomes anew and keeps the reasons.
 */
interface Expected {
  readonly outcome: string;
  readonly because?: string;
}
const wanted = new Set(['R1', 'R2', 'R5', 'I5', 'T7b', 'T7c', 'T8', 'E1', 'E1-404', 'E2', 'E3', 'E4', 'E4r', 'E6', 'E7a', 'E7b', 'E7c', 'E7d']);
const rows = clientRows.filter(({ cases: own, anywhere }) => own === undefined || anywhere === true || own.some((id) => wanted.has(id)));

for (const [name, client] of Object.entries({ 'fhir-kit-client': kit, fhirclient: smart } satisfies Record<string, Foreign>))
  test(`${name}: every verdict is the adjudicated one`, async () => {
    const { run } = await conduct({
      name,
      cases: cases.filter(({ id }) => wanted.has(id)),
      rows,
      clients: registration,
      share: 0.05,
      atOnce: 16,
      longest: 10_000,
      signal: new AbortController().signal,
      // A library has no screen: nobody knows what a person would be shown.
      trigger: (scripted) => async (id, journey) => {
        await client(await situationOf(scripted, id, journey, 'peer')).catch(() => undefined);
        return {};
      },
    });
    const file = new URL(`./${name}.json`, import.meta.url);
    const known = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as Readonly<Record<string, Expected>>;
    const seen = Object.fromEntries(run.verdicts.map(({ requirement, finding }) => [requirement, finding.outcome]));
    if (process.env['UPDATE_PEERS'] === '1') {
      const told = run.verdicts.map(({ requirement, finding }) => {
        const because =
          known[requirement]?.because ??
          (finding.outcome === 'fail' ? `TO ADJUDICATE: expected ${finding.expected}; saw ${finding.actual}` : undefined);
        return [requirement, { outcome: finding.outcome, ...(finding.outcome === 'fail' ? { because } : {}) }];
      });
      writeFileSync(file, `${JSON.stringify(Object.fromEntries(told), null, 1)}\n`);
      return;
    }
    assert.deepEqual(seen, Object.fromEntries(Object.entries(known).map(([id, { outcome }]) => [id, outcome])));
    assert.deepEqual(
      Object.entries(known).filter(([, { outcome, because = '' }]) => outcome === 'fail' && (because === '' || because.startsWith('TO ADJUDICATE'))),
      [],
      'failures without a reason',
    );
  });
