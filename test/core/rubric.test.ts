import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expected, Step } from '../../src/core/model.ts';
import { isTransient } from '../../src/core/rubric/codes.ts';
import { scoreErrors } from '../../src/core/rubric/errors.ts';
import { actionsIn, plainLanguage, unusable } from '../../src/core/rubric/language.ts';
import { leaksOf } from '../../src/core/rubric/leaks.ts';
import { constantTraces, traceOf } from '../../src/core/rubric/trace.ts';
import { evidence, exchange, outcome, probe, type Told } from './sample.ts';

const good: readonly string[] = [
  'The body is not valid JSON (line 3). Correct it and send again.',
  'date must be YYYY-MM-DD or a full instant.',
  'Parameter "foo_bar(x)" is not supported; remove it.',
  'More than one member fits the data. Add the member id from the card and try again.',
  'The access token has expired. Request a new one.',
  'Too many requests. Try again in 30 seconds.',
  'Your scopes do not cover Observation.',
  'CoverageToMatch is missing from the request.',
];
const bad: readonly (readonly [text: string, why: RegExp])[] = [
  ['', /no text/],
  ['Error occurred', /only says/],
  ['Internal server error.', /only says/],
  ['Not found', /too few/],
  ['java.lang.NullPointerException: null at row 4', /exception|class path/],
  ['Cannot invoke method at com.acme.Match.find(Match.java:41)', /class path|stack/],
  ['<p>The request could not be read by the gateway</p>', /markup/],
  ['Failed to run SELECT id FROM member WHERE x', /SQL/],
  ['Something failed in /opt/payer/lib/match.so today', /file path/],
  ['ERR_MATCH_4711 was raised by the matcher', /error constant/],
  ['{"cause": "unknown member in the index"}', /brackets/],
  ['x'.repeat(30), /bare code/],
  [`No member fits. ${'Really. '.repeat(100)}`, /too many/],
];

test('plain language is distinguished from the language of programs', () => {
  for (const text of good) assert.deepEqual([text, plainLanguage(text)], [text, { plain: true, why: '' }]);
  for (const [text, why] of bad) {
    const { plain, why: said } = plainLanguage(text);
    assert.ok(!plain, text);
    assert.match(said, why, text);
  }
});

const forward: readonly (readonly [text: string, actions: readonly string[]])[] = [
  ['The body is not valid JSON. Correct it and send again.', ['correct']],
  ['More than one member fits. Add the member id from the card and try again.', ['correct']],
  ['CoverageToMatch is missing.', ['correct']],
  ['date must be YYYY-MM-DD or a full instant.', ['correct']],
  ['Parameter foo is not supported; remove it.', ['correct']],
  ['No export job 42. Start a new export.', ['correct']],
  ['The access token has expired. Request a new one.', ['reauthenticate']],
  ['jti was used before. Make a new assertion for every request.', ['reauthenticate']],
  ['Please sign in again.', ['reauthenticate']],
  ['Too many requests. Try again in 30 seconds.', ['retry']],
  ['Service is in maintenance. Please retry after 06:00.', ['retry']],
  ['Internal fault. Quote trace 8c1f to support.', ['contact']],
  ['The consent cannot be met. Ask the member for a wider one.', ['contact']],
  ['The date is wrong. Correct it. If the problem persists, contact support.', ['correct']],
  ['Correct the date, please. Or wait a while and try again later.', ['correct', 'retry']],
  ['Error occurred', []],
  ['Patient p-1 was deleted.', []],
  ['Your scopes do not cover Observation.', []],
];

test('the way forward is read from the words', () => {
  for (const [text, actions] of forward) assert.deepEqual([text, actionsIn(text)], [text, actions]);
});

test('messages that nobody can use are recognised', () => {
  assert.equal(unusable(''), 'empty');
  assert.equal(unusable('<html>'), 'markup');
  assert.equal(unusable('The member could not be found because'), 'cut off');
  assert.equal(unusable('E4711'), 'a bare code');
  assert.equal(unusable('No member fits the data.'), undefined);
});

const score = (step: Step, expected: Expected, told: Told, more: readonly Told[] = []) => {
  const history = evidence([{ step, probe: 'p', ...told }, ...more]);
  return scoreErrors(history, [probe('p', step, expected)]).scores[0];
};
const badDate: Expected = { status: [400], codes: ['value', 'invalid'], names: ['date'], action: 'correct' };
const words = 'The value of date must be YYYY-MM-DD. Correct it and send the request again.';
const headers = { 'x-request-id': 'r-1' };
const perfect: Told = { status: 400, headers, body: outcome('value', words, { expression: ['http.date'] }) };

