import type { LatencySeries } from '../../src/core/model.ts';
import { duration } from '../view/text.ts';
import { axis, draw, ink } from './draw.ts';
import { positive } from './limits.ts';

const columns = 60;
const perDecade = 5;

/** When the slow answers came: darker cells hold more of them. Errors are marked on the top edge. */
export function overTimePicture(series: readonly LatencySeries[]): string {
  const points = series.flatMap((each) => each.at.map((at, index) => ({ at, total: each.total[index] ?? 0, ok: each.ok[index] === 1 })));
  if (points.length === 0) return '';
  const end = points.reduce((most, point) => Math.max(most, point.at), 1);
  const width = end / columns;
  const slot = (ms: number) => Math.floor(Math.log10(positive(ms)) * perDecade);
  const slots = points.map((point) => slot(point.total));
  const [low, high] = [slots.reduce((a, b) => Math.min(a, b)), slots.reduce((a, b) => Math.max(a, b))];
  const cells = new Map<string, number>();
  const errors = new Map<number, number>();
  for (const [index, point] of points.entries()) {
    const column = Math.min(columns - 1, Math.floor(point.at / width));
    if (!point.ok) errors.set(column, (errors.get(column) ?? 0) + 1);
    const key = `${column} ${(slots[index] ?? low) - low}`;
    cells.set(key, (cells.get(key) ?? 0) + 1);
  }
  const most = Math.max(...cells.values());
  const data = [...cells].map(([key, calls]) => {
    const [column = 0, row = 0] = key.split(' ').map(Number);
    return { value: [column, row, calls], itemStyle: { color: ink.focus, opacity: Number((0.18 + (0.82 * calls) / most).toFixed(2)) } };
  });
  return draw(
    {
      grid: { left: 64, right: 20, top: 16, bottom: 28 },
      xAxis: {
        ...axis,
        type: 'category',
        data: Array.from({ length: columns }, (_, column) => duration(column * width)),
        splitLine: { show: false },
        axisLabel: { ...axis.axisLabel, interval: 9 },
      },
      yAxis: {
        ...axis,
        type: 'category',
        data: Array.from({ length: high - low + 2 }, (_, row) => duration(10 ** ((low + row) / perDecade))),
        splitLine: { show: false },
      },
      series: [
        { type: 'heatmap', data },
        {
          type: 'scatter',
          symbol: 'triangle',
          symbolSize: 9,
          itemStyle: { color: ink.fail },
          data: [...errors.keys()].map((column) => [column, high - low + 1]),
        },
      ],
      visualMap: { show: false, min: 0, max: most, seriesIndex: 99 },
    },
    { width: 1090, height: 70 + (high - low + 2) * 22 },
    `Latency over ${duration(end)}: darker means more answers; triangles mark errors. The figures are in the table above.`,
  );
}
