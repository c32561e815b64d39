import type { CustomSeriesRenderItemAPI } from 'echarts/types/dist/shared';
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
  const data = [...cells].map(([key, calls]) => [...key.split(' ').map(Number), calls]);
  return draw(
    {
      grid: { left: 64, right: 20, top: 16, bottom: 28 },
      xAxis: {
        ...axis,
        type: 'category',
        data: Array.from({ length: columns }, (_, column) => `${((column * width) / 1000).toFixed(end < 100_000 ? 1 : 0)} s`),
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
        { type: 'custom', data, renderItem: (_: unknown, api: CustomSeriesRenderItemAPI) => cellAt(api, most) },
        {
          type: 'scatter',
          symbol: 'triangle',
          symbolSize: 9,
          itemStyle: { color: ink.fail },
          data: [...errors.keys()].map((column) => [column, high - low + 1]),
        },
      ],
    },
    { width: 1090, height: 70 + (high - low + 2) * 22 },
    `Latency over ${duration(end)}: darker means more answers; triangles mark errors. The figures are in the table above.`,
  );
}

/** One cell of the heat map; the more answers it holds, the more of the colour shows. */
function cellAt(api: CustomSeriesRenderItemAPI, most: number) {
  const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
  const [width = 0, height = 0] = [api.size?.([1, 1]) ?? []].flat();
  const opacity = Number((0.18 + (0.82 * Number(api.value(2))) / most).toFixed(2));
  return { type: 'rect', shape: { x: x - width / 2, y: y - height / 2, width: width - 1, height: height - 1 }, style: { fill: ink.focus, opacity } };
}
