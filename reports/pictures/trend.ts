import { duration } from '../view/text.ts';
import { axis, draw, ink } from './draw.ts';

/** One percentile over the runs, oldest first, with its limit as a line where one binds. */
export function trendPicture(
  name: string,
  percentile: string,
  points: readonly { readonly at: string; readonly ms: number }[],
  limit?: number,
): string {
  const highest = Math.max(limit ?? 0, ...points.map(({ ms }) => ms));
  return draw(
    {
      grid: { left: 64, right: 20, top: 16, bottom: 28 },
      xAxis: { ...axis, type: 'category', data: points.map(({ at }) => at.slice(5, 10)), splitLine: { show: false } },
      yAxis: { ...axis, type: 'value', min: 0, max: highest * 1.1, axisLabel: { ...axis.axisLabel, formatter: (ms: number) => duration(ms) } },
      series: [
        {
          type: 'line',
          data: points.map(({ ms }) => ms),
          symbol: 'circle',
          symbolSize: 7,
          lineStyle: { color: ink.focus, width: 2 },
          itemStyle: { color: ink.focus },
        },
        ...(limit === undefined
          ? []
          : [{ type: 'line', data: points.map(() => limit), symbol: 'none', lineStyle: { color: ink.fail, width: 1.5, type: 'dashed' } }]),
      ],
    },
    { width: 540, height: 200 },
    `${name}, ${percentile} over ${points.length} runs: ${points.map(({ ms }) => duration(ms)).join(', ')}${limit === undefined ? '' : `; the limit is ${duration(limit)}`}.`,
  );
}
