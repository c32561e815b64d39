import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { operationOf } from '../core/latency.ts';
import type { ConformanceHits, LatencyData, LatencySeries, Operation, Step } from '../core/model.ts';
import type { LoadLine } from './plan.ts';

/** What the sample lines of one or more k6 processes say together. */
export interface Collected {
  /** ISO instant of the first request. */
  readonly startedAt: string;
  readonly series: readonly LatencySeries[];
  readonly conformance: readonly ConformanceHits[];
  readonly mixedUp: number;
  readonly requests: number;
}

interface Column {
  at: number[];
  total: number[];
  ok: (0 | 1)[];
  phases: [number[], number[], number[], number[], number[]];
}

/** Reads sample files as they stand; a last line cut short by a killed k6 is passed over. Segments simply add up. */
export async function collect(files: readonly string[]): Promise<Collected> {
  const columns = new Map<Operation, Column>();
  const hits = new Map<string, { checked: number; failed: number; example?: string }>();
  let mixedUp = 0;
  let requests = 0;
  for (const file of files) {
    let checks: Readonly<Record<string, readonly string[]>> = {};
    for await (const text of createInterface({ input: createReadStream(file) })) {
      const line = parse(text);
      if (line?.k === 'checks') checks = line.checks;
      if (line?.k !== 'sample') continue;
      requests++;
      if (line.mixed) mixedUp++;
      count(hits, checks[line.step] ?? [], line.j ?? '', line.why);
      const operation = operationOf({ step: line.step as Step, request: { method: '', url: '', headers: {} } });
      if (operation === undefined) continue;
      const column = columns.get(operation) ?? { at: [], total: [], ok: [], phases: [[], [], [], [], []] };
      columns.set(operation, column);
      column.at.push(line.at);
      column.total.push(line.total);
      column.ok.push(line.ok);
      for (const [index, phase] of column.phases.entries()) phase.push(line.ph[index] ?? 0);
    }
  }
  const origin = [...columns.values()].reduce((least, { at }) => at.reduce((a, b) => Math.min(a, b), least), Number.POSITIVE_INFINITY);
  const began = Number.isFinite(origin) ? origin : Date.now();
  return {
    startedAt: new Date(began).toISOString(),
    series: [...columns].map(([operation, column]) => seriesOf(operation, column, began)),
    conformance: [...hits].map(([requirement, each]) => ({ requirement, ...each })),
    mixedUp,
    requests,
  };
}

function seriesOf(operation: Operation, { at, total, ok, phases }: Column, origin: number): LatencySeries {
  const [dns, connect, tls, firstByte, body] = phases;
  return { operation, source: 'k6', at: at.map((each) => each - origin), total, ok, phases: { dns, connect, tls, firstByte, body } };
}

function count(
  hits: Map<string, { checked: number; failed: number; example?: string }>,
  ids: readonly string[],
  letters: string,
  why?: string,
): void {
  for (const [index, id] of ids.entries()) {
    const letter = letters[index];
    if (letter !== 'p' && letter !== 'f') continue;
    const hit = hits.get(id) ?? { checked: 0, failed: 0 };
    hits.set(id, hit);
    hit.checked++;
    if (letter === 'p') continue;
    hit.failed++;
    // The words belong to the first failure of the answer; those of later ones are in the count only.
    if (why !== undefined && letters.indexOf('f') === index) hit.example ??= why;
  }
}

function parse(text: string): LoadLine | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as LoadLine;
  } catch {
    return undefined;
  }
}

/** The run's own single-caller samples beside those of the load; both count from the start of the load. */
export const join = (single: LatencyData, load: LatencyData): LatencyData => ({ ...load, series: [...single.series, ...load.series] });
