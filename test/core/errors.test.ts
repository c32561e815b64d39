import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Finding, Json } from '../../src/core/model.ts';
import { evidence, outcome, type Told } from './sample.ts';

/** Verdicts on errors as servers in the field gave them (docs/field.md), each by its number there. */

function said(id: string, ...told: readonly Told[]): Finding {
  const check = checks.find((each) => each.id === id);
  if (!check) throw new Error(`There is no requirement ${id}.`);
  // The judge alone: that an honest answer of the kind came as well is a law of its own (src/core/judge.ts).
  return check.judge(evidence(told));
}
const is = (finding: Finding, state: Finding['outcome'], words = /./): void => {
  assert.equal(finding.outcome, state, JSON.stringify(finding));
  assert.match(JSON.stringify(finding), words);
};

test('K18.1: Retry-After is read as the client reads it', () => {
  const busy = (after: string): Told => ({ status: 429, headers: { 'retry-after': after } });
  is(said('err.retry-after', busy('30')), 'pass');
  is(said('err.retry-after', busy('1795886773')), 'fail', /since 1970/);
  is(said('err.retry-after', busy('soon')), 'fail', /soon/);
  is(said('err.retry-after', { status: 503 }), 'fail', /no Retry-After/);
});

test('K4.4: http.<name> may name what is missing, whatever the code', () => {
  const missing = outcome('invalid', 'periodStart is missing.', { expression: ['http.periodStart'] });
  is(said('err.oo.expression', { step: 'care-gaps', status: 400, body: missing }), 'pass');
});

test('K8.10, K8.15: what no error may show is looked for in every answer of the payer', () => {
  const trace = 'java.lang.NullPointerException at com.acme.Hook.call(Hook.java:41)';
  is(said('err.no-internals', { step: 'cds.hook', status: 500, body: trace }), 'fail', /stack trace/);
  is(said('err.no-internals', { step: 'bulk.status', status: 500, body: outcome('exception', trace) }), 'fail');
  is(said('err.no-internals', { status: 401, body: 'Supplied Bearer Token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln' }), 'fail', /a signed token/);
  is(said('err.no-internals', { status: 400, body: outcome('invalid', 'types.push is not a function') }), 'fail', /program itself/);
  is(said('err.no-internals', { status: 400, body: outcome('invalid', 'date is not a date.') }), 'pass');
});

test('K24.1: an id that is in the answers to different requests cannot be traced', () => {
  const error = (url: string, id: string): Told => ({ status: 404, url, body: { ...(outcome('not-found', 'Nobody.') as object), id } as Json });
  is(said('err.trace-id', error('https://a.example/1', 'not-found'), error('https://a.example/2', 'not-found')), 'fail', /different requests/);
  is(said('err.trace-id', error('https://a.example/1', 'r-1'), error('https://a.example/2', 'r-2')), 'pass');
});

test('K24.1: the id of a job that the request named is repeated, not handed out to trace by', () => {
  const job = '13d06433-3508-4a04-a21d-6efa33db25ba';
  const gone = (method: 'GET' | 'DELETE'): Told => ({
    method,
    status: 404,
    url: `https://a.example/poll?_jobId=${job}`,
    body: outcome('not-found', `Job instance <${job}> has completed.`),
  });
  is(said('err.trace-id', gone('GET'), gone('DELETE')), 'fail', /no id with status 404/);
});

test('K2.3: a wrong body is refused beside an honest match of the known member', () => {
  const wrong: Told = { step: 'member-match', probe: 'err.malformed-json', status: 404, body: outcome('not-supported', 'No such operation.') };
  is(said('err.malformed-json', { step: 'member-match', member: 'known', status: 404 }, wrong), 'not-testable', /refused too/);
  is(said('err.malformed-json', { step: 'member-match', member: 'known', body: { resourceType: 'Parameters' } }, { ...wrong, status: 400 }), 'pass');
});

test('K10.3: what a resource tagged SUBSETTED lacks is no breach of R4', () => {
  const row = (tag: object) => JSON.stringify({ resourceType: 'Coverage', id: 'c', meta: { tag: [tag] } });
  const check = checks.find((each) => each.id === 'payload.r4');
  const judged = (tag: object): Finding | undefined => {
    const history = evidence([{ step: 'bulk.file', body: row(tag) }]);
    const [file] = history.exchanges;
    const issues = [{ severity: 'error', rule: 'min', expression: 'Coverage.payor', text: 'payor is required', tier: 1, line: 1 }] as const;
    return check && file && findingOf(check, { ...history, exchanges: [{ ...file, issues }] });
  };
  assert.equal(judged({ code: 'SUBSETTED' })?.outcome, 'pass');
  assert.equal(judged({ code: 'other' })?.outcome, 'fail');
});
