import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Target, TargetMember } from '../../src/core/model.ts';
import { suites } from '../../suites/index.ts';
import { openWorld } from '../bulk/world.ts';

/** Words that only a slip of ours puts on the wire. `null` may stand alone in JSON, as CDS Hooks wants it, but in no text. */
const slips = /\bundefined\b|\bNaN\b|\[object Object\]|[/=|"]null\b(?!,)["&/]?/;

const suiteIds = new Set(suites.map(({ id }) => id));

/** The first target in README that names a member. */
function example(): Target {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  for (const [, block = ''] of readme.matchAll(/```json\n([\s\S]*?)```/g)) if (block.includes('"members"')) return JSON.parse(block) as Target;
  throw new Error('README shows no target file with members.');
}

const bare = ({ patient, coverage = {} }: TargetMember): TargetMember => {
  const { id: _patient, ...person } = patient;
  const { id: _coverage, beneficiary: _beneficiary, subscriber: _subscriber, ...card } = coverage;
  return { patient: person, coverage: card };
};

test('no request holds undefined, null or NaN, with members as bare as in the example of README', async (t) => {
  const { patient = {}, coverage = {} } = example().members.known ?? {};
  assert.ok(!('id' in patient) && Object.keys(coverage).length > 0, 'the example of README names an id: make this test barer');
  const world = await openWorld();
  t.after(() => world.close());
  const { members } = world.embedded.target;
  const known = members.known && bare(members.known);
  assert.ok(known);
  const ids = ['member', 'member.match', 'match', 'access', 'sections', 'crd.hooks', 'crd.negatives', 'record.everything', 'errors'];
  const { exchanges } = await world.talk(
    ids.filter((id) => suiteIds.has(id)),
    { patch: { members: { ...members, known } } },
  );
  const sent = exchanges.map(({ request, probe }) => ({ text: `${request.url} ${request.body ?? ''}`, probe }));
  assert.ok(sent.length > 100);
  for (const { text, probe } of sent)
    assert.doesNotMatch(
      text,
      slips,
      `${probe ?? 'honest'}: ${slips.exec(text)?.index} ${text.slice(Math.max(0, (slips.exec(text)?.index ?? 0) - 80), 400)}`,
    );
});
