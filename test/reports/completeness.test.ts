import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeness } from '../../checks/record/completeness.ts';
import { renderConformance } from '../../reports/render.ts';
import { completenessView } from '../../reports/view/completeness.ts';
import type { Json, Run } from '../../src/core/model.ts';
import { exchange, sampleRun } from './sample.ts';

const resource = (type: string, id: string) => ({ resourceType: type, id });
const page = (resources: readonly Json[], next?: string) => ({
  status: 200,
  headers: { 'content-type': 'application/fhir+json' },
  body: JSON.stringify({
    resourceType: 'Bundle',
    type: 'searchset',
    ...(next === undefined ? {} : { link: [{ relation: 'next', url: next }] }),
    entry: resources.map((each) => ({ resource: each })),
  }),
});
const whole = 'https://fhir.acme.example/r4/Patient/p/$everything';
const request = { method: 'GET', url: whole, headers: {} };
const knows = (holds: Readonly<Record<string, readonly string[]>>) => ({ known: { patient: {}, coverage: {}, holds } });
function runWith(exchanges: Run['exchanges'], holds?: Readonly<Record<string, readonly string[]>>): Run {
  const run = sampleRun({ exchanges });
  return { ...run, target: { ...run.target, members: holds === undefined ? {} : knows(holds) } };
}
const twoPages = [
  exchange(0, { step: 'everything', variant: 'whole', request, response: page([resource('Patient', 'p'), resource('Goal', 'g1')], `${whole}?2`) }),
  exchange(1, {
    step: 'page',
    variant: 'whole',
    follows: 0,
    request: { ...request, url: `${whole}?2` },
    response: page([resource('Condition', '<b>c9</b>'), resource('Condition', 'c1'), resource('Practitioner', 'd')]),
  }),
];

test('ids are compared type by type, each once; types that nobody listed are left alone', () => {
  const resources = [resource('Goal', 'a'), resource('Goal', 'a'), resource('Goal', 'x'), resource('Device', 'd')];
  assert.deepEqual(completeness(resources, { Goal: ['a', 'b', 'b'], CarePlan: ['c'], Binary: ['z'] }), [
    { type: 'Goal', known: 2, seen: 2, missing: ['b'], extra: ['x'] },
    { type: 'CarePlan', known: 1, seen: 0, missing: ['c'], extra: [] },
  ]);
});

test('the section counts over all pages and names what is missing and extra', () => {
  const view = completenessView(runWith(twoPages, { Patient: ['p'], Condition: ['c1', 'c2'], Goal: ['g1'] }));
  assert.equal(view.verdict, '1 resource missing, 1 extra, over 2 pages.');
  assert.deepEqual(
    view.rows.map(({ type, word, known, seen }) => `${type} ${word} ${known} ${seen}`),
    ['Patient complete 1 1', 'Condition differs 2 2', 'Goal complete 1 1'],
  );
  assert.deepEqual(view.rows[1]?.missing.first, ['c2']);
  assert.equal(view.unlisted, 'Practitioner');
  assert.equal(view.exchange, '0');
});

test('many ids are cut and counted', () => {
  const ids = Array.from({ length: 40 }, (_, index) => `c${index}`);
  const [row] = completenessView(runWith(twoPages, { Observation: ids })).rows;
  assert.equal(row?.missing.first.length, 12);
  assert.equal(row?.missing.more, '28');
});

test('the report shows the table only where ground truth is named, as text, and says when no record was read', () => {
  const shown = renderConformance(runWith(twoPages, { Condition: ['c1'] }));
  assert.match(shown, /<h2 id="completeness">/);
  assert.doesNotMatch(shown, /<b>c9<\/b>/);
  assert.doesNotMatch(renderConformance(runWith(twoPages)), /id="completeness"/);
  assert.match(renderConformance(runWith([exchange(0)], { Condition: ['c1'] })), /no whole record was read in this run/);
});
