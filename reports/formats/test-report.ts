import { type Grade, grade } from '../../src/core/grade.ts';
import type { Run, Verdict } from '../../src/core/model.ts';
import { type CellMark, markOf } from '../../src/core/scorecard.ts';
import { requirementOf } from '../view/catalogue.ts';
import { line } from '../view/text.ts';

const results: Readonly<Record<Grade['result'], string>> = { conformant: 'pass', 'non-conformant': 'fail', incomplete: 'pending' };
/** What was not judged was skipped, and an expected failure is one that somebody answers for. */
const asserted: Readonly<Record<Exclude<CellMark, 'not-covered'>, string>> = {
  pass: 'pass',
  fail: 'fail',
  warning: 'warning',
  expected: 'warning',
  'not-testable': 'skip',
  'not-applicable': 'skip',
};

/** The run as a FHIR R4 TestReport: one test for each requirement. Source: https://hl7.org/fhir/R4/testreport.html */
export function renderTestReport(run: Run): string {
  const result = grade(run, run.finishedAt.slice(0, 10));
  const { pass, fail, warning } = result.counts;
  const judged = pass + fail + warning;
  return `${JSON.stringify(
    {
      resourceType: 'TestReport',
      name: line(`payer-assay: ${run.target.name}`),
      status: run.partial === undefined ? 'completed' : 'stopped',
      // There is no TestScript: the requirements are rows of a catalogue, told by its name and version.
      testScript: { display: `payer-assay ${run.tool.version}, catalogue of requirements` },
      result: results[result.result],
      ...(judged === 0 ? {} : { score: Math.round((pass / judged) * 10_000) / 100 }),
      tester: `payer-assay ${run.tool.version}`,
      issued: run.finishedAt,
      participant: [
        { type: 'test-engine', uri: 'https://www.npmjs.com/package/payer-assay', display: `payer-assay ${run.tool.version}` },
        { type: 'server', uri: run.target.fhir?.base ?? 'urn:payer-assay:no-fhir-base', display: line(run.target.name) },
      ],
      // FHIR knows no empty lists.
      ...(run.verdicts.length === 0 ? {} : { test: run.verdicts.map((verdict) => testOf(verdict, run)) }),
    },
    null,
    1,
  )}\n`;
}

function testOf(verdict: Verdict, run: Run) {
  const { finding, requirement, level, scenarios } = verdict;
  const row = requirementOf(run, requirement);
  const message =
    finding.outcome === 'fail'
      ? `Expected ${line(finding.expected, 600)}; seen ${line(finding.actual, 600)}`
      : finding.outcome === 'pass'
        ? finding.note
        : finding.reason;
  return {
    name: requirement,
    description: line(`${level}, ${scenarios.join(' ')}: ${row?.text ?? requirement}`, 2000),
    action: [
      {
        assert: {
          result: asserted[markOf(verdict)],
          ...(message === undefined || message === '' ? {} : { message: line(message, 1500) }),
          ...(row && /^https?:/.test(row.source.url) ? { detail: row.source.url } : {}),
        },
      },
    ],
  };
}
