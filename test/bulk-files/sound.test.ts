import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDataset } from '../../fixtures/dataset.ts';
import { makeMember } from '../../fixtures/member.ts';
import { ownerOf, referencesIn } from '../../src/bulk-files/inspect.ts';
import { readBlock } from '../../src/bulk-files/lines.ts';
import { lineValidator } from '../../src/bulk-files/validators.ts';
import { hiddenIssues } from '../../src/validation/guard.ts';
import { r4Definitions } from '../../src/validation/schema.ts';
import { createSoundReader, type SoundReader } from '../../src/validation/sound.ts';
import { mutantsOf } from '../validation/mutants.ts';

const { seed, ground } = createDataset(3, 4);
const honest = [1, 2, 3, 4].flatMap((number) => makeMember(seed, number, ground).resources);
const rules = { ...(await lineValidator({ profiles: false, packages: [] })), keep: 10 };

/** Finds the same with the sound reader as without it. Every line is a block of its own, so that one that is not ASCII does not spoil the others. Answers how many it settled. */
function same(texts: readonly (string | Buffer)[], type?: string): number {
  let settled = 0;
  const counted: SoundReader = (...line) => {
    const brief = rules.sound?.(...line);
    settled += brief ? 1 : 0;
    return brief;
  };
  const { sound: _, ...slow } = rules;
  for (const [index, text] of texts.entries()) {
    const bytes = Buffer.concat([Buffer.from(text), Buffer.from('\n')]);
    const told = settled;
    const block = { bytes, file: 0, line: index + 1, offset: 0, unended: false, ...(type === undefined ? {} : { type }) };
    assert.deepEqual(readBlock(block, { ...slow, sound: counted }), readBlock(block, slow), String(text).slice(0, 2000));
    // Nor does it pass over what JSON.parse hides: a name twice in one object, half of a surrogate pair.
    if (settled > told) assert.deepEqual(hiddenIssues(String(text)), [], String(text).slice(0, 2000));
  }
  return settled;
}

const sound = createSoundReader();
const isSound = (text: string): boolean => sound(Buffer.from(`${text}\n`), 0, Buffer.byteLength(text)) !== undefined;

/** Strings as a payer may write them, in JSON: white space of every kind, escaped and not, at every end; nothing; more than ASCII. */
const odd = [
  ' x',
  'x ',
  'a  b',
  'a b',
  '',
  '\\u0020x',
  'a\\tb',
  'a\\n',
  '\\fb',
  '\\u000b',
  '\u00a0',
  'a\u2028b',
  '\\u00A0x',
  '\u007f',
  'é',
  '\\"q\\"',
  '\\\\n',
  '\\/',
];

