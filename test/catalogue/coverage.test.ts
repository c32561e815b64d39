import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checks, excluded } from '../../checks/index.ts';

/** The list of requirements that the project was given, beside its root. A clone alone does not have it. */
const folder = new URL('../../../shared/design/', import.meta.url);
const absent = existsSync(new URL('requirements.json', folder))
  ? false
  : 'the list of requirements (../shared/design) is not beside this clone; put it there to compare';

interface Given {
  readonly id: string;
  readonly level: string;
  readonly text: string;
}
interface Correction {
  readonly id: string;
  readonly field: 'added' | 'level' | 'text';
  readonly ours: string;
  readonly why: string;
}

const read = <T>(url: URL): readonly T[] => JSON.parse(readFileSync(url, 'utf8')) as readonly T[];
const given = (): readonly Given[] => ['requirements.json', 'requirements.extra.json'].flatMap((name) => read<Given>(new URL(name, folder)));
const corrections = read<Correction>(new URL('../../docs/catalogue-corrections.json', import.meta.url));
const corrected = (id: string, field: Correction['field']): boolean => corrections.some((each) => each.id === id && each.field === field);
const ours = new Map<string, Given>([...checks, ...excluded].map((row) => [row.id, row]));

test('every row given is judged, or excluded with a reason', { skip: absent }, () => {
  assert.deepEqual(
    given()
      .map((row) => row.id)
      .filter((id) => !ours.has(id)),
    [],
  );
});

test('levels and texts are those given, except where a correction says why', { skip: absent }, () => {
  for (const row of given()) {
    const own = ours.get(row.id);
    if (own && !corrected(row.id, 'level')) assert.equal(own.level, row.level, `level of ${row.id}`);
    if (own && !corrected(row.id, 'text')) assert.equal(own.text, row.text, `text of ${row.id}`);
  }
});

test('a row of our own is listed with its reason', { skip: absent }, () => {
  const known = new Set(given().map((row) => row.id));
  assert.deepEqual(
    [...ours.keys()].filter((id) => !known.has(id) && !corrected(id, 'added')),
    [],
    'list these in docs/catalogue-corrections.json: id, field "added", ours "row", why',
  );
});

test('corrections name rows that exist, say why, and are still needed', () => {
  for (const { id, field, ours: value, why } of corrections) {
    const row = ours.get(id);
    assert.ok(row, `${id} is corrected and not in the catalogue`);
    assert.ok(why.length > 20, `${id}: a reason in a sentence`);
    if (field !== 'added') assert.equal(row[field], value, `${id}: the correction of ${field} is out of step`);
  }
});
