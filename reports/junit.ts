import { XMLBuilder } from 'fast-xml-parser';
import { mark } from '../src/core/grade.ts';
import type { Run, Verdict } from '../src/core/model.ts';
import { visible } from '../src/core/visible.ts';
import { requirementOf } from './view/catalogue.ts';

/** XML 1.0 has no place for most control characters, escaped or not; a server may send them all the same. */
const legal = (text: string): string => visible(text).replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');

/**
 * One test case a requirement, in the JUnit form that CI servers read. A SHALL that fails is a failure; an expected failure, a warning and whatever
 * could not be tested is skipped with its reason, since JUnit knows no word for them and a pass would be a lie.
 */
export function renderJunit(run: Run): string {
  const suites = new Map<string, Verdict[]>();
  for (const verdict of run.verdicts) {
    const family = verdict.requirement.split('.')[0] ?? 'other';
    const suite = suites.get(family);
    if (suite) suite.push(verdict);
    else suites.set(family, [verdict]);
  }
  const seconds = (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000;
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', format: true, suppressEmptyNode: true });
  return builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: {
      '@name': legal(`payer-assay: ${run.target.name}`),
      '@time': seconds.toFixed(3),
      ...totals(run.verdicts),
      testsuite: [...suites].map(([family, verdicts]) => ({
        '@name': family,
        '@timestamp': run.startedAt,
        '@time': '0',
        '@errors': '0',
        ...totals(verdicts),
        properties: { property: properties(run) },
        testcase: verdicts.map((verdict) => testcase(run, verdict)),
      })),
    },
  });
}

const failed = (verdict: Verdict): boolean => mark(verdict) === 'fail' && !verdict.expected;
const skipped = (verdict: Verdict): boolean => !failed(verdict) && mark(verdict) !== 'pass';
const totals = (verdicts: readonly Verdict[]) => ({
  '@tests': verdicts.length,
  '@failures': verdicts.filter(failed).length,
  '@skipped': verdicts.filter(skipped).length,
});

const properties = (run: Run) =>
  [
    ['tool', `${run.tool.name} ${run.tool.version}`],
    ['target', run.target.name],
    ['seed', run.seed === undefined ? undefined : String(run.seed)],
    ['evidence', run.target.evidence ?? 'pseudonymised'],
    ...(run.validators ?? []).map((each) => ['validator', each]),
  ].flatMap(([name, value]) => (value === undefined ? [] : [{ '@name': name, '@value': legal(value) }]));

function testcase(run: Run, verdict: Verdict) {
  const { finding, expected } = verdict;
  const row = requirementOf(run, verdict.requirement);
  const base = {
    '@name': legal(verdict.requirement),
    '@classname': `${verdict.level}.${verdict.lines.join('-')}`,
    '@time': '0',
    properties: {
      property: [
        { '@name': 'text', '@value': legal(row?.text ?? '') },
        { '@name': 'source', '@value': legal(row ? `${row.source.ig} ${row.source.version}, ${row.source.section}` : 'unknown') },
        { '@name': 'scenarios', '@value': verdict.scenarios.join(' ') },
      ],
    },
  };
  if (finding.outcome === 'pass') return base;
  if (finding.outcome !== 'fail') return { ...base, skipped: { '@message': legal(`${finding.outcome}: ${finding.reason}`) } };
  const request = run.exchanges[finding.exchange]?.request;
  const where = request ? `${request.method} ${request.url} (exchange ${finding.exchange})` : `exchange ${finding.exchange}`;
  const message = `expected ${finding.expected}; seen ${finding.actual}`;
  if (failed(verdict)) return { ...base, failure: { '@message': legal(message), '@type': verdict.level, '#text': legal(`${message}\n${where}`) } };
  const why = expected ? `expected failure (${expected.owner}, until ${expected.expires}): ${expected.reason}` : 'warning';
  return { ...base, skipped: { '@message': legal(`${why}: ${message}`) } };
}