/** The line with one of its values replaced by each odd string. */
function withOddStrings(text: string, every: number): readonly string[] {
  const values = [...text.matchAll(/(?<=":)"[^"]*"/g)];
  return values.flatMap(({ 0: value, index }, place) =>
    place % every === 0 ? odd.map((each) => `${text.slice(0, index)}"${each}"${text.slice(index + value.length)}`) : [],
  );
}

test('the sound reader changes nothing that is found: damaged resources of every type, with and without it', () => {
  const texts = honest.flatMap((resource, index) => [
    ...mutantsOf(resource, 90, index).map((mutant) => JSON.stringify(mutant.resource)),
    ...withOddStrings(JSON.stringify(resource), 7),
  ]);
  const settled = same(texts);
  assert.ok(settled > texts.length / 10 && settled < texts.length * 0.9, `${settled} of ${texts.length}`);
});

/** Bytes that mean something in JSON, and some that do not. */
const piecesOf = ',"id":"x"|"a":1,|\\ud800|\\udc00|\\ud83d\\ude00|\\u0065|{}|[]|""|"__proto__":1,|"extension":[{"url":"a","valueString":"b"}],'
  .split('|')
  .map((each) => Buffer.from(each));
const bytesOf = Buffer.from('"\\{}[],:.-+eE019tfnu/# \t\r\0é\x7f', 'latin1');

test('nor where bytes of a line are changed, left out or put in, wherever that is', () => {
  let next = 1;
  const random = (below: number): number => {
    next = (Math.imul(next, 1664525) + 1013904223) >>> 0;
    return Math.floor((next / 2 ** 32) * below);
  };
  const texts = honest.flatMap((resource) => {
    const whole = Buffer.from(JSON.stringify(resource));
    const names = [...whole.toString('latin1').matchAll(/"\w+":(?="[^"]*")/g)];
    return Array.from({ length: 40 }, (_, turn) => {
      const place = random(whole.length);
      const [before, after] = [whole.subarray(0, place), whole.subarray(place + random(2))];
      if (turn < 25) return Buffer.concat([before, Buffer.from([bytesOf[random(bytesOf.length)] ?? 0].slice(random(2))), after]);
      if (turn < 33) return Buffer.concat([before, piecesOf[random(piecesOf.length)] ?? before, after]);
      // A name with its value once more, in the same object or in another.
      const [[name = ''] = [], { index: at } = { index: 1 }] = [names[random(names.length)], names[random(names.length)]];
      return Buffer.concat([whole.subarray(0, at), Buffer.from(`${name}"x",`), whole.subarray(at)]);
    });
  });
  same(texts);
});

test('a name that stands twice in one object and half of a surrogate pair are found in every line', () => {
  const rulesOf = (line: string): readonly string[] =>
    Object.keys(readBlock({ bytes: Buffer.from(`${line}\n`), file: 0, line: 1, offset: 0, unended: false }, rules).rules);
  const patient = (more: string): string => `{"resourceType":"Patient","id":"a"${more}}`;
  assert.deepEqual(rulesOf(patient(',"id":"b"')), ['json.duplicate']);
  assert.deepEqual(rulesOf(patient(',"gender":"male","\\u0067ender":"female"')), ['json.duplicate']);
  assert.deepEqual(rulesOf(patient(',"name":[{"family":"A","family":"B"}]')), ['json.duplicate']);
  assert.deepEqual(rulesOf(patient(',"contained":[{"resourceType":"Basic","id":"b","id":"c"}],"managingOrganization":{"reference":"#c"}')), [
    'json.duplicate',
  ]);
  assert.deepEqual(rulesOf(patient(',"name":[{"family":"\\ud83d"}]')), ['json.surrogate']);
  assert.deepEqual(rulesOf(patient(',"name":[{"family":"\\ud83d\\ude00"}]')), []);
  // A backslash, and then letters.
  assert.deepEqual(rulesOf(patient(',"name":[{"family":"\\\\ud83d"}]')), []);
  assert.deepEqual(hiddenIssues('{"a":"\\\\ud83d","b":"\\\\\\ud83d\\ude00"}'), []);
});

test('what the schema leaves open, and what JSON allows beyond FHIR, is left to the slow gate where something is wrong', () => {
  const patient = (more: string): string => `{"resourceType":"Patient","id":"a"${more}}`;
  const nested = (depth: number): string =>
    `,"extension":${'[{"url":"u","extension":'.repeat(depth)}[{"url":"u","valueCode":"c"}]${'}]'.repeat(depth)}`;
  const texts = [
    patient(',"contained":[{"resourceType":"Basic","name":[]}]'),
    patient(',"contained":[{"resourceType":"Basic","deep":{"deeper":[{}]}}]'),
    patient(',"contained":["text",[],null]'),
    patient(',"text":{"status":"generated","div":{"x":[]}}'),
    patient(',"text":{"status":"generated","div":7}'),
    patient(',"multipleBirthInteger":1e999'),
    patient(',"__proto__":{"x":1}'),
    patient(',"constructor":"x"'),
    patient(',"name":"x","name":[{"family":"A"}]'),
    patient(',"managingOrganization":{"reference":"no reference","reference":"Organization/a"}'),
    patient(',"name":{"0":{"family":"A"},"length":1}'),
    patient(nested(20)),
    patient(nested(150)),
    patient(',"active":tru'),
    patient(',"active":truex'),
    patient(',"multipleBirthInteger":01'),
    patient(',"multipleBirthInteger":1.'),
    patient(',"multipleBirthInteger":-'),
    patient(',"multipleBirthInteger":1e3'),
    patient(`,"multipleBirthInteger":${'9'.repeat(400)}`),
    patient(',"contained":[{"resourceType":"Basic","id":"b","x":[1e999,-0.5,true,null,"","\\ud800"]}]'),
    patient(',"contained":[{"resourceType":"Basic","reference":"no reference"}]'),
    patient(',"contained":[{"resourceType":"Basic","\\u0072eference":"no reference"}]'),
    patient(',"contained":[{"resourceType":"Basic","id":"b"}],"managingOrganization":{"reference":"#b"}'),
    patient(',"managingOrganization":{"reference":"#b"}'),
    patient(',"managingOrganization":{"reference":"Organ\\u0069zation/a"}'),
    patient(',"managingOrganization":{"reference":"a\\"b"}'),
    patient(',"\\u0061ctive":true'),
    patient(',"birthDate":"2020-13"'),
    patient(',"birthDate":"2020-12"}x'),
    patient(',"birthDate":"2020-12"}  \t'),
    `  ${patient('')}`,
    '{"id":"a","resourceType":"Patient"}',
    '{ "resourceType": "Patient", "id": "a", "name": [ { "family" : "A" } ] }',
    '{"resourceType":"Observation","id":"a","subject":{"reference":"Patient/b","identifier":{"assigner":{"reference":"Organization/c"}}}}',
    '{"resourceType":"Coverage","id":"a","beneficiary":{"reference":"http://x/Patient/b/_history/1"}}',
    '{"resourceType":"Group","id":"a","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/a"},"inactive":true}]}',
    '{"resourceType":"Patient","id":"a"',
    '{"resourceType":"Patient","id":"a","name":[{"family":"A"}',
    '{"resourceType":"Patient","id":"a",',
    '{"resourceType":"Pat',
    '{"resourceType":"../Patient","id":"a"}',
    '{"resourceType":"constructor","id":"a"}',
    '{"resourceType":"Basic","id":"a"}',
  ];
  for (const type of [undefined, 'Patient', 'Coverage', 'Nothing']) same(texts, type);
});

test('resources of an honest payer are never parsed, whatever their script and however they are spaced', () => {
  for (const resource of honest) {
    const text = JSON.stringify(resource);
    assert.ok(isSound(text), text.slice(0, 200));
    assert.ok(isSound(JSON.stringify(resource, null, 1).replaceAll('\n', '')), text.slice(0, 200));
  }
  assert.ok(isSound('{"resourceType":"Patient","id":"a","name":[{"family":"Żółć","text":"a\\n\\u00e9\\"b\\""}]}'));
});

test('a brief has the id, the owner, and every reference that is found in the text', () => {
  for (const resource of honest) {
    const text = JSON.stringify(resource);
    const brief = sound(Buffer.from(`x${text}\n`), 1, Buffer.byteLength(text) + 1);
    assert.deepEqual(brief?.references, referencesIn(text));
    assert.equal(brief.resource['id'], resource['id']);
    assert.equal(ownerOf(brief.resource), ownerOf(resource));
  }
});

test('primitives that the reader reads by itself are those that their patterns allow', () => {
  const parts = ['', '0', '00', '01', '12', '13', '14', '23', '24', '29', '31', '32', '59', '60', '61', '1'];
  const dates = ['0000', '0001', '1900', '2024', '20', '20245', ...parts.flatMap((each) => [`2024-${each}`, `2024-02-${each}`, `2024-${each}-01`])];
  const zones = ['', 'Z', 'z', '+14:00', '+14:01', '-13:59', '+15:00', '+05:3', '+05:60', '05:00'];
  const times = parts.flatMap((each) => [`${each}:00:00`, `00:${each}:00`, `00:00:${each}`, `00:00:00.${each}`]);
  const moments = ['2024-02-29', '2024-02', '0000-01-01'].flatMap((day) =>
    ['T', ' ', 't'].flatMap((mark) => times.flatMap((time) => zones.map((zone) => `${day}${mark}${time}${zone}`))),
  );
  const ids = ['a', 'A-1.b', 'a_b', 'a b', 'é', 'x'.repeat(64), 'x'.repeat(65), ''];
  const definitions = r4Definitions();
  let taken = 0;
  for (const type of ['date', 'dateTime', 'instant', 'id'] as const)
    for (const value of [...dates, ...moments, ...ids]) {
      const key = `value${type.charAt(0).toUpperCase()}${type.slice(1)}`;
      const text = JSON.stringify({ resourceType: 'Basic', code: { text: 'x' }, extension: [{ url: 'u', [key]: value }] });
      const allowed = new RegExp(definitions[type]?.pattern ?? '', 'u').test(value);
      assert.equal(isSound(text), allowed, `${type}: ${value}`);
      taken += allowed ? 1 : 0;
    }
  assert.ok(taken > 100, `only ${taken} were allowed`);
});

test('references are the values of keys of that name, and nothing else', () => {
  const cases: readonly [string, readonly string[]][] = [
    ['{"reference":"Patient/1"}', ['Patient/1']],
    ['{"reference" :\t"Patient/1", "x":{"reference":"#"}}', ['Patient/1', '#']],
    ['{"preference":"Patient/1","xreference":"Patient/2","references":"Patient/3"}', []],
    ['{"text":"reference","x":"\\"reference\\":\\"Patient/1\\""}', []],
    ['{"reference":{"reference":"a\\"b"}}', ['a"b']],
    ['{"reference":"","x":["reference","ference"]}', ['']],
  ];
  for (const [text, expected] of cases) assert.deepEqual(referencesIn(text), expected, text);
});
