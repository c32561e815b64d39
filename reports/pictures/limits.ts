import type { OperationReport } from '../../src/core/stats/assess.ts';
import { duration } from '../view/text.ts';
import { operationNames } from '../view/words.ts';
import { axis, draw, ink } from './draw.ts';

/** Median, 95th and 99th percentile of each operation on one logarithmic scale, with every limit that decides or informs. */
export function limitsPicture(reports: readonly OperationReport[]): string {
  const rows = reports.flatMap((report) => (report.summary ? [{ report, summary: report.summary }] : [])).reverse();
  if (rows.length === 0) return '';
  const colour = ({ limits }: OperationReport) =>
    limits.some((each) => each.verdict === 'fail')
      ? ink.fail
      : limits.some((each) => each.verdict === 'above' || each.verdict === 'inconclusive')
        ? ink.warn
        : ink.pass;
  const all = rows.flatMap(({ report, summary }) => [summary.p50, summary.p99, ...report.limits.map((each) => each.limit)]);
  const at = (pick: (row: (typeof rows)[number]) => number, symbolSize: number | number[], symbol = 'circle') => ({
    type: 'scatter',
    symbol,
    symbolSize,
    data: rows.map((row, index) => ({ value: [positive(pick(row)), index], itemStyle: { color: colour(row.report) } })),
    z: 3,
  });
  const bars = rows.map(({ report, summary }, index) => ({
    type: 'line',
    showSymbol: false,
    data: [
      [positive(summary.p50), index],
      [positive(summary.p99), index],
    ],
    lineStyle: { color: colour(report), width: 2.5 },
    z: 2,
  }));
  const limits = rows.flatMap(({ report }, index) =>
    report.limits.map((each) => ({
      value: [each.limit, index],
      itemStyle: { color: each.origin === 'default' ? ink.soft : ink.ink },
      symbolSize: each.origin === 'default' ? [1.5, 14] : [3, 22],
    })),
  );
  return draw(
    {
      grid: { left: 256, right: 20, top: 10, bottom: 30 },
      xAxis: {
        ...axis,
        type: 'log',
        min: floorOf(all),
        max: ceilingOf(all),
        axisLabel: { ...axis.axisLabel, formatter: (ms: number) => duration(ms) },
      },
      yAxis: {
        ...axis,
        type: 'category',
        data: rows.map(({ report }) => `${operationNames[report.operation]}${report.source === 'k6' ? ', under load' : ''}`),
        splitLine: { show: false },
        axisLabel: { color: ink.ink, fontSize: 13.5 },
      },
      series: [
        ...bars,
        at(({ summary }) => summary.p50, 7),
        at(({ summary }) => summary.p95, 12),
        at(({ summary }) => summary.p99, [3, 14], 'rect'),
        { type: 'scatter', symbol: 'rect', data: limits, z: 1 },
      ],
    },
    { width: 1090, height: 44 + rows.length * 32 },
    'Median, 95th and 99th percentile of each operation against its limits. The table below has the figures.',
  );
}

/** A logarithmic axis has no zero: a tenth of a millisecond is as good as none. */
export const positive = (ms: number): number => Math.max(0.1, ms);
const floorOf = (all: readonly number[]): number => 10 ** Math.floor(Math.log10(positive(Math.min(...all))));
const ceilingOf = (all: readonly number[]): number => 10 ** Math.ceil(Math.log10(positive(Math.max(...all)) * 1.05));
