import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, notTestable, pass } from '../../src/core/findings.ts';
import { judge } from '../../src/core/judge.ts';
import type { Exchange, Json, Verdict } from '../../src/core/model.ts';
import { type PostConditionId, postconditions } from '../../src/core/postconditions.ts';
import { scoreErrors } from '../../src/core/rubric/errors.ts';
import { scoreIdentity } from '../../src/core/rubric/identity.ts';
import { scorecard } from '../../src/core/scorecard.ts';
import { checkOf, evidence, exchange, failed, outcome, probe, type Told, target, verdict } from './sample.ts';

const cell = (verdicts: readonly Verdict[], line = 'L4') => scorecard(verdicts).find((each) => each.scenario === 'S1' && each.line === line);

test('the scorecard has 42 cells, and says which nobody covers', () => {
  const cells = scorecard([verdict('a', pass)]);
  assert.equal(cells.length, 42);
  assert.equal(cells.filter((each) => each.mark === 'not-covered').length, 41);
});

test('a cell shows its worst mark and leads to the worst requirement first', () => {
  const seen = cell([verdict('good', pass), verdict('open', notTestable('x', 'payer')), verdict('bad', failed)]);
  assert.deepEqual([seen?.mark, seen?.requirements, seen?.counts.pass], ['fail', ['bad', 'open', 'good'], 1]);
  assert.equal(cell([verdict('good', pass), verdict('open', notTestable('x', 'payer'))])?.mark, 'not-testable');
});

test('an expected failure is marked as such', () => {
  const expected = { requirement: 'a', owner: 'Ann', reason: 'known', expires: '2026-12-31' };
  assert.equal(cell([verdict('a', failed, { expected }), verdict('b', pass)])?.mark, 'expected');
});

const decide = (
  told: readonly Told[],
  verdicts: readonly Verdict[],
  more: Parameters<typeof evidence>[1] = {},
  probes = [] as ReturnType<typeof probe>[],
) => {
  const history = evidence(told, more);
  const exchanges: readonly Exchange[] = history.exchanges;
  const all = postconditions({ exchanges, verdicts, target: history.target }, scoreErrors(history, probes));
  return (id: PostConditionId) => all.find((each) => each.scenario === 'S1' && each.id === id);
};

test('P1 is met by passing data rows and missed by one failing SHALL, named in the sentence', () => {
  assert.equal(decide([{}], [verdict('id.x', pass)])('P1')?.state, 'met');
  const missed = decide([{}], [verdict('id.x', failed)])('P1');
  assert.deepEqual([missed?.state, missed?.requirement], ['missed', 'id.x']);
  assert.match(missed?.why ?? '', /expected this; saw that/);
});

test('P1 is met when the payer says specifically why there are no data, and missed when it does not', () => {
  const open = [verdict('id.x', notTestable('not reached', 'payer'))];
  const refusal = {
    step: 'member-match',
    status: 422,
    body: outcome('suppressed', 'The member has not consented to this disclosure. Ask the member.'),
  } as const;
  assert.equal(decide([refusal], open)('P1')?.state, 'met');
  assert.equal(decide([{ step: 'member-match', status: 422, body: '' }], open)('P1')?.state, 'missed');
  assert.equal(decide([{}], open)('P1')?.state, 'unknown');
});

test('P2 follows the agreed times, and is unknown where nothing is agreed', () => {
  const time = (finding: typeof failed) => verdict('time.match', finding, { level: 'FAST', lines: ['L6'], measures: 'answer time' });
  assert.equal(decide([{}], [time(pass)])('P2')?.state, 'met');
  assert.equal(decide([{}], [time(failed)])('P2')?.state, 'missed');
  assert.equal(decide([{}], [])('P2')?.state, 'unknown');
  assert.equal(decide([{ error: { code: 'timeout', message: 'no answer in 60 s' } }], [])('P2')?.state, 'missed');
});

test('K17.2: only rows that measure answer times decide P2, whatever their ids say; a recommended time is no limit', () => {
  const lifetime = verdict('cc2.token.lifetime-short', failed, { level: 'SHOULD', lines: ['L6'] });
  assert.equal(decide([{}], [lifetime])('P2')?.state, 'unknown');
  const recommended = verdict('time.match', failed, { level: 'SHOULD', lines: ['L6'], measures: 'answer time' });
  assert.notEqual(decide([{}], [recommended])('P2')?.state, 'missed');
});

test('K20.1, K20.2: P3 is missed by the rows about payloads alone, and only in the scenarios whose conversations show it', () => {
  const all = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'] as const;
  const row = checkOf('payload.r4', () => fail(exchange({}), 'a', 'b'), { measures: 'payload', scenarios: all, lines: ['L2'] });
  const [found] = judge([row], { ...evidence([{}]), suites: { sample: ['S5', 'S6'] } }, '2026-01-05');
  assert.deepEqual(found?.shows, ['S5', 'S6']);
  const shown = found === undefined ? [] : [found];
  assert.equal(scorecard(shown).find((each) => each.scenario === 'S1' && each.line === 'L2')?.mark, 'not-covered');
  const posts = postconditions({ exchanges: [], verdicts: shown, target }, scoreErrors(evidence([]), []));
  assert.deepEqual(
    posts.flatMap((each) => (each.id === 'P3' && each.state === 'missed' ? [each.scenario] : [])),
    ['S5', 'S6'],
  );
});

