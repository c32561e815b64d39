import type { OperationReport } from '../../src/core/stats/assess.ts';
import { quantileOfSorted } from '../../src/core/stats/quantile.ts';
import { duration } from '../view/text.ts';
import { operationNames } from '../view/words.ts';
import { axis, draw, ink } from './draw.ts';
import { positive } from './limits.ts';

export const curvePoints = [0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999] as const;

/** Percentiles that so many samples can tell: one in a thousand needs a thousand. */
export const tellable = (n: number): readonly number[] => curvePoints.filter((p) => p === 0 || n * (1 - p) >= 0.999);

export function curveOf(samples: readonly number[]): readonly { readonly p: number; readonly ms: number }[] {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted.length === 0 ? [] : tellable(sorted.length).map((p) => ({ p, ms: quantileOfSorted(sorted, p) }));
}

/** Distance from the right edge doubles what is rare: 0, 50, 90, 99, 99.9 % stand at equal steps of a factor of ten. */
const rarity = (p: number): number => -Math.log10(1 - p);
const colours = [ink.focus, ink.pass, ink.gold, ink.fail, ink.ink, ink.open];
const dashes = ['solid', 'dashed', 'dotted'] as const;

/** One curve an operation, from its fastest answer to its rarest. */
export function percentilesPicture(curves: readonly { readonly report: OperationReport; readonly points: ReturnType<typeof curveOf> }[]): string {
  const drawn = curves.filter(({ points }) => points.length > 1);
  if (drawn.length === 0) return '';
  const right = Math.max(...drawn.flatMap(({ points }) => points.map(({ p }) => rarity(p))));
  return draw(
    {
      grid: { left: 64, right: 210, top: 14, bottom: 40 },
      xAxis: {
        ...axis,
        type: 'value',
        min: 0,
        max: right,
        interval: 1,
        axisLabel: {
          ...axis.axisLabel,
          formatter: (x: number) => (Number.isInteger(x) ? (x === 0 ? 'fastest' : `p${Number((100 * (1 - 10 ** -x)).toFixed(2))}`) : ''),
        },
      },
      yAxis: { ...axis, type: 'log', axisLabel: { ...axis.axisLabel, formatter: (ms: number) => duration(ms) } },
      series: drawn.map(({ report, points }, index) => ({
        type: 'line',
        data: points.map(({ p, ms }) => [rarity(p), positive(ms)]),
        symbolSize: 5,
        symbol: 'circle',
        color: colours[index % colours.length],
        lineStyle: { width: 2, type: dashes[Math.floor(index / colours.length) % dashes.length] },
        endLabel: { show: true, color: ink.ink, fontSize: 12, formatter: () => operationNames[report.operation] },
        labelLayout: { moveOverlap: 'shiftY' },
      })),
    },
    { width: 1090, height: 320 },
    'Latency by percentile for each operation, from the fastest answer to the rarest. The table below has the figures.',
  );
}
