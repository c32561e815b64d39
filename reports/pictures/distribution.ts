import type { OperationReport } from '../../src/core/stats/assess.ts';
import { count, duration } from '../view/text.ts';
import { operationNames } from '../view/words.ts';
import { axis, draw, ink } from './draw.ts';
import { positive } from './limits.ts';

export interface Bin {
  /** ms */
  readonly from: number;
  readonly to: number;
  readonly calls: number;
}

/** Calls per logarithmic bin, eight to a factor of ten; empty bins at both ends are left off. */
export function binsOf(samples: readonly number[], perDecade = 8): readonly Bin[] {
  const slot = (ms: number) => Math.floor(Math.log10(positive(ms)) * perDecade);
  const counts = new Map<number, number>();
  for (const ms of samples) counts.set(slot(ms), (counts.get(slot(ms)) ?? 0) + 1);
  const slots = [...counts.keys()];
  if (slots.length === 0) return [];
  const first = Math.min(...slots);
  return Array.from({ length: Math.max(...slots) - first + 1 }, (_, index) => ({
    from: 10 ** ((first + index) / perDecade),
    to: 10 ** ((first + index + 1) / perDecade),
    calls: counts.get(first + index) ?? 0,
  }));
}

/** The shape of one operation's latency: bars on a logarithmic scale. */
export function distributionPicture(report: OperationReport): string {
  const bins = binsOf(report.good);
  if (bins.length === 0) return '';
  return draw(
    {
      grid: { left: 44, right: 10, top: 10, bottom: 26 },
      xAxis: {
        ...axis,
        type: 'category',
        data: bins.map((bin) => duration(bin.from)),
        splitLine: { show: false },
        axisLabel: { ...axis.axisLabel, hideOverlap: true, interval: Math.max(0, Math.ceil(bins.length / 5) - 1) },
      },
      yAxis: { ...axis, type: 'value', minInterval: 1, splitNumber: 2 },
      series: [
        { type: 'bar', barCategoryGap: '12%', itemStyle: { color: ink.focus, borderRadius: [2, 2, 0, 0] }, data: bins.map((bin) => bin.calls) },
      ],
    },
    { width: 340, height: 130 },
    `How the ${count(report.calls)} calls of ${operationNames[report.operation]} spread, from ${duration(bins[0]?.from ?? 0)} to ${duration(bins.at(-1)?.to ?? 0)}.`,
  );
}
