import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noErrors } from '../../checks/payload.ts';
import type { Exchange, Issue, Json, Known, Step } from '../../src/core/model.ts';
import { createValidation } from '../../src/enrich/validation.ts';

const us = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient';
const known = (capability?: Json): Known => ({
  target: { name: 't', auth: { kind: 'none' }, members: {} },
  ids: {},
  notes: {},
  ...(capability === undefined ? {} : { capability }),
});
const supports = (profile: string): Json => ({
  resourceType: 'CapabilityStatement',
  rest: [{ resource: [{ type: 'Patient', supportedProfile: [profile] }] }],
});

function exchange(body: Json | string, step: Step = 'read', more: Partial<Exchange> = {}): Exchange {
  return {
    index: 0,
    suite: 's',
    step,
    request: { method: 'GET', url: 'http://a.example.org', headers: {} },
    response: {
      status: 200,
      headers: { 'content-type': step === 'bulk.file' ? 'application/fhir+ndjson' : 'application/fhir+json' },
      body: typeof body === 'string' ? body : JSON.stringify(body, null, 1),
    },
    startedAt: '2026-01-01T00:00:00Z',
    timing: { total: 1 },
    size: { sent: 0, received: 0, decoded: 0 },
    ...more,
  };
}

async function enriched(one: Exchange, journey: Known = known()): Promise<Exchange> {
  const more = await createValidation({ cache: '/nonexistent' }).enricher(one, journey);
  return { ...one, ...more };
}

const incomplete = { resourceType: 'Patient', id: 'p', name: [{ family: 'A' }] };

test('a claimed profile is applied; the finding names line and element', async () => {
  const found = await enriched(exchange({ ...incomplete, meta: { profile: [us] }, birthDate: 'x' }));
  assert.deepEqual(found.facts?.['validation.profiles'], [`${us}|5.0.1`]);
  const finding = noErrors(found, us);
  assert.ok(finding.outcome === 'fail');
  assert.match(found.issues?.map((each) => `${each.rule} ${each.line}`).join() ?? '', /primitive 14/);
});

test('the one supportedProfile of a type is demanded of reads, with the place in a Bundle; not of operations', async () => {
  const bundle = { resourceType: 'Bundle', type: 'searchset', entry: [{ fullUrl: 'http://a.example.org/Patient/p', resource: incomplete }] };
  const found = await enriched(exchange(bundle, 'search'), known(supports(us)));
  assert.ok(found.issues?.some((each) => each.expression === 'Bundle.entry[0].resource' && each.rule === 'min' && (each.line ?? 0) > 1));
  const match = await enriched(exchange(bundle, 'match'), known(supports(us)));
  assert.ok(!match.issues?.some((each) => each.severity === 'error'));
  const subset = await enriched(exchange({ ...incomplete, meta: { tag: [{ code: 'SUBSETTED' }], profile: [us] } }), known(supports(us)));
  assert.ok(!subset.issues?.some((each) => each.severity === 'error'));
});

test('a profile that is not loaded is not testable, with the reason', async () => {
  const profile = 'http://example.org/StructureDefinition/none';
  const found = await enriched(exchange({ ...incomplete, meta: { profile: [profile] } }));
  assert.match(JSON.stringify(found.facts?.['validation.absent']), /no loaded package/);
  const finding = noErrors(found, profile);
  assert.ok(finding.outcome === 'not-testable' && /no loaded package/.test(finding.reason));
});

test('every record of a bulk file is judged, by line', async () => {
  const lines = [incomplete, { resourceType: 'Patient', gender: 'F' }, incomplete].map((each) => JSON.stringify(each)).join('\n');
  const found = await enriched(exchange(`${lines}\n`, 'bulk.file'));
  assert.deepEqual(
    found.issues?.filter((each) => each.severity === 'error').map(({ line, expression }) => [line, expression]),
    [[2, 'Patient.gender']],
  );
  assert.match(JSON.stringify(found.facts?.['validation.counts']), /"error":1/);
});

test('what is no FHIR JSON is left alone, and then not testable', async () => {
  for (const one of [
    exchange('{"access_token":"x"}', 'token', {
      response: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"access_token":"x"}' },
    }),
    exchange('', 'read', { response: null }),
  ]) {
    const found = await enriched(one);
    assert.equal(found.issues, undefined);
    assert.equal(noErrors(found).outcome, 'not-testable');
  }
  const broken = await enriched(exchange('{"resourceType":'));
  assert.equal(noErrors(broken).outcome, 'fail');
});

test('only what could have been an error blocks a verdict', () => {
  const issue = (severity: Issue['severity'], rule: string): Issue => ({ severity, rule, expression: 'A.b', text: 't', tier: 1 });
  const outcome = (...issues: readonly Issue[]) => noErrors({ ...exchange('{}'), issues, facts: { 'validation.profiles': [] } }).outcome;
  assert.equal(outcome(), 'pass');
  assert.equal(outcome(issue('warning', 'binding.extensible')), 'pass');
  assert.equal(outcome(issue('not-verifiable', 'binding.extensible')), 'pass');
  assert.equal(outcome(issue('not-verifiable', 'binding.required')), 'not-testable');
  assert.equal(outcome(issue('not-verifiable', 'binding.required'), issue('error', 'min')), 'fail');
});
