import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderSarif } from '../../reports/render.ts';
import { sampleRun, verdict } from './sample.ts';

test('failures and warnings are results with a rule, a stable fingerprint and a way to repeat them', () => {
  const sarif = JSON.parse(renderSarif(sampleRun()));
  const [run] = sarif.runs;
  assert.equal(sarif.version, '2.1.0');
  assert.deepEqual(
    run.results.map((each: { ruleId: string; level: string }) => [each.ruleId, each.level]),
    [
      ['rest.search.self-link', 'error'],
      ['rest.read.etag', 'warning'],
    ],
  );
  for (const each of run.results) assert.equal(run.tool.driver.rules[each.ruleIndex].id, each.ruleId);
  assert.equal(run.results[0].partialFingerprints['requirement/v1'], 'rest.search.self-link search');
  assert.match(run.results[0].properties.curl, /\$TOKEN/);
  assert.equal(run.invocations[0].exitCode, 1);
  assert.match(run.invocations[0].toolExecutionNotifications[0].message.text, /k6 is not installed/);
});

test('an expected failure is suppressed with its owner, and a missing exchange does no harm', () => {
  const failing = verdict('a.b', { outcome: 'fail', expected: 'x', actual: 'y', exchange: 99 });
  const expected = { requirement: 'a.b', owner: 'Ann', reason: 'in March', expires: '2027-01-01' };
  const [result] = JSON.parse(renderSarif(sampleRun({ verdicts: [{ ...failing, expected }] }))).runs[0].results;
  assert.equal(result.suppressions[0].justification, 'in March (Ann, until 2027-01-01)');
  assert.equal(result.locations, undefined);
});

test('what GitHub refuses: every rule has a full description and help, every place a line, and no text is empty', () => {
  const failing = verdict('acme.private', { outcome: 'fail', expected: 'x', actual: 'y', exchange: 0 });
  const [run] = JSON.parse(renderSarif(sampleRun({ verdicts: [...sampleRun().verdicts, failing] }))).runs;
  assert.ok(run.tool.driver.rules.length > 2);
  for (const rule of run.tool.driver.rules)
    for (const text of [rule.shortDescription?.text, rule.fullDescription?.text, rule.help?.text])
      assert.ok(text?.length > 0 && text.length <= 1024, rule.id);
  for (const each of run.results) for (const { physicalLocation } of each.locations) assert.ok(physicalLocation.region.startLine >= 1);
});
