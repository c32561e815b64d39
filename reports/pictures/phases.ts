import type { Phase } from '../../src/core/model.ts';
import { duration } from '../view/text.ts';
import { axis, draw, ink } from './draw.ts';

export const phaseNames: Readonly<Record<Phase, string>> = { dns: 'DNS', connect: 'connect', tls: 'TLS', firstByte: 'first byte', body: 'body' };
export const phaseOrder: readonly Phase[] = ['dns', 'connect', 'tls', 'firstByte', 'body'];
/** Told apart by lightness too, and the legend is in the same order as the bars. */
export const phaseColours: Readonly<Record<Phase, string>> = {
  dns: ink.open,
  connect: ink.gold,
  tls: ink.ink,
  firstByte: ink.focus,
  body: ink.pass,
};

export interface PhaseRow {
  readonly name: string;
  /** Mean of each phase, ms. */
  readonly means: Readonly<Record<Phase, number>>;
}

/** Where the time goes: the mean of each phase, stacked. */
export function phasesPicture(rows: readonly PhaseRow[]): string {
  if (rows.length === 0) return '';
  const upward = [...rows].reverse();
  return draw(
    {
      grid: { left: 232, right: 20, top: 6, bottom: 28 },
      xAxis: { ...axis, type: 'value', axisLabel: { ...axis.axisLabel, formatter: (ms: number) => duration(ms) } },
      yAxis: {
        ...axis,
        type: 'category',
        data: upward.map((row) => row.name),
        splitLine: { show: false },
        axisLabel: { color: ink.ink, fontSize: 13.5 },
      },
      series: phaseOrder.map((phase) => ({
        type: 'bar',
        stack: 'all',
        barMaxWidth: 16,
        itemStyle: { color: phaseColours[phase] },
        data: upward.map((row) => row.means[phase]),
      })),
    },
    { width: 1090, height: 40 + rows.length * 28 },
    'Mean time in DNS, connect, TLS, waiting for the first byte and reading the body, for each operation. The table below has the figures.',
  );
}
