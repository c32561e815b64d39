import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { readPassing } from '../../src/core/memo.ts';
import type { Exchange, Target } from '../../src/core/model.ts';
import type { LoadPlan } from '../../src/load/plan.ts';
import { suites } from '../../suites/index.ts';
import { noted } from '../../suites/load/lib/exchange.ts';
import type { Ask } from '../../suites/load/lib/journey.ts';
import { allFamilies, type Judge, type Judges, judgesOf } from '../../suites/load/lib/judges.ts';
import { judgeAll } from '../../suites/load/lib/judging.ts';
import { recallBy } from '../../suites/load/lib/recall.ts';
import { type Rehearsed, sampleOf } from '../../suites/load/lib/sample.ts';
import { uuidsIn, withoutNames } from '../../suites/load/lib/words.ts';
import { openWorld, type World } from '../bulk/world.ts';

/** Under load an answer in the same words is judged once. Every judge is held to that here, on every answer of a whole run. */

const asked = ['member-match', 'read', 'search', 'everything', 'docref', 'care-gaps', 'cds.hook', 'group.read', 'token'];
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

let world: World;
let answers: readonly Exchange[];
let judges: Judges;
let plan: LoadPlan;
before(async () => {
  world = await openWorld();
  const target: Target = { ...world.embedded.target, evidence: 'full' };
  const { exchanges } = await world.talk(
    suites.map(({ id }) => id),
    { patch: { evidence: 'full' } },
  );
  answers = exchanges.filter(
    ({ step, probe, response }) => asked.includes(step) && probe === undefined && response !== null && response.status < 400,
  );
  judges = await judgesOf(allFamilies);
  plan = {
    profile: { name: '', title: '', tolerated: 1, stages: [] },
    base: target.fhir?.base ?? '',
    members: [],
    offers: [],
    target,
    hosts: [],
    auth: { kind: 'none' },
    timeout: 1,
  };
});
after(() => world.close());

/** As k6 hands it over: who reads what differs each time is noted. */
const fromK6 = ({ request, response, timing, startedAt, ...rest }: Exchange): Exchange => ({
  ...rest,
  request: { ...request, headers: noted(request.headers) },
  response: response && { ...response, headers: noted(response.headers) },
  get startedAt() {
    readPassing();
    return startedAt;
  },
  get timing() {
    readPassing();
    return timing;
  },
});

/** With every UUID but these exchanged for another, one for one. */
function renamed(exchange: Exchange, but: ReadonlySet<string>): Exchange {
  const names = new Map<string, string>();
  const other = (name: string): string => {
    const found = names.get(name) ?? (but.has(name.toLowerCase()) ? name : crypto.randomUUID());
    names.set(name, found);
    return found;
  };
  return JSON.parse(JSON.stringify(exchange).replace(uuid, other)) as Exchange;
}

