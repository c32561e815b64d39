import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDataset } from '../../fixtures/dataset.ts';
import { makeMember } from '../../fixtures/member.ts';
import { referencesIn } from '../../src/bulk-files/inspect.ts';
import { type LineRules, readBlock } from '../../src/bulk-files/lines.ts';
import { lineValidator } from '../../src/bulk-files/validators.ts';
import { createQuickGate, isPlain } from '../../src/validation/quick.ts';
import { mutantsOf } from '../validation/mutants.ts';

const { seed, ground } = createDataset(3, 4);
const honest = [1, 2, 3, 4].flatMap((number) => makeMember(seed, number, ground).resources);
const rules = { ...(await lineValidator({ profiles: false, packages: [] })), keep: 10 };

/** Finds the same with this gate as without any. Every line is a block of its own, so that one that is not ASCII does not spoil the others. */
function same(texts: readonly string[], sound: LineRules['sound']): void {
  for (const [index, text] of texts.entries()) {
    const block = { bytes: Buffer.from(`${text}\n`), file: 0, line: index + 1, offset: 0, unended: false };
    assert.deepEqual(readBlock(block, { ...rules, sound }), readBlock(block, { ...rules, sound: () => false }), text.slice(0, 2000));
  }
}

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

test('the quick gate changes nothing that is found: damaged resources of every type, with and without it', () => {
  const texts = honest.flatMap((resource, index) => [
    ...mutantsOf(resource, 90, index).map((mutant) => JSON.stringify(mutant.resource)),
    ...withOddStrings(JSON.stringify(resource), 7),
  ]);
  let settled = 0;
  same(texts, (resource, plain) => {
    const sound = rules.sound(resource, plain);
    settled += sound ? 1 : 0;
    return sound;
  });
  assert.ok(settled > texts.length / 10 && settled < texts.length * 0.9, `${settled} of ${texts.length}`);
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
    '{"resourceType":"../Patient","id":"a"}',
    '{"resourceType":"constructor","id":"a"}',
    '{"resourceType":"Basic","id":"a"}',
  ];
  same(texts, rules.sound);
});

test('resources of an honest payer never reach the slow gate, whatever their script', () => {
  const gate = createQuickGate();
  for (const resource of honest) for (const plain of [true, false]) assert.ok(gate(resource, plain), JSON.stringify(resource).slice(0, 200));
  assert.ok(gate({ resourceType: 'Patient', id: 'a', name: [{ family: 'Żółć' }] }, false));
});

test('a text is plain when it holds no escape but those of punctuation', () => {
  for (const text of ['{}', '{"a":"x y"}', '{"a":"\\"\\\\\\/"}', '{"a":"\\\\n"}']) assert.ok(isPlain(text), text);
  for (const text of ['{"a":"\\n"}', '{"a":"\\\\\\t"}', '{"a":"\\u0020"}', '{"a":"\\"\\f"}']) assert.ok(!isPlain(text), text);
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
