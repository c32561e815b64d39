import assert from 'node:assert/strict';
import { test } from 'node:test';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { renderJunit } from '../../reports/render.ts';
import { sampleRun, verdict } from './sample.ts';

const parse = (xml: string) => {
  assert.equal(XMLValidator.validate(xml), true);
  return new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', isArray: (name) => ['testsuite', 'testcase'].includes(name) }).parse(xml)
    .testsuites;
};

test('one test case a requirement, only a SHALL not met is a failure', () => {
  const run = sampleRun();
  const suites = parse(renderJunit(run));
  assert.equal(suites.tests, '5');
  assert.equal(suites.failures, '1');
  assert.equal(suites.skipped, '3');
  const cases = suites.testsuite.flatMap((suite: { testcase: { name: string }[] }) => suite.testcase);
  assert.deepEqual(new Set(cases.map((each: { name: string }) => each.name)), new Set(run.verdicts.map((each) => each.requirement)));
  const failed = cases.find((each: { name: string }) => each.name === 'rest.search.self-link');
  assert.equal(failed.failure.message, 'expected a self link; seen no link');
  assert.match(failed.failure['#text'], /GET https:\/\/fhir.acme.example\/r4\/Condition\?patient=p0 \(exchange 0\)/);
});

test('an expected failure is skipped with its owner and reason', () => {
  const failing = verdict('a.b', { outcome: 'fail', expected: 'x', actual: 'y', exchange: 0 });
  const expected = { requirement: 'a.b', owner: 'Ann', reason: 'fixed in March', expires: '2027-01-01' };
  const suites = parse(renderJunit(sampleRun({ verdicts: [{ ...failing, expected }] })));
  assert.equal(suites.failures, '0');
  assert.match(suites.testsuite[0].testcase[0].skipped.message, /expected failure \(Ann, until 2027-01-01\): fixed in March/);
});

test('hostile text stays well-formed XML', () => {
  const nasty = ']]><x a="\'">&\u0000\u0007\uD800 <script>';
  const xml = renderJunit(sampleRun({ verdicts: [verdict('a.b', { outcome: 'fail', expected: nasty, actual: nasty, exchange: 99 })] }));
  const suites = parse(xml);
  assert.equal(suites.failures, '1');
  assert.doesNotMatch(xml, /<script>/);
});
