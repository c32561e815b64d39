import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bulkSuites } from '../../suites/bulk/index.ts';
import { rosterSuites } from '../../suites/roster/index.ts';
import { findingsOf, openWorld } from './world.ts';

const families = ['bulk.', 'atr.', 'pa.', 'claims.', 'cc3.bulk', 'time.bulk'];
const all = [...rosterSuites, ...bulkSuites].map(({ id }) => id);
const outcomes = (findings: ReturnType<typeof findingsOf>) => Object.fromEntries(Object.entries(findings).map(([id, { outcome }]) => [id, outcome]));

test('resets, 503s and cut bodies change no verdict but those that rest on a write, which is never repeated', async () => {
  const calm = await openWorld();
  // Not the token endpoint and the metadata: their suites ask once, as a provider would.
  const only = /^\/(bulk-files|fhir\/(Group|jobs|Patient|ExplanationOfBenefit|Coverage|Practitioner|Organization))/;
  const rough = await openWorld({ chaos: { seed: 7, resets: 0.05, busy: 0.05, truncated: 0.02, only } });
  try {
    const quiet = await calm.talk(all);
    const troubled = await rough.talk(all);
    const retried = troubled.exchanges.filter((each) => each.facts?.['bulk.retries'] !== undefined).length;
    assert.ok(retried >= 10, `only ${retried} exchanges were troubled`);
    assert.deepEqual(troubled.blocked, []);
    const [before, after] = [findingsOf(quiet, ...families), findingsOf(troubled, ...families)];
    const open = Object.keys(after).filter((id) => before[id]?.outcome === 'pass' && after[id]?.outcome === 'not-testable');
    const why = open.map((id) => JSON.stringify(after[id]));
    const broken = troubled.exchanges.filter(({ response }) => response === null || response.status === 503);
    assert.ok(broken.length > 0 || open.length === 0, `nothing was lost for good, yet open are: ${why.join('\n')}`);
    const rest = (findings: typeof before) => Object.entries(outcomes(findings)).filter(([id]) => !open.includes(id));
    assert.deepEqual(rest(after), rest(before));
    assert.ok(Object.values(findingsOf(quiet, ...families)).every(({ outcome }) => outcome !== 'fail'));
  } finally {
    await calm.close();
    await rough.close();
  }
});
