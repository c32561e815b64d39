import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchedGroupId, matchGroupsIn } from '../../src/core/matched.ts';

const results = 'http://hl7.org/fhir/us/davinci-pdex/CodeSystem/PdexMultiMemberMatchResultCS';
const group = (id: string, code: string) => ({ resourceType: 'Group', id, code: { coding: [{ system: results, code }] } });

test('the lists of a match are found in Parameters, at once or on a line of their own', () => {
  const answer = { resourceType: 'Parameters', parameter: [{ name: 'MatchedMembers', resource: group('a', 'match') }] };
  for (const text of [JSON.stringify(answer), `${JSON.stringify(answer)}\n`]) assert.equal(matchedGroupId(text), 'a');
});

test('Groups that come alone say by their code or profile which list they are', () => {
  const profile = 'http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-member-opt-out';
  const lines = [group('n', 'nomatch'), group('m', 'match'), { resourceType: 'Group', id: 'o', meta: { profile: [profile] } }];
  const found = matchGroupsIn(lines.map((each) => JSON.stringify(each)).join('\n'));
  assert.equal(found.MatchedMembers.length, 1);
  assert.equal(found.NonMatchedMembers.length, 1);
  assert.equal(found.ConsentConstrainedMembers.length, 1);
  assert.equal(matchedGroupId(lines.map((each) => JSON.stringify(each)).join('\n')), 'm');
});

test('what is no list of a match names no Group', () => {
  for (const text of ['', 'null', '<html>', '{"resourceType":"OperationOutcome"}', JSON.stringify(group('x', 'other'))])
    assert.equal(matchedGroupId(text), undefined);
});
