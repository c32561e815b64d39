import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authMemory } from '../../mocks/auth/token.ts';
import { bulkMemory } from '../../mocks/bulk/jobs.ts';
import { entriesOfGroup, patientOf, rosterMemory } from '../../mocks/roster/store.ts';
import { memoryCleanUps } from '../../src/client/clean-ups.ts';
import { openWorld, type World } from './world.ts';

const activeOn = ({ embedded }: World, group: string): readonly string[] =>
  entriesOfGroup(rosterMemory(embedded.payer.state).get(group)?.resource)
    .filter((entry) => entry['inactive'] !== true)
    .map(patientOf);

test('a member added to a list is taken off again when the run is interrupted', async () => {
  const stop = new AbortController();
  const world = await openWorld(
    {},
    {
      name: 'is interrupted after a member was added',
      at: 'group.operation',
      alter: (response, request) => {
        if (request.url.endsWith('$member-add')) stop.abort();
        return response;
      },
    },
  );
  try {
    const before = activeOn(world, 'draft-a');
    const cleanUps = memoryCleanUps();
    const evidence = await world.talk(['roster.changes'], { signal: stop.signal, cleanUps });
    assert.ok(evidence.exchanges.some((each) => each.suite === 'clean-up' && each.request.url.endsWith('$member-remove')));
    assert.deepEqual(activeOn(world, 'draft-a'), before);
    assert.deepEqual(cleanUps.pending(), []);
  } finally {
    await world.close();
  }
});

test("the operator's switches are put back", async () => {
  const world = await openWorld();
  try {
    await world.talk(['bulk.since', 'bulk.provider', 'bulk.opt-out']);
    const { changed, removed, optedOut, jobs } = bulkMemory(world.embedded.payer.state);
    assert.deepEqual([changed.size, removed.size, optedOut.size], [0, 0, 0]);
    assert.ok(jobs.size > 5 && [...jobs.values()].every((job) => job.cancelled), 'no job is left');
  } finally {
    await world.close();
  }
});

test('nothing is changed where the target file does not allow writes', async () => {
  const world = await openWorld();
  try {
    const evidence = await world.talk(['roster.changes', 'bulk.since', 'bulk.provider', 'bulk.opt-out'], { patch: { allow: {} } });
    const changing = evidence.exchanges.filter(({ request }) => /\$member-|\$confirm|\/operator\//.test(request.url));
    assert.deepEqual(changing, []);
  } finally {
    await world.close();
  }
});

test('a token that ends in the middle of an export is renewed', async () => {
  const world = await openWorld();
  let ended = false;
  world.embedded.payer.inject({
    name: 'ends the token at the first poll',
    at: 'bulk.status',
    alter: (response) => {
      if (!ended) authMemory(world.embedded.payer.state).tokens.clear();
      ended = true;
      return response;
    },
  });
  try {
    const evidence = await world.talk(['bulk.export']);
    assert.equal(evidence.exchanges.filter((each) => each.step === 'token' && each.variant === 'renewal').length, 1);
    assert.equal(
      evidence.exchanges.filter((each) => each.step === 'bulk.file' && each.variant === 'group' && each.response?.status === 200).length,
      3,
    );
  } finally {
    await world.close();
  }
});
