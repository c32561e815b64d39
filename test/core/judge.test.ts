import assert from 'node:assert/strict';
import { test } from 'node:test';
import { all, check, clip, fail, notTestable, onEach, pass, select, status, unanswered, worst } from '../../src/core/findings.ts';
import { grade, mark } from '../../src/core/grade.ts';
import { findingOf, judge } from '../../src/core/judge.ts';
import type { ExpectedFailure, Finding } from '../../src/core/model.ts';
import { checkOf, evidence, exchange, failed, verdict } from './sample.ts';

const today = '2026-06-01';

test('a crashed judge is not testable, never a pass', () => {
  const finding = findingOf(
    checkOf('a.b', () => {
      throw new Error('boom');
    }),
    evidence([]),
  );
  assert.equal(finding.outcome, 'not-testable');
  assert.match('reason' in finding ? finding.reason : '', /a\.b crashed: boom/);
});

test('a crash while deciding whether a row binds is not testable either', () => {
  const crashing = checkOf('a.b', () => pass, {
    applies: () => {
      throw new TypeError('no such thing');
    },
  });
  assert.equal(findingOf(crashing, evidence([])).outcome, 'not-testable');
});

test('a row that does not bind says why, and is not judged', () => {
  const finding = findingOf(
    checkOf('a.b', () => failed, { applies: () => 'not claimed' }),
    evidence([]),
  );
  assert.deepEqual(finding, { outcome: 'not-applicable', reason: 'not claimed' });
});

test('where the version is unknown a miss is a warning, and a pass stays one', () => {
  const applies = () => ({ unknown: 'no version is claimed' });
  const miss = findingOf(
    checkOf('a.b', () => failed, { applies }),
    evidence([]),
  );
  assert.equal(miss.outcome === 'fail' && miss.severity, 'warning');
  assert.match(miss.outcome === 'fail' ? miss.expected : '', /no version is claimed/);
  assert.equal(
    findingOf(
      checkOf('a.b', () => pass, { applies }),
      evidence([]),
    ).outcome,
    'pass',
  );
});

test('unknown beats pass, a warning beats unknown, a fail beats all', () => {
  const warning: Finding = { outcome: 'fail', expected: 'a', actual: 'b', exchange: 0, severity: 'warning' };
  const unknown = notTestable('not reached', 'payer');
  assert.equal(worst([pass, unknown]).outcome, 'not-testable');
  assert.deepEqual(worst([pass, unknown, warning]), warning);
  assert.deepEqual(worst([warning, failed, pass]), failed);
  assert.equal(worst([]).outcome, 'not-testable');
});

test('facts are judged in order up to the first that does not hold', () => {
  const seen: string[] = [];
  const fact = (name: string, finding: typeof failed) => () => {
    seen.push(name);
    return finding;
  };
  assert.deepEqual(all(fact('one', pass), fact('two', failed), fact('three', pass)), failed);
  assert.deepEqual(seen, ['one', 'two']);
});

test('a step never reached is not testable, with what stopped the journey', () => {
  const blocked = [
    { suite: 'roster', reason: 'no Group is known', because: 'test-data', asks: [{ step: 'group.read' }] },
    { suite: 'rest.search', reason: 'the endpoint answered 500', because: 'payer', asks: [{ step: 'search', variants: ['post'] }] },
  ] as const;
  const finding = onEach({ step: 'search' }, () => pass)({ ...evidence([]), blocked });
  assert.deepEqual(finding, {
    outcome: 'not-testable',
    reason: 'Not reached: search. rest.search: the endpoint answered 500',
    because: 'payer',
  });
});

test('honest requests are selected unless a probe is named', () => {
  const history = evidence([{ step: 'read' }, { step: 'read', probe: 'read.unknown' }, { step: 'search' }]);
  assert.deepEqual(
    select(history, { step: 'read' }).map((each) => each.index),
    [0],
  );
  assert.deepEqual(
    select(history, { step: 'read', probe: 'read.unknown' }).map((each) => each.index),
    [1],
  );
  assert.equal(select(history, { step: 'read', probe: '*' }).length, 2);
});

