import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { at, linkOf } from '../../src/core/fhir.ts';
import { issue, matches, modes, startPayer, type TestPayer } from './payer.ts';

let payer: TestPayer;
let known: string;
before(async () => {
  payer = await startPayer();
  known = payer.payer.state.data.roles.known;
});
after(() => payer.close());

const total = async (path: string): Promise<number> => Number(at((await payer.get(path)).json, 'total'));

test('reference parameters accept id, Type/id and our own absolute URL, and no other server’s', async () => {
  const [plain, typed, absolute, elsewhere] = await Promise.all([
    total(`/Condition?patient=${known}`),
    total(`/Condition?patient=Patient/${known}`),
    total(`/Condition?patient=${encodeURIComponent(`${payer.base}/Patient/${known}`)}`),
    total(`/Condition?patient=${encodeURIComponent(`https://elsewhere.example.org/fhir/Patient/${known}`)}`),
  ]);
  assert.ok(plain > 0);
  assert.deepEqual([typed, absolute, elsewhere], [plain, plain, 0]);
});

test('tokens match by code, system|code, |code and system|, with OR by comma and AND by repetition', async () => {
  const lab = await total(`/Observation?patient=${known}&category=laboratory`);
  const vitals = await total(`/Observation?patient=${known}&category=vital-signs`);
  const system = 'http://terminology.hl7.org/CodeSystem/observation-category';
  assert.equal(await total(`/Observation?patient=${known}&category=${system}|laboratory`), lab);
  assert.equal(await total(`/Observation?patient=${known}&category=http://elsewhere|laboratory`), 0);
  assert.equal(await total(`/Observation?patient=${known}&category=|laboratory`), 0);
  assert.equal(await total(`/Observation?patient=${known}&category=laboratory,vital-signs`), lab + vitals);
  assert.equal(await total(`/Observation?patient=${known}&category=laboratory&category=vital-signs`), 0);
  assert.equal(await total(`/Observation?patient=${known}&category:not=laboratory`), (await total(`/Observation?patient=${known}`)) - lab);
});

test('strings match from the start without case and accents, exactly, or anywhere', async () => {
  const name = await total('/Patient?family=muller');
  assert.ok(name > 0);
  assert.equal(await total('/Patient?family=M%C3%BCLLER'), name);
  assert.equal(await total('/Patient?family:exact=muller'), 0);
  assert.ok((await total('/Patient?family:contains=ukasie')) > 0);
});

test('date prefixes bound the result from both sides', async () => {
  const all = await total(`/Observation?patient=${known}&category=laboratory`);
  const split = '2020-06-15T12:00:00-05:00';
  const [from, before_] = await Promise.all([
    total(`/Observation?patient=${known}&category=laboratory&date=ge${split}`),
    total(`/Observation?patient=${known}&category=laboratory&date=lt${split}`),
  ]);
  assert.equal(from + before_, all);
  assert.equal(await total(`/Observation?patient=${known}&category=laboratory&date=ge2016&date=le2026`), all);
  assert.equal(await total(`/Observation?patient=${known}&date=gt2030`), 0);
});

for (const [what, path, names] of [
  ['a value that is no date', '/Observation?date=2023-02-30', 'date'],
  ['a plus sign that arrived as a space', '/Observation?date=ge2020-01-01T00:00:00+05:00', 'date'],
  ['an unknown modifier', '/Patient?name:sounds-like=x', 'sounds-like'],
  ['an unknown named query', '/Patient?_query=x', '_query'],
  ['a negative page size', '/Patient?_count=-1', '_count'],
  ['an include of no reference', '/Observation?_include=Observation:code', '_include'],
  ['a sort by nothing known', '/Patient?_sort=shoe-size', 'shoe-size'],
] as const) {
  test(`${what} is refused with 400 and named`, async () => {
    const answer = await payer.get(path);
    assert.equal(answer.status, 400);
    assert.ok(issue(answer).text.includes(names), issue(answer).text);
  });
}

test('an unknown parameter is ignored and left out of the self link, or refused when strict', async () => {
  const lenient = await payer.get(`/Condition?patient=${known}&foo=bar`);
  assert.equal(lenient.status, 200);
  assert.ok(!linkOf(lenient.json, 'self')?.includes('foo'));
  assert.equal((await payer.get(`/Condition?patient=${known}&foo=bar`, { prefer: 'handling=strict' })).status, 400);
});

test('POST _search finds the same as GET and takes nothing but a form', async () => {
  const byGet = matches(await payer.get(`/Condition?patient=${known}`));
  assert.deepEqual(matches(await payer.post('/Condition/_search', `patient=${known}`)), byGet);
  assert.equal((await payer.post('/Condition/_search', `patient=${known}`, { 'content-type': 'text/plain' })).status, 415);
});

test('included resources come once, marked include, and never from another member', async () => {
  const joined = await payer.get(`/MedicationRequest?patient=${known}&_include=*&_revinclude=Provenance:target`);
  const seen = modes(joined);
  for (const wanted of ['match MedicationRequest', 'include Medication', 'include Patient', 'include Provenance'])
    assert.ok(seen.includes(wanted), wanted);
  const { notAttributed: foreign } = payer.payer.state.data.roles;
  assert.ok(!joined.text.includes(foreign));
});

test('members of another organization and those who opted out cannot be distinguished from nobody', async () => {
  const { notAttributed: foreign, optedOut } = payer.payer.state.data.roles;
  const [one, two, nobody] = await Promise.all([foreign, optedOut, 'nobody-at-all'].map((id) => payer.get(`/Patient/${id}`)));
  assert.deepEqual([one?.status, two?.status, nobody?.status], [404, 404, 404]);
  assert.ok(one && nobody);
  assert.deepEqual(issue(one), issue(nobody));
  assert.equal(await total(`/Observation?patient=${foreign}`), 0);
  assert.equal(await total(`/Patient?_id=${optedOut}`), 0);
});
