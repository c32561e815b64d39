import { grade } from '../src/core/grade.ts';
import type { Run, Verdict } from '../src/core/model.ts';
import { markOf } from '../src/core/scorecard.ts';
import { requirementOf } from './view/catalogue.ts';
import { curlOf } from './view/curl.ts';
import { line, shown } from './view/text.ts';

/**
 * The run as SARIF 2.1.0, for code hosts that show findings beside a repository. Failures and warnings are results; an expected failure is a
 * result with a suppression that names its owner. What passed or did not run is not a finding and stays in run.json.
 * Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function renderSarif(run: Run): string {
  const failing = run.verdicts.filter((verdict) => verdict.finding.outcome === 'fail');
  const result = grade(run, run.finishedAt.slice(0, 10));
  return `${JSON.stringify(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: run.tool.name, semanticVersion: run.tool.version, rules: failing.map((verdict) => ruleOf(verdict, run)) } },
          invocations: [
            {
              executionSuccessful: result.exitCode === 0,
              exitCode: result.exitCode,
              startTimeUtc: run.startedAt,
              endTimeUtc: run.finishedAt,
              toolExecutionNotifications: run.notRun.map((each) => ({
                level: 'warning',
                message: { text: `${line(each.what)}: ${line(each.why)}. ${line(each.fix)}` },
              })),
            },
          ],
          results: failing.map((verdict, index) => resultOf(verdict, index, run)),
        },
      ],
    },
    null,
    1,
  )}\n`;
}

function ruleOf({ requirement, level, lines, scenarios }: Verdict, run: Run) {
  const row = requirementOf(run, requirement);
  const text = row?.text ?? requirement;
  const source = row === undefined ? '' : `${row.source.ig} ${row.source.version}, ${row.source.section}`;
  const isUrl = row !== undefined && /^https?:/.test(row.source.url);
  const help = [
    text,
    `Source: ${source || 'a private requirement'}.`,
    ...(isUrl ? [row.source.url] : []),
    `More: payer-assay explain ${requirement}`,
  ];
  return {
    id: requirement,
    shortDescription: { text },
    // GitHub shows this one, and refuses a rule without it or without help (GH2012 of its validator).
    fullDescription: { text: `${text}${source === '' ? '' : ` (${source}, ${level})`}` },
    help: { text: help.join('\n') },
    defaultConfiguration: { level: level === 'SHALL' ? 'error' : 'warning' },
    ...(isUrl ? { helpUri: row.source.url } : {}),
    properties: { level, tags: [...lines, ...scenarios] },
  };
}

function resultOf(verdict: Verdict, ruleIndex: number, run: Run) {
  const { finding, requirement, expected } = verdict;
  if (finding.outcome !== 'fail') throw new Error(`${requirement} did not fail: only failures become results.`);
  const exchange = run.exchanges[finding.exchange];
  return {
    ruleId: requirement,
    ruleIndex,
    level: markOf(verdict) === 'fail' ? 'error' : 'warning',
    message: { text: `Expected ${shown(finding.expected, 600)}; seen ${shown(finding.actual, 600)}.` },
    // Code hosts match findings of two runs by this: the requirement and where it broke, never the words, which differ from run to run.
    partialFingerprints: { 'requirement/v1': `${requirement} ${exchange?.step ?? ''} ${exchange?.probe ?? ''}`.trim() },
    ...(exchange
      ? {
          locations: [
            {
              physicalLocation: { artifactLocation: { uri: 'run.json' }, region: { startLine: 1 } },
              logicalLocations: [{ fullyQualifiedName: `${exchange.request.method} ${line(exchange.request.url, 300)}`, kind: 'resource' }],
            },
          ],
          properties: { exchange: finding.exchange, curl: shown(curlOf(exchange.request), 2000) },
        }
      : {}),
    ...(expected
      ? { suppressions: [{ kind: 'external', justification: `${line(expected.reason)} (${line(expected.owner)}, until ${line(expected.expires)})` }] }
      : {}),
  };
}