test('no answer is not testable, and our limit is called ours', () => {
  const ours = unanswered(exchange({ error: { code: 'limit.body', message: 'too long' } }));
  assert.match(ours && 'reason' in ours ? ours.reason : '', /^We stopped \(limit\.body\)/);
  const theirs = unanswered(exchange({ error: { code: 'reset', message: 'connection reset' } }));
  assert.match(theirs && 'reason' in theirs ? theirs.reason : '', /^No answer from GET/);
  assert.equal(unanswered(exchange({})), undefined);
});

test('a failed status shows what came instead', () => {
  const finding = status(exchange({ status: 500, body: 'oops' }), 200, 202);
  assert.deepEqual(finding.outcome === 'fail' && [finding.expected, finding.actual], [
    'status 200 or 202',
    'status 500 with a body that is not JSON: oops',
  ]);
  assert.equal(check(true, exchange({}), 'a', 'b'), pass);
  assert.equal(clip(`a\n  b ${'c'.repeat(400)}`).length, 300);
  const found = fail(exchange({}, 7), 'a', 'b');
  assert.equal(found.outcome === 'fail' && found.exchange, 7);
});

const expectation = (requirement: string, expires = '2026-12-31'): ExpectedFailure => ({ requirement, owner: 'Ann', reason: 'known', expires });

test('an expected failure does not fail the run while it fails and has not expired', () => {
  const history = evidence([], { expectedFailures: [expectation('a.b')] });
  const verdicts = judge([checkOf('a.b', () => failed), checkOf('a.c', () => pass)], history, today);
  assert.equal(verdicts[0]?.expected?.owner, 'Ann');
  const graded = grade({ verdicts, target: history.target }, today);
  assert.deepEqual([graded.result, graded.exitCode, graded.expected, graded.failed], ['conformant', 0, ['a.b'], []]);
});

test('an expectation that passes, has expired or names nobody is stale and fails the run', () => {
  const stale = (expected: ExpectedFailure, finding: Finding) => {
    const history = evidence([], { expectedFailures: [expected] });
    return grade({ verdicts: judge([checkOf('a.b', () => finding)], history, today), target: history.target }, today);
  };
  for (const graded of [stale(expectation('a.b'), pass), stale(expectation('a.b', '2026-01-01'), failed), stale(expectation('a.c'), pass)]) {
    assert.equal(graded.exitCode, 1);
    assert.equal(graded.stale.length, 1);
  }
});

test('marks follow the level: only a SHALL can fail a payer', () => {
  assert.equal(mark(verdict('a', failed)), 'fail');
  assert.equal(mark(verdict('a', failed, { level: 'SHOULD' })), 'warning');
  assert.equal(mark(verdict('a', failed, { level: 'FAST' })), 'warning');
  assert.equal(mark(verdict('a', { outcome: 'fail', expected: 'a', actual: 'b', exchange: 0, severity: 'warning' })), 'warning');
});

test('an open SHALL, or too few verified rows, leaves the run incomplete', () => {
  const open = grade({ verdicts: [verdict('a', notTestable('x', 'payer')), verdict('b', pass)], target: {} }, today);
  assert.deepEqual([open.result, open.exitCode, open.open], ['incomplete', 2, ['a']]);
  const optional = grade({ verdicts: [verdict('a', notTestable('x', 'payer'), { level: 'SHOULD' }), verdict('b', pass)], target: {} }, today);
  assert.equal(optional.result, 'conformant');
  const thin = grade({ verdicts: [verdict('b', pass)], target: { minVerified: 2 } }, today);
  assert.deepEqual([thin.result, thin.exitCode, thin.verified], ['incomplete', 2, 1]);
  const worse = grade({ verdicts: [verdict('a', notTestable('x', 'payer')), verdict('b', failed)], target: {} }, today);
  assert.deepEqual([worse.result, worse.exitCode], ['non-conformant', 1]);
});
