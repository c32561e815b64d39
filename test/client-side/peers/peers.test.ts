import { test } from 'node:test';
import { cases } from '../../../mocks/client/cases/index.ts';
import { conduct } from '../../../src/client-side/conduct.ts';
import { situationOf } from '../../../src/client-side/situation.ts';
import { type Foreign, kit, smart } from './clients.ts';
import { assertAdjudicated, libraryCases, rowsOf } from './compare.ts';
import { registration } from './session.ts';

/**
 * Clients that were not written for this tool, graded by it. What they are said to do wrong is kept with the reason why that is right: NAME.json.
 * UPDATE_PEERS=1 writes the outcomes anew and keeps the reasons.
 */
const wanted: ReadonlySet<string> = new Set(libraryCases);

for (const [name, client] of Object.entries({ 'fhir-kit-client': kit, fhirclient: smart } satisfies Record<string, Foreign>))
  test(`${name}: every verdict is the adjudicated one`, async () => {
    const { run } = await conduct({
      name,
      cases: cases.filter(({ id }) => wanted.has(id)),
      rows: rowsOf(wanted),
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
    assertAdjudicated(run.verdicts, new URL(`./${name}.json`, import.meta.url));
  });
