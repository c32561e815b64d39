import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { at, entriesOf } from '../../src/core/fhir.ts';
import { matches, next, startPayer, type TestPayer } from './payer.ts';

let payer: TestPayer;
let history: string;
before(async () => {
  payer = await startPayer();
  history = payer.payer.state.data.roles.largeRecord;
});
after(() => payer.close());

async function walk(path: string): Promise<readonly (readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  let url: string | undefined = path;
  while (url !== undefined && pages.length < 50) {
    const page = await payer.get(url);
    assert.equal(page.status, 200);
    pages.push(matches(page));
    url = next(page);
  }
  return pages;
}

test('pages together hold every match once, and none holds more than asked', async () => {
  const pages = await walk(`/Observation?patient=${history}&_count=10`);
  const all = pages.flat();
  const held = payer.payer.state.data.byPatient.get('Observation')?.get(history) ?? [];
  assert.ok(pages.every((page) => page.length <= 10));
  assert.equal(new Set(all).size, all.length);
  assert.deepEqual([...all].sort(), held.map(({ id }) => `Observation/${id}`).sort());
});

test('a next link keeps working and gives the same page again', async () => {
  const first = await payer.get(`/Observation?patient=${history}&_count=25&_sort=-date`);
  const link = next(first) ?? '';
  assert.deepEqual(matches(await payer.get(link)), matches(await payer.get(link)));
});

test('sorting runs through all pages', async () => {
  const dates: string[] = [];
  let url: string | undefined = `/Observation?patient=${history}&_count=30&_sort=-date`;
  while (url !== undefined) {
    const page = await payer.get(url);
    dates.push(...entriesOf(page.json).map(({ resource }) => new Date(String(at(resource, 'effectiveDateTime'))).toISOString()));
    url = next(page);
  }
  assert.deepEqual(dates, [...dates].sort().reverse());
});

test('a paging link that was tampered with is refused', async () => {
  const link = next(await payer.get(`/Observation?patient=${history}&_count=10`)) ?? '';
  assert.equal((await payer.get(`${link.slice(0, -3)}xyz`)).status, 400);
});

test('_summary=count and _count=0 give the total and no entries', async () => {
  for (const part of ['_summary=count', '_count=0']) {
    const answer = await payer.get(`/Observation?patient=${history}&${part}`);
    assert.equal(entriesOf(answer.json).length, 0);
    assert.ok(Number(at(answer.json, 'total')) >= 60);
  }
});
