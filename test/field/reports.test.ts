import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { slicesOf } from '../../reports/pictures/errors.ts';
import { renderConformance } from '../../reports/render.ts';
import { cardsView } from '../../reports/view/cards.ts';
import { fixFirstView } from '../../reports/view/fix-first.ts';
import { faultsCalled } from '../../src/cli/injections.ts';
import { progress } from '../../src/cli/progress.ts';
import { fail, warn } from '../../src/core/findings.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Evidence, Json } from '../../src/core/model.ts';
import { scoreLoad } from '../../src/core/rubric/load.ts';
import type { Suite } from '../../src/run/suite.ts';
import { exchange, sampleRun, verdict } from '../reports/sample.ts';

/** Findings R: reports, words, progress and doctor, as people met them who used the tool for the first time. */

const rowOf = (id: string) => checks.find((each) => each.id === id) ?? assert.fail(id);
const evidenceOf = (exchanges: Evidence['exchanges'], target: object = {}): Evidence => ({
  exchanges,
  target: { ...sampleRun().target, ...target },
  blocked: [],
});

test('R1: a word that says nothing by itself is completed by the request that it is about', () => {
  const at = exchange(0, { request: { method: 'POST', url: 'https://payer.example/fhir/Patient/_search', headers: {} } });
  for (const word of ['none', 'absent', 'neither', '']) {
    const said = [fail(at, 'a link', word), warn(at, 'a link', word)].map((each) => (each.outcome === 'fail' ? each.actual : ''));
    for (const actual of said) assert.match(actual, /^(none|absent|neither|nothing) at POST https:\/\/payer\.example\/fhir\/Patient\/_search$/);
  }
  const whole = fail(at, 'a link', 'no link');
  assert.equal(whole.outcome === 'fail' && whole.actual, 'no link');
});