test('an error that says what, where and what next scores 20', () => {
  const seen = score('search', badDate, perfect);
  assert.equal(seen?.points, 20, JSON.stringify(seen?.criteria.filter((each) => each.points < each.max)));
  assert.deepEqual([seen?.grade, seen?.words, seen?.actions], ['good', words, ['correct']]);
});

test('a wrong status class makes the whole error worth nothing', () => {
  assert.equal(score('search', badDate, { ...perfect, status: 200 })?.points, 0);
  assert.equal(score('search', badDate, { ...perfect, status: 500 })?.points, 0);
});

test('each criterion costs its own points', () => {
  const lost = (told: Told): readonly (readonly [number, number])[] =>
    (score('search', badDate, told)?.criteria ?? []).filter((each) => each.points < each.max).map((each) => [each.no, each.max - each.points]);
  assert.deepEqual(lost({ ...perfect, status: 422 }), [[2, 1]]);
  assert.deepEqual(lost({ ...perfect, headers: { ...headers, 'content-type': 'text/plain' } }), [[3, 2]]);
  assert.deepEqual(lost({ ...perfect, body: outcome('throttled', words, { expression: ['http.date'] }) }), [
    [4, 1],
    [9, 1],
  ]);
  assert.deepEqual(
    lost({ ...perfect, body: outcome('value', words.replace('date', 'it'), { expression: ['http.code'] }) }).map(([no]) => no),
    [5],
  );
  assert.deepEqual(lost({ ...perfect, headers: {} }), [[10, 1]]);
});

test('a leak caps the score at 6 and fails the run', () => {
  const body = outcome('value', `${words} at com.acme.Search.run(Search.java:41)`, { expression: ['http.date'] });
  const history = evidence([{ step: 'search', probe: 'p', ...perfect, body }]);
  const report = scoreErrors(history, [probe('p', 'search', badDate)]);
  assert.equal(report.scores[0]?.points, 6);
  assert.match(report.failures[0] ?? '', /stack trace/);
});

test("another member's data in an error is a leak; the asker's own are not", () => {
  const member = (number: string) => ({ patient: { identifier: [{ value: number }] }, coverage: {} });
  const members = { known: member('M-10001'), notAttributed: member('M-20002') };
  const auth = { kind: 'bearer', token: { env: 'X' } } as const;
  const history = evidence([{ status: 404, member: 'known', body: 'M-10001 is unknown; did you mean M-20002?' }], { members, auth });
  assert.deepEqual(
    history.exchanges.map((each) => leaksOf(each, history)),
    [['data of another member (members.notAttributed in the target file)']],
  );
  assert.deepEqual(leaksOf(exchange({ body: 'M-200021 is unknown' }), history), []);
  // K14.2: whoever was asked about may be answered about, and where nobody needs a token everybody may see everybody.
  const asked = exchange({ body: 'M-20002 is here', url: 'https://payer.example/fhir/Patient?identifier=M-20002' });
  assert.deepEqual(leaksOf(asked, history), []);
  assert.deepEqual(leaksOf(exchange({ body: 'M-20002 is here' }), evidence([], { members, auth: { kind: 'none' } })), []);
});

test('K14.1: a probe that is served has no message to score; an error inside a success has', () => {
  const probes = [probe('p', 'search', badDate)];
  assert.equal(scoreErrors(evidence([{ step: 'search', probe: 'p', body: { resourceType: 'CapabilityStatement' } }]), probes).count, 0);
  assert.equal(scoreErrors(evidence([{ step: 'search', probe: 'p', body: outcome('value', words) }]), probes).count, 1);
});

test('K14.3: placeholders and keys without their words are no words; K8.15: errors of the program are no words either', () => {
  for (const text of [
    'HAPI-1155: !MESSAGE!',
    'Request failed: ???error.match.none???',
    'No match for {{patient.id}} in index',
    'Value {0} is not valid',
  ]) {
    assert.ok(!plainLanguage(text).plain, text);
    assert.ok(unusable(text) !== undefined, text);
  }
  assert.ok(!plainLanguage('HAPI-1155: 4711 0815 9999 1234').plain);
  const shown = (text: string) => leaksOf(exchange({ status: 500, body: text }), evidence([]));
  assert.deepEqual(shown('types.push is not a function'), ['an error of the program itself']);
  assert.deepEqual(shown('gender "x" is not a valid code'), []);
});