test('K10.6: what the payer does not offer can neither be met nor missed', () => {
  const posts = postconditions({ exchanges: [], verdicts: [], target }, scoreErrors(evidence([]), []));
  assert.ok(posts.filter((each) => each.scenario === 'S2').every((each) => each.state === 'not-offered'));
});

const notFound = probe('read.unknown', 'read', { status: [404], codes: ['not-found'], names: ['id'], action: 'correct' });
const provoked = (body: Json): Told => ({ probe: 'read.unknown', status: 404, body, headers: { 'x-request-id': 'r-1' } });
const useful = outcome('not-found', 'No Patient has this id. Correct the id and send the request again.');

test('P3 to P5 look at the words of every provoked error', () => {
  const valid = { ...verdict('payload.r4', pass), measures: 'payload' } as const;
  const good = decide([{}, provoked(useful)], [valid], {}, [notFound]);
  assert.equal(decide([{}, provoked(useful)], [], {}, [notFound])('P3')?.state, 'unknown', 'no payload was judged');
  assert.deepEqual([good('P3')?.state, good('P4')?.state, good('P5')?.state], ['met', 'met', 'met']);
  const bare = decide([{}, provoked(outcome('not-found', 'NullPointerException'))], [], {}, [notFound]);
  assert.deepEqual([bare('P3')?.state, bare('P4')?.state, bare('P5')?.state], ['missed', 'missed', 'missed']);
  assert.equal(decide([{}], [])('P5')?.state, 'unknown');
});

test('P4 is missed by an answer beyond the agreed timeout', () => {
  const agreement = { limits: { read: { timeout: 100 } } };
  assert.equal(decide([{ ms: 101 }], [], { agreement })('P4')?.state, 'missed');
  assert.equal(decide([{ ms: 99 }], [], { agreement })('P4')?.state, 'met');
  assert.equal(decide([{ ms: 99 }], [])('P4')?.state, 'unknown', 'nothing is agreed, and no error was provoked');
});

test('rubric 5 gives 12 points to a payer that finds one and shows nobody else', () => {
  const ids = [
    'id.mm.supported',
    'id.mm.identifier',
    'id.mm.multiple-matches',
    'id.mm.near-miss',
    'id.mm.no-match',
    'id.mm.consent-refused',
    'id.mm.stable',
  ];
  const more = ['id.mm.identifier-usable', 'id.authz.compartment', 'id.authz.include-leak', 'id.authz.opt-out', 'id.authz.no-existence-oracle'];
  const verdicts = [...ids, ...more].map((id) => verdict(id, pass));
  const foreign = { patient: {}, coverage: {}, patientId: 'p-b' };
  const file = { step: 'bulk.file', body: '{"resourceType":"Coverage","beneficiary":{"reference":"Patient/p-a"}}' } as const;
  const history = { exchanges: [exchange(file)], target: { ...target, members: { notAttributed: foreign } }, blocked: [] };
  const report = scoreIdentity(history, verdicts);
  assert.deepEqual([report.points, report.reachable, report.disclosures], [12, 12, []]);
  const leaking = { ...history, exchanges: [exchange({ ...file, body: file.body.replace('p-a', 'p-b') })] };
  assert.equal(scoreIdentity(leaking, verdicts).disclosures.length, 1);
  const untested = scoreIdentity({ ...history, exchanges: [] }, []);
  assert.deepEqual([untested.points, untested.reachable], [0, 0]);
  const leak = scoreIdentity(history, [verdict('id.authz.compartment', failed)]);
  assert.equal(leak.disclosures.length, 1);
});

test('a scenario that the run left out is neither covered nor decided', () => {
  const selection = { scenarios: ['S1'] } as const;
  const cells = scorecard([{ ...verdict('a', pass), scenarios: ['S1', 'S6'] }], selection);
  assert.ok(cells.filter((each) => each.scenario === 'S6').every((each) => each.mark === 'not-covered'));
  assert.ok(cells.some((each) => each.scenario === 'S1' && each.mark === 'pass'));
  const posts = postconditions(
    { exchanges: [], verdicts: [], target: { name: 'x', auth: { kind: 'none' }, members: {} }, selection },
    scoreErrors({ exchanges: [], target: { name: 'x', auth: { kind: 'none' }, members: {} }, blocked: [] }, []),
  );
  assert.ok(posts.filter((each) => each.scenario === 'S6').every((each) => each.state === 'unknown' && /not part of this run/.test(each.why)));
});

test('K20.5: a refusal that misses P1 is named by its request, not by the step', () => {
  const open = [verdict('id.x', { outcome: 'not-testable', reason: 'no data', because: 'payer' })];
  const why = decide(
    [{ step: 'member-match', method: 'POST', url: 'https://payer.example/fhir/Patient/$member-match', status: 404, body: '' }],
    open,
  )('P1')?.why;
  assert.match(why ?? '', /^POST https:\/\/payer\.example\/fhir\/Patient\/\$member-match was answered 404/);
});
