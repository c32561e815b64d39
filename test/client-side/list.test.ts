import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clientExcluded } from '../../checks/client/excluded.ts';
import { clientRows } from '../../checks/client/index.ts';

const list = new URL('../../../shared/design/client/requirements.json', import.meta.url);

test('every requirement of the list is judged, or excluded with a reason; what is ours says why', (t) => {
  const judged = clientRows.map(({ id }) => id);
  const left = clientExcluded.map(({ id }) => id);
  assert.deepEqual(
    left.filter((id) => judged.includes(id)),
    [],
    'judged and excluded',
  );
  assert.ok(clientExcluded.every(({ reason }) => reason.length > 20));
  if (!existsSync(list)) return t.skip('the list of requirements is not on this machine');
  const ids = (JSON.parse(readFileSync(list, 'utf8')) as readonly { readonly id: string }[]).map(({ id }) => id);
  assert.deepEqual(
    ids.filter((id) => !judged.includes(id) && !left.includes(id)),
    [],
    'neither judged nor excluded',
  );
  assert.deepEqual(
    clientRows.filter(({ id, ours }) => !ids.includes(id) && ours === undefined).map(({ id }) => id),
    [],
    'not in the list and without a reason of ours',
  );
});