test('K14.4: telling what is allowed is a way forward', () => {
  for (const text of [
    'Unknown search parameter "foo" for resource type "Condition". Valid search parameters for this search are: [_id, patient]',
    'Only the JSON format is supported',
    'gender is one of male, female, other, unknown',
  ])
    assert.deepEqual([text, actionsIn(text)], [text, ['correct']]);
});

test('K24.1: an id that is in the answers to different requests names none of them; an extension may carry one', () => {
  const told = (url: string, id: string) => exchange({ status: 404, url, body: { resourceType: 'OperationOutcome', id } });
  assert.deepEqual(
    [...constantTraces([told('https://a/1', 'not-found'), told('https://a/2', 'not-found'), told('https://a/3', 'x-1')])],
    ['not-found'],
  );
  const extension = [{ url: 'https://payer.example/requestId', valueString: 'r-77120' }];
  assert.equal(traceOf(exchange({ body: { resourceType: 'OperationOutcome', extension, issue: [] } })), 'r-77120');
});

test('K14.5: our own client_id is no secret that leaks, whatever it looks like', () => {
  const clientId = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln';
  const auth = { kind: 'smart-backend', clientId, key: { env: 'X' } } as const;
  const history = evidence([], { auth });
  assert.deepEqual(leaksOf(exchange({ status: 401, body: `The client ${clientId} is unknown.` }), history), []);
  assert.deepEqual(leaksOf(exchange({ status: 401, body: 'Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJiIn0.c2ln' }), history), ['a signed token']);
});

test('OAuth errors are judged by their own rules', () => {
  const expected: Expected = { status: [401, 400], codes: ['invalid_client'], names: ['jti'], action: 'reauthenticate' };
  const body = { error: 'invalid_client', error_description: 'The jti was used before. Make a new assertion for every request.' };
  const json = { ...headers, 'content-type': 'application/json' };
  assert.equal(score('token', expected, { status: 401, headers: json, body })?.points, 20);
  const bare = score('token', expected, { status: 401, headers: json, body: { error: 'invalid_client' } });
  assert.deepEqual([bare?.points, bare?.actions, bare?.words], [14, [], '']);
});

test('CDS services may answer with an OperationOutcome as plain JSON', () => {
  const expected: Expected = { status: [412], codes: ['required'], names: ['Coverage'], action: 'correct' };
  const body = outcome('required', 'Coverage was not prefetched and could not be read. Add the Coverage to the prefetch.');
  assert.equal(score('cds.hook', expected, { status: 412, headers: { ...headers, 'content-type': 'application/json' }, body })?.points, 20);
});

test('a probe sent again is scored once, and another answer costs the point for stability', () => {
  const again: Told = { step: 'search', probe: 'p', status: 404, headers: { 'x-request-id': 'r-2' }, body: outcome('not-found', words) };
  const report = scoreErrors(evidence([{ step: 'search', probe: 'p', ...perfect }, again]), [probe('p', 'search', badDate)]);
  assert.deepEqual([report.count, report.scores[0]?.points], [1, 19]);
});

test('a run knows its minimum, its mean and the mean of each step', () => {
  const history = evidence([{ step: 'search', probe: 'p', ...perfect }, { step: 'read', probe: 'q', status: 500, body: '' }, { step: 'read' }]);
  const report = scoreErrors(history, [probe('p', 'search', badDate), probe('q', 'read', { ...badDate, status: [404] })]);
  assert.deepEqual([report.count, report.minimum, report.mean, report.serverFaults], [2, 0, 10, 0.5]);
  assert.deepEqual(
    report.steps.map(({ step, mean }) => [step, mean]),
    [
      ['search', 20],
      ['read', 0],
    ],
  );
  assert.match(report.failures[0] ?? '', /1 of 2 client faults/);
  assert.equal(scoreErrors(evidence([]), []).mean, undefined);
});

test('K11.4: one list of codes invites the same request again', () => {
  for (const code of ['transient', 'lock-error', 'no-store', 'exception', 'timeout', 'incomplete', 'throttled', 'slow_down'])
    assert.ok(isTransient(code), code);
  assert.ok(!isTransient('not-found') && !isTransient(undefined));
});
