import { grade } from '../../src/core/grade.ts';
import type { Run } from '../../src/core/model.ts';
import { scorecard } from '../../src/core/scorecard.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

const quantiles = [0.5, 0.95, 0.99] as const;

/**
 * The run as OpenMetrics text, for a node exporter's textfile folder or a push gateway. Gauges of this one run: a collector keeps the history.
 * Source: https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function renderMetrics(run: Run): string {
  const result = grade(run, run.finishedAt.slice(0, 10));
  const target = { target: run.target.name };
  const cells = scorecard(run.verdicts, run.selection);
  return [
    family(
      'payer_assay_result',
      'What the run came to: 1 for the word that holds.',
      undefined,
      (['conformant', 'non-conformant', 'incomplete'] as const).map((word) => [{ ...target, result: word }, result.result === word ? 1 : 0]),
    ),
    family(
      'payer_assay_requirements',
      'Requirements by outcome.',
      undefined,
      Object.entries(result.counts).map(([outcome, count]) => [{ ...target, outcome }, count]),
    ),
    family(
      'payer_assay_cell',
      'Requirements of a scenario and a line, by outcome.',
      undefined,
      cells.flatMap(({ scenario, line, counts }) =>
        Object.entries(counts).map(([outcome, count]): Sample => [{ ...target, scenario, line, outcome }, count]),
      ),
    ),
    family('payer_assay_exchanges', 'Requests that were made.', undefined, [[target, run.exchanges.length]]),
    family('payer_assay_finished_timestamp_seconds', 'When the run ended.', 'seconds', [[target, Date.parse(run.finishedAt) / 1000]]),
    family('payer_assay_duration_seconds', 'How long the run took.', 'seconds', [
      [target, (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000],
    ]),
    family(
      'payer_assay_latency_seconds',
      'Latency of honest requests by operation; source run is a single caller, k6 is under load.',
      'seconds',
      latency(run, target),
    ),
    family(
      'payer_assay_latency_samples',
      'Requests behind each latency.',
      undefined,
      (run.latency?.series ?? []).map(({ operation, source, total }) => [{ ...target, operation, source }, total.length]),
    ),
    '# EOF\n',
  ].join('');
}

/** A percentile needs samples: with fewer than 1 / (1 - q) of them it would be the maximum under another name. */
const latency = (run: Run, target: Labels): readonly Sample[] =>
  (run.latency?.series ?? []).flatMap(({ operation, source, total }) => {
    const sorted = [...total].sort((a, b) => a - b);
    return quantiles
      .filter((q) => sorted.length * (1 - q) >= 1)
      .map((q): Sample => [{ ...target, operation, source, quantile: String(q) }, (sorted[Math.ceil(q * sorted.length) - 1] ?? 0) / 1000]);
  });

function family(name: string, help: string, unit: string | undefined, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const head = [`# TYPE ${name} gauge`, ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]), `# HELP ${name} ${help}`];
  const lines = samples.map(
    ([labels, value]) =>
      `${name}{${Object.entries(labels)
        .map(([key, each]) => `${key}="${escaped(each)}"`)
        .join(',')}} ${value}`,
  );
  return `${[...head, ...lines].join('\n')}\n`;
}

const escaped = (text: string): string => text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\r?\n/g, '\\n');
