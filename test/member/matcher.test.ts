import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearMisses, oneLetter, withoutNumbers } from '../../checks/id/near-misses.ts';
import { createDataset } from '../../fixtures/dataset.ts';
import { honest } from '../../mocks/areas.ts';
import { membersOf } from '../../mocks/match/directory.ts';
import { cardOf, normalise, type Person, personOf } from '../../mocks/match/person.ts';
import { matchBehaviours } from '../../mocks/match/rules.ts';
import { gradeOf } from '../../mocks/match/score.ts';
import { targetMembers } from '../../mocks/match/target.ts';
import { brokenPromise, inputWeight } from '../../mocks/match/weight.ts';
import type { Json } from '../../src/core/model.ts';

const data = createDataset(11, 220);
const members = membersOf(data);
type Grader = typeof honest.gradeCandidate;

/** Every near miss of every member, against every member: who is matched with certainty? */
function certainMatches(grade: Grader): { readonly asked: number; readonly certain: number } {
  let asked = 0;
  let certain = 0;
  for (const { patient } of members)
    for (const near of nearMisses) {
      const question = personOf(withoutNumbers(near.alter(patient)));
      asked++;
      if (members.some((member) => grade(question, member.person).grade === 'certain')) certain++;
    }
  return { asked, certain };
}

test('more than a thousand generated near misses find no certain match', () => {
  const { asked, certain } = certainMatches(honest.gradeCandidate);
  assert.ok(asked >= 1000, `${asked}`);
  assert.equal(certain, 0);
});

test('a matcher that looks at the family name only is found out by the same near misses', () => {
  const { certain } = certainMatches(matchBehaviours['matches-on-family-name-only'].gradeCandidate);
  assert.ok(certain > 500, `${certain}`);
});

test('with the right card, another person is still not the member', () => {
  let asked = 0;
  for (const { patient, id } of members) {
    const card = cardOf(data.byPatient.get('Coverage')?.get(id)?.[0]);
    for (const near of nearMisses.filter((each) => each.otherPerson)) {
      const question = personOf(near.alter(patient));
      asked++;
      assert.ok(!members.some((member) => honest.isMember(question, card, member)), `${near.id} of ${id}`);
    }
  }
  assert.ok(asked >= 600, `${asked}`);
});

test('every member is found by the own data and card, and by nobody else', () => {
  for (const { patient, id } of members) {
    const card = cardOf(data.byPatient.get('Coverage')?.get(id)?.[0]);
    const found = members.filter((member) => honest.isMember(personOf(patient), card, member));
    assert.deepEqual(
      found.map((each) => each.id),
      [id],
    );
  }
});

test('full demographics are certain about the member alone', () => {
  for (const { patient, id } of members.slice(0, 40)) {
    const certain = members.filter((member) => gradeOf(personOf(patient), member.person).grade === 'certain');
    assert.deepEqual(
      certain.map((each) => each.id),
      [id],
    );
  }
});

test('case, accents and hyphens decide nothing', () => {
  assert.equal(normalise('Núñez-O’Brien'), normalise('NUNEZ OBRIEN'));
  assert.equal(normalise('Müller-Łukasiewicz'), 'mullerłukasiewicz');
});

test('a slip of the pen is one letter long', () => {
  assert.equal(oneLetter('Castillo'), 'Castjllo');
  assert.equal(oneLetter('Oz', 1), 'Oa');
});

test('a wrong birth date is never outweighed by everything else', () => {
  const person = members[0]?.person;
  assert.ok(person);
  const wrong: Person = { ...person, birthDate: '1999-01-01' };
  assert.notEqual(gradeOf(wrong, person).grade, 'certain');
  assert.equal(gradeOf(person, person).grade, 'certain');
  assert.equal(gradeOf(person, person).score, 1);
});

const named = { name: [{ family: 'Person', given: ['Pat'] }], birthDate: '1974-12-25' };
const profile = (level: string) => ({ meta: { profile: [`http://hl7.org/fhir/us/identity-matching/StructureDefinition/IDI-Patient${level}`] } });
const licence = { type: { coding: [{ code: 'DL' }] }, value: 'D123' };
const address = { line: ['1 Main St'], city: 'Anytown', state: 'CA', postalCode: '90001' };

test('input weights follow the guide', () => {
  const weight = (more: { readonly [key: string]: Json }) => inputWeight({ resourceType: 'Patient', ...more });
  assert.equal(weight({}), 0);
  assert.equal(weight(named), 5);
  assert.equal(weight({ ...named, address: [address] }), 9);
  assert.equal(weight({ ...named, identifier: [licence], address: [address] }), 14);
  assert.equal(weight({ ...named, address: [address], telecom: [{ system: 'phone', value: '1' }] }), 10);
  assert.equal(weight({ identifier: [licence, licence, licence] }), 10);
});

test('a profile that promises more than the input holds is refused, the base profile promises nothing', () => {
  assert.deepEqual(brokenPromise({ ...named, ...profile('-L1') })?.least, 10);
  assert.equal(brokenPromise({ ...named, ...profile('') }), undefined);
  assert.equal(brokenPromise({ ...named, ...profile('-L0'), address: [address] }), undefined);
});

test('the people of the target file are who they claim to be', () => {
  const people = targetMembers(data);
  assert.equal(people.known?.patientId, data.roles.known);
  const nobody = personOf(people.unknown?.patient);
  assert.ok(members.every((member) => gradeOf(nobody, member.person).grade === 'certainly-not'));
  const twins = members.filter((member) =>
    honest.mayBeMember(personOf(people.multipleMatch?.patient), cardOf(people.multipleMatch?.coverage), member),
  );
  assert.equal(twins.length, 2);
});