/** What else may differ from one answer to the next. */
const others: Readonly<Record<string, (exchange: Exchange) => Exchange>> = {
  'the same': (each) => each,
  'other names, but those of the target': (each) => renamed(each, uuidsIn(JSON.stringify(plan))),
  'other names throughout': (each) => renamed(each, new Set()),
  'no request id': (each) => without(each, /request-id/),
  'no Content-Type': (each) => without(each, /content-type/),
  'no headers': (each) => without(each, /./),
  'a spoilt body': (each) => ({ ...each, response: each.response && { ...each.response, body: each.response.body.replace('"id":', '"di":') } }),
  'an empty element': (each) => ({
    ...each,
    response: each.response && { ...each.response, body: each.response.body.replace(/\{/, '{"language":"",') },
  }),
};
const without = (each: Exchange, name: RegExp): Exchange => ({
  ...each,
  response: each.response && {
    ...each.response,
    headers: Object.fromEntries(Object.entries(each.response.headers).filter(([key]) => !name.test(key))),
  },
});

test('what is recalled is what judging anew would have said', () => {
  // Every judge that has nothing against any honest answer of the step: an answer with a fault is not kept.
  const content = (step: string) =>
    answers
      .filter((each) => each.step === step)
      .reduce((ids, each) => ids.filter((id) => judgeAll([id], each, plan.target, judges).letters !== 'f'), [...judges.keys()]);
  const everything: Rehearsed = { judged: Object.fromEntries(asked.map((step) => [step, content(step)])), entries: {} };
  let recollections = 0;
  const recall = recallBy((text) => createHash('sha256').update(text).digest('base64'), JSON.stringify(plan));
  const counted: typeof recall = (ask, exchange, form) =>
    recall(ask, exchange, (known) => {
      if (known) recollections++;
      return form(known);
    });
  for (const exchange of answers) {
    const ask: Ask = { step: exchange.step, spec: { method: 'GET', url: '' } };
    const where = { stage: 0, iteration: '', at: 0 };
    for (const [what, change] of Object.entries(others)) {
      const other = change(exchange);
      const anew = sampleOf(plan, everything, judges, ask, fromK6(other), where);
      const recalled = sampleOf(plan, everything, judges, ask, fromK6(other), where, counted);
      assert.deepEqual(recalled, anew, `${what}: ${exchange.request.method} ${exchange.request.url}`);
    }
  }
  assert.ok(recollections > answers.length, `${recollections} recollections in ${answers.length} answers`);
});

test('texts become equal only where one is the other with its names exchanged', () => {
  const [a, b, c] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  assert.equal(withoutNames(`${a} ${b} ${a}`, undefined), withoutNames(`${b} ${c} ${b}`, undefined));
  assert.notEqual(withoutNames(`${a} ${b} ${a}`, undefined), withoutNames(`${a} ${b} ${b}`, undefined));
  assert.equal(withoutNames('Patient/ehr-patient-1.', 'ehr-patient-1'), withoutNames('Patient/ehr-patient-2.', 'ehr-patient-2'));
  assert.notEqual(withoutNames('Patient/ehr-patient-2.', 'ehr-patient-1'), withoutNames('Patient/ehr-patient-2.', 'ehr-patient-2'));
  const edges = [a, `${a}-x`, `x${a}`, `0${a}`, `${a}0`, `${a}${b}`, `${a}-${b}`, `1-2-${a}`, 'a-b-c-d', '-'.repeat(40), a.toUpperCase(), ''];
  const slowly = (text: string, names = new Map<string, string>()) =>
    text.replace(uuid, (name) => names.set(name, names.get(name) ?? `\u0001${names.size}\u0001`).get(name) ?? '');
  for (const text of edges) assert.equal(withoutNames(text, undefined), slowly(text), text);
  assert.notEqual(withoutNames('1971', '1'), withoutNames('2972', '2'), 'a short id is part of numbers');
});

test('what an answer should have is not taken from another that reads the same: entries go by the URL, names in the target file count', () => {
  const [a, b, target] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  const answer = (id: string, entries: number): Exchange => {
    const body = JSON.stringify({
      resourceType: 'Bundle',
      type: 'searchset',
      entry: Array.from({ length: entries }, () => ({ fullUrl: `urn:uuid:${id}` })),
    });
    const url = `https://payer.example/fhir/Condition?patient=${id}`;
    return {
      ...{ index: 0, suite: 'load', step: 'search', request: { method: 'GET', url, headers: {} }, response: { status: 200, headers: {}, body } },
      ...{ startedAt: '2026-01-01T00:00:00Z', timing: { total: 1 }, size: { sent: 0, received: 0, decoded: 0 } },
    };
  };
  const known = new Map([
    [
      'needs-target',
      {
        family: 'rest',
        id: 'needs-target',
        judge: ({ exchanges }) => ({
          outcome: exchanges[0]?.response?.body.includes(target) ? 'pass' : 'fail',
          expected: '',
          actual: '',
          exchange: 0,
        }),
      },
    ],
  ] as [string, Judge][]);
  const aware: LoadPlan = { ...plan, target: { ...plan.target, fhir: { base: `https://payer.example/${target}` } } };
  const rehearsed: Rehearsed = { judged: { search: [] }, entries: { [answer(a, 3).request.url]: 3, [answer(b, 5).request.url]: 5 } };
  const recall = recallBy((text) => text, JSON.stringify(aware));
  const said = (exchange: Exchange, judged: Rehearsed) =>
    sampleOf(aware, judged, known, { step: 'search', spec: { method: 'GET', url: '' } }, exchange, { stage: 0, iteration: '', at: 0 }, recall);
  assert.equal(said(answer(a, 3), rehearsed).short, undefined);
  assert.equal(said(answer(b, 3), rehearsed).short, 2, 'b lost two entries, and reads like the whole answer about a');
  const strict: Rehearsed = { ...rehearsed, judged: { search: ['needs-target'] }, entries: {} };
  assert.equal(said(answer(target, 4), strict).j, 'p');
  assert.equal(said(answer(a, 4), strict).j, 'f', 'another name than that of the target file');
});
