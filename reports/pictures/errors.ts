import type { LatencySeries } from '../../src/core/model.ts';
import { duration } from '../view/text.ts';
import { axis, draw, ink } from './draw.ts';

export interface Slice {
  /** ms from the start of the load. */
  readonly from: number;
  readonly to: number;
  readonly answers: number;
  readonly errors: number;
}

/** The load in equal slices of time. */
export function slicesOf(series: readonly LatencySeries[], slices = 60): readonly Slice[] {
  const points = series.flatMap((each) => each.at.map((at, nth) => ({ at, ok: each.ok[nth] === 1 })));
  const end = points.reduce((most, { at }) => Math.max(most, at), 0);
  if (points.length === 0 || end === 0) return [];
  const width = end / slices;
  const out = Array.from({ length: slices }, (_, nth) => ({ from: nth * width, to: (nth + 1) * width, answers: 0, errors: 0 }));
  for (const { at, ok } of points) {
    const slice = out[Math.min(slices - 1, Math.floor(at / width))];
    if (!slice) continue;
    if (ok) slice.answers++;
    else slice.errors++;
  }
  return out;
}

/** When the errors came: answers above, errors on top of them in another colour and height. */
export function errorsPicture(slices: readonly Slice[]): string {
  if (slices.length === 0) return '';
  const bar = (data: readonly number[], color: string) => ({ type: 'bar', stack: 'all', barCategoryGap: '10%', itemStyle: { color }, data });
  const errors = slices.reduce((sum, each) => sum + each.errors, 0);
  return draw(
    {
      grid: { left: 64, right: 20, top: 10, bottom: 28 },
      xAxis: {
        ...axis,
        type: 'category',
        data: slices.map(({ from }) => duration(from)),
        splitLine: { show: false },
        axisLabel: { ...axis.axisLabel, interval: Math.max(0, Math.floor(slices.length / 6) - 1) },
      },
      yAxis: { ...axis, type: 'value', minInterval: 1, splitNumber: 3 },
      series: [
        bar(
          slices.map((each) => each.errors),
          ink.fail,
        ),
        bar(
          slices.map((each) => each.answers),
          ink.line,
        ),
      ],
    },
    { width: 1090, height: 150 },
    `Answers and errors over time: ${errors} errors. The table below has the figures.`,
  );
}
