import { duration } from '../view/text.ts';
import { axis, draw, ink } from './draw.ts';
import { positive } from './limits.ts';

export interface StagePoint {
  readonly name: string;
  /** Answers a second. */
  readonly throughput: number;
  readonly p50: number;
  readonly p95: number;
  /** Does it hold its limits and stay right? */
  readonly holds: boolean;
  readonly knee: boolean;
}

/** What more load costs: median and 95th percentile at each step; the knee is where it still holds. */
export function throughputPicture(points: readonly StagePoint[]): string {
  if (points.length < 2) return '';
  const knee = points.find((each) => each.knee);
  const all = points.flatMap(({ p50, p95 }) => [positive(p50), positive(p95)]);
  const [low, high] = [10 ** Math.floor(Math.log10(Math.min(...all))), 10 ** Math.ceil(Math.log10(Math.max(...all) * 1.05))];
  const curve = (name: string, pick: (point: StagePoint) => number, type: string) => ({
    ...{ name, type: 'line', symbolSize: 10 },
    lineStyle: { width: 2, type, color: ink.focus },
    endLabel: { show: true, color: ink.ink, formatter: () => name },
    data: points.map((point) => ({
      value: [point.throughput, positive(pick(point))],
      symbol: point.holds ? 'circle' : 'triangle',
      itemStyle: { color: point.holds ? ink.focus : ink.fail },
    })),
  });
  const mark = knee && {
    type: 'line',
    symbol: 'none',
    lineStyle: { color: ink.gold, width: 2, type: 'dashed' },
    endLabel: { show: true, color: ink.gold, fontSize: 13, formatter: () => `knee: ${knee.throughput.toFixed(0)} a second` },
    data: [
      [knee.throughput, low],
      [knee.throughput, high],
    ],
  };
  return draw(
    {
      grid: { left: 64, right: 130, top: 26, bottom: 40 },
      xAxis: { ...axis, type: 'value', name: 'answers a second', nameLocation: 'middle', nameGap: 26, scale: true },
      yAxis: { ...axis, type: 'log', min: low, max: high, axisLabel: { ...axis.axisLabel, formatter: (ms: number) => duration(ms) } },
      series: [curve('p95', (point) => point.p95, 'solid'), curve('p50', (point) => point.p50, 'dashed'), ...(mark ? [mark] : [])],
    },
    { width: 1090, height: 300 },
    `Latency against throughput at ${points.length} steps${knee ? `; the knee is at ${knee.throughput.toFixed(0)} answers a second` : ''}. The table below has the figures.`,
  );
}
