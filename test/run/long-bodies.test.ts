import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entriesOf, jsonOf } from '../../src/core/fhir.ts';
import type { Exchange, RawExchange } from '../../src/core/model.ts';
import { rosterIn } from '../../src/enrich/files/together.ts';
import { createShare } from '../../src/run/share.ts';
import { jsonPieces } from '../../src/run/text.ts';

// What a run holds of answers of megabytes. How much memory that is depends on the machine; that they are packed, written in parts and held once does not.

const exchange = (body: string, step = 'group.read', index = 0): RawExchange =>
  ({
    ...{
      index,
      suite: 'roster.groups',
      step,
      startedAt: '2026-11-29T00:00:00.000Z',
      timing: { total: 1 },
      size: { sent: 0, received: 0, decoded: 0 },
    },
    request: { method: 'GET', url: 'https://payer.example/fhir/Group/g', headers: {} },
    response: { status: 200, headers: { 'content-type': 'application/fhir+json' }, body },
  }) as RawExchange;

const list = (version = '1', members = 8_000): object => ({
  resourceType: 'Group',
  id: 'g',
  meta: { versionId: version },
  member: Array.from({ length: members }, (_, nth) => ({
    entity: { reference: `Patient/g${nth}` },
    ...(nth % 2 === 0 ? {} : { inactive: true }),
    extension: [
      {
        url: 'http://hl7.org/fhir/us/davinci-atr/StructureDefinition/ext-coverageReference',
        valueReference: { reference: `Coverage/c${nth}` },
      },
    ],
  })),
});
const found = (self: string, resource: object): string =>
  JSON.stringify({ resourceType: 'Bundle', type: 'searchset', link: [{ relation: 'self', url: self }], entry: [{ resource }] });
const isHeldAsText = ({ response }: Exchange): boolean => Object.getOwnPropertyDescriptor(response ?? {}, 'body')?.get === undefined;

test('a long body is held packed, reads as it came, and equal ones are held and parsed once', () => {
  const share = createShare();
  const long = JSON.stringify({ ...list(), text: 'Zoë 😀 "quoted" \u0000' });
  const [first, again, short] = [share(exchange(long)), share(exchange(long, 'group.read', 1)), share(exchange('{"resourceType":"Group"}'))];
  assert.deepEqual([first, again, short].map(isHeldAsText), [false, false, true]);
  assert.equal(first.response?.body, long);
  assert.equal(again.response?.body, long);
  assert.equal(again.index, 1);
  assert.equal(jsonOf(first.response), jsonOf(again.response));
  assert.equal(JSON.stringify(first), JSON.stringify(exchange(long)));
  assert.deepEqual(first, exchange(long));
});

test('a text with half a sign, which no packing brings back, stays as it is', () => {
  const share = createShare();
  const torn = `${'x'.repeat(300_000)}\ud83d`;
  const held = [share(exchange(torn)), share(exchange(torn))];
  assert.deepEqual(held.map(isHeldAsText), [true, true]);
  assert.deepEqual(
    held.map(({ response }) => response?.body === torn),
    [true, true],
  );
});

test('one after another, long bodies read right however they alternate', () => {
  const share = createShare();
  const texts = ['a', 'b', 'ü'].map((sign) => sign.repeat(700_001));
  const held = texts.map((text) => share(exchange(text)));
  for (const nth of [0, 1, 0, 2, 1, 2, 2, 0]) assert.ok(held[nth]?.response?.body === texts[nth], `text ${nth}`);
});

test('a list that six searches bring is one value; another version of it is another', () => {
  const answers = [found('?a', list()), found('?b', list()), JSON.stringify(list()), found('?c', list('2'))].map((each) => exchange(each));
  const [one, two, read, other] = answers.map(({ response }) => jsonOf(response));
  assert.equal(entriesOf(one)[0]?.resource, entriesOf(two)[0]?.resource);
  assert.equal(entriesOf(one)[0]?.resource, read);
  assert.notEqual(entriesOf(one)[0]?.resource, entriesOf(other)[0]?.resource);
  for (const { response } of answers) assert.deepEqual(jsonOf(response), JSON.parse(response?.body ?? ''));
});

test('a Bundle of many small resources, an array and a deep value are what JSON.parse gives', () => {
  const many = { resourceType: 'Bundle', entry: Array.from({ length: 5_000 }, (_, id) => ({ resource: { resourceType: 'Patient', id: `p${id}` } })) };
  const deep = `{"resourceType":"Basic","deep":${'['.repeat(20_000)}${']'.repeat(20_000)},"long":"${'x'.repeat(300_000)}"}`;
  for (const each of [
    many,
    list('3').valueOf(),
    Array.from({ length: 9 }, () => list('4', 900)),
    { resourceType: 'Bundle', entry: [null, 1, {}], id: 'x'.repeat(300_000) },
  ])
    assert.deepEqual(jsonOf(exchange(JSON.stringify(each)).response), each);
  assert.equal((jsonOf(exchange(deep).response) as { id?: string; resourceType: string }).resourceType, 'Basic');
});

test('an exchange is written as JSON.stringify would, and no part of its bodies is longer than a bound', () => {
  const signs = ['x', '"', '\\', '\u0000', 'ü', '😀', '\ud83d', '\ude00'];
  for (const sign of signs) {
    // Every place at which a part may end.
    for (const shift of [0, 1]) {
      const long = exchange('y'.repeat(shift) + sign.repeat(270_000));
      const pieces = [...jsonPieces({ ...long, request: { ...long.request, body: long.response?.body } })];
      assert.ok(pieces.join('') === JSON.stringify({ ...long, request: { ...long.request, body: long.response?.body } }), JSON.stringify(sign));
      assert.ok(Math.max(...pieces.map((piece) => piece.length)) <= 6 * (2 ** 18 + 1), 'at most six signs for each');
    }
  }
  for (const each of [null, 1, 'text', [exchange('short')], { response: null }, exchange('')])
    assert.equal([...jsonPieces(each)].join(''), JSON.stringify(each));
});

test('of a Group that was read, whom it lists is kept, and nothing of the resource', () => {
  const roster = rosterIn(exchange(JSON.stringify(list('1', 3))));
  assert.deepEqual(roster, {
    members: 'g\tPatient/g0\t0\ng\tPatient/g1\t1\ng\tPatient/g2\t0\n',
    covers: 'g\tCoverage/c0\ng\tCoverage/c2\n',
  });
  assert.equal(rosterIn(exchange(JSON.stringify(list()), 'group.search')), undefined);
  assert.equal(rosterIn(exchange('{"resourceType":"Patient"}')), undefined);
});