test('R2, R3: no word of ours says "a OperationOutcome", "1 resources" or that an OAuth answer ought to be FHIR', async () => {
  let read = 0;
  for await (const file of glob('{src,checks,suites,reports}/**/*.{ts,hbs}')) {
    read++;
    assert.doesNotMatch(
      readFileSync(file, 'utf8'),
      /\ba (OperationOutcome|Observation|Organization|Encounter|Endpoint)\b(?=['`" ,.])|JSON that is not a FHIR resource/,
      file,
    );
  }
  assert.ok(read > 400);
});

test('R5: a self link that lacks a filter is reported with the request, method and all', () => {
  const self = 'https://payer.example/fhir/Condition?patient=1';
  const capability: Json = {
    resourceType: 'CapabilityStatement',
    rest: [{ mode: 'server', resource: [{ type: 'Condition', searchParam: [{ name: 'patient' }, { name: 'category' }] }] }],
  };
  const finding = findingOf(
    rowOf('rest.search.self-link'),
    evidenceOf([
      exchange(0, { step: 'metadata', response: { status: 200, headers: {}, body: JSON.stringify(capability) } }),
      exchange(1, {
        step: 'search',
        request: {
          method: 'POST',
          url: 'https://payer.example/fhir/Condition/_search',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: 'patient=1&category=x',
        },
        response: {
          status: 200,
          headers: {},
          body: JSON.stringify({
            resourceType: 'Bundle',
            type: 'searchset',
            total: 1,
            link: [{ relation: 'self', url: self }],
            entry: [{ resource: { resourceType: 'Condition', id: '1' } }],
          }),
        },
      }),
    ]),
  );
  assert.equal(
    finding.outcome === 'fail' && finding.actual,
    `the self link of POST https://payer.example/fhir/Condition/_search is ${self}: category missing`,
  );
});

test('R6: what nobody said, and what leaked, are two words', async () => {
  const template = readFileSync('reports/templates/score.hbs', 'utf8').replace(/\s+/g, ' ');
  assert.match(template, /\{\{#each leaks\}\}[^{]* <b class="t-fail">leak/);
  assert.match(renderConformance(sampleRun()), /<html/);
});

test('R11: a rule of a guide whose edition nobody knows comes after every SHALL that fails for sure', () => {
  const unsure = {
    ...verdict('crd.card.summary', { outcome: 'fail', expected: 'x', actual: 'y', exchange: 0, severity: 'warning' }),
    level: 'SHALL',
    lines: ['L4'],
  } as const;
  const sure = {
    ...verdict('rest.search.self-link', { outcome: 'fail', expected: 'a', actual: 'b', exchange: 1 }),
    level: 'SHALL',
    lines: ['L1'],
  } as const;
  const { items } = fixFirstView(sampleRun({ verdicts: [unsure, sure] }));
  assert.deepEqual(
    items.map(({ ids }) => ids[0]),
    ['rest.search.self-link', 'crd.card.summary'],
  );
});

const action = (id: string, parts: readonly Json[]): Json => ({
  type: 'update',
  description: 'Coverage information was added',
  resource: {
    resourceType: 'ServiceRequest',
    id,
    extension: [{ url: 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information', extension: parts }],
  },
});
const hookWith = (n: number, ...actions: readonly Json[]) =>
  exchange(n, {
    step: 'cds.hook',
    request: { method: 'POST', url: 'https://x.example', headers: {}, body: '{"hook":"order-sign"}' },
    response: { status: 200, headers: {}, body: JSON.stringify({ cards: [], systemActions: actions }) },
  });

test('R18: actions that differ in ids alone are drawn once, and parts of an older coverage information are shown', () => {
  const parts = (nth: number): readonly Json[] => [
    { url: 'covered', valueCode: 'covered' },
    { url: 'coverage', valueReference: { reference: `Coverage/c-${nth}00123` } },
    { url: 'identifier', valueString: `8f14e45f-ceea-4e7a-9f6b-00000000000${nth}` },
    { url: 'approved', valueBoolean: true },
    { url: 'info-needed', extension: [{ url: 'reason', valueString: 'a form' }] },
  ];
  const view = cardsView(sampleRun({ exchanges: [1, 2, 3].map((nth) => hookWith(nth, action(`order-${nth}`, parts(nth)))) }));
  assert.equal(view.first.length, 1);
  assert.match(view.first[0]?.detail ?? '', /approved: true/);
  assert.match(view.first[0]?.detail ?? '', /info-needed, reason: a form/);
  const two = cardsView(
    sampleRun({
      exchanges: [hookWith(0, action('a', [{ url: 'covered', valueCode: 'covered' }]), action('a', [{ url: 'covered', valueCode: 'not-covered' }]))],
    }),
  );
  assert.equal(two.first.length, 2, 'another opinion is another card');
});

test('R21: stage by stage, over time and in the figures, errors are counted by one rule', () => {
  const ok = [1, 1, 0, 1, 0] as const;
  const series = { operation: 'read', source: 'k6', at: [0, 10, 20, 30, 40], total: [1, 1, 1, 1, 1], ok } as const;
  const slices = slicesOf([{ ...series, at: [...series.at], total: [...series.total], ok: [...ok] }]);
  assert.equal(
    slices.reduce((sum, each) => sum + each.errors, 0),
    ok.filter((each) => each === 0).length,
  );
  assert.equal(
    slices.reduce((sum, each) => sum + each.answers, 0),
    ok.filter((each) => each === 1).length,
  );
  // What a stage counts as right is the same flag of the same sample.
  assert.match(readFileSync('src/load/collect.ts', 'utf8'), /if \(ok\) return 'ok';/);
});

test('R22: where one member was asked about, whether answers get mixed up is open, not met', () => {
  const stage = {
    name: 'a',
    kind: 'steady',
    rate: 1,
    seconds: 30,
    answers: { requests: 30, ok: 30, shed: 0, shedBare: 0, failed: 0, late: 0, lost: 0, refused: 0 },
    judged: 30,
    wrong: 0,
  };
  const load = {
    profile: 'agreed',
    rate: 1,
    durationMs: 30_000,
    warmUpMs: 0,
    requests: 30,
    dropped: 0,
    mixedUp: 0,
    members: 1,
    conformance: [],
    stages: [stage],
    tool: 'k6',
  };
  const score = scoreLoad({ startedAt: '2026-11-23T14:02:00.000Z', series: [], load: load as never }, undefined);
  const mixed = score?.criteria.find(({ title }) => title === 'No answer about another member');
  assert.equal(mixed?.state, 'open');
  assert.match(mixed?.why ?? '', /only one member/);
});

test('R23: times that were measured are reported, also where no number of calls is agreed', () => {
  const calls = [100, 200, 16_000].map((total, nth) => ({ ...hookWith(nth), variant: 'appointment-book' as const, timing: { total } }));
  const finding = rowOf('crd.timing.ten-seconds').judge(evidenceOf(calls));
  assert.match(
    finding.outcome === 'not-testable' ? finding.reason : finding.outcome,
    /In this run 2 of 3 calls were answered within 10 s; the slowest took 16000 ms/,
  );
});

test('R29: a fault that is none is called wrong usage', () => {
  assert.throws(() => faultsCalled(['no.such.fault']), /wrong usage of --fault: no fault is called no\.such\.fault\. Did you mean /);
});

test('R31: why a dead server stopped a conversation is reported once, whatever needed it', () => {
  const lines: string[] = [];
  const suite = (id: string): Suite => ({ id, title: id, scenarios: ['S1'], asks: [], requests: 1, drive: async () => undefined });
  const all = ['discover', 'token', 'member'].map(suite);
  const { onSuite, stop } = progress(all, (line) => lines.push(line));
  const why = 'nothing listens at https://payer.example (refused)';
  const [first, second, third] = all;
  if (first) onSuite(first, 'end', 0, why);
  if (second) onSuite(second, 'end', 0, `it needs discover (${why})`);
  if (third) onSuite(third, 'end', 0, why);
  stop();
  assert.equal(lines.filter((each) => each.includes('nothing listens')).length, 1);
});

test('R32: equal kick-offs may share a job; different ones may not', () => {
  const kickoff = (n: number, query: string) =>
    exchange(n, {
      step: 'bulk.kickoff',
      request: { method: 'GET', url: `https://payer.example/fhir/Group/1/$export${query}`, headers: {} },
      response: { status: 202, headers: { 'content-location': 'https://payer.example/jobs/1' }, body: '' },
    });
  const judged = (...exchanges: Evidence['exchanges']) => rowOf('bulk.kickoff.own-url').judge(evidenceOf(exchanges)).outcome;
  assert.equal(judged(kickoff(0, ''), kickoff(1, '')), 'pass');
  assert.equal(judged(kickoff(0, ''), kickoff(1, '?_type=Patient')), 'fail');
});

test('R20: a template can be read, and compared line by line', async () => {
  let read = 0;
  for await (const file of glob('reports/templates/*')) {
    read++;
    const longest = Math.max(
      ...readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => line.length),
    );
    assert.ok(longest <= 200, `${file} has a line of ${longest} characters`);
  }
  assert.ok(read > 15);
});
