import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { operationOf } from '../core/latency.ts';
import type { ConformanceHits, LatencyData, LatencySeries, LoadStage, Operation, Step } from '../core/model.ts';
import type { ChecksLine, LoadLine, SampleLine } from './plan.ts';
import type { Stage } from './profiles.ts';

/** What the sample lines of one or more k6 processes say together. */
export interface Collected {
  /** ISO instant of the first request. */
  readonly startedAt: string;
  readonly series: readonly LatencySeries[];
  readonly conformance: readonly ConformanceHits[];
  readonly stages: readonly LoadStage[];
  readonly mixedUp: number;
  readonly incomplete: number;
  readonly requests: number;
  /** Stage, stream and number of every request. */
  readonly iterations: ReadonlySet<string>;
  /** Samples whose iteration another file has too. */
  readonly twice: number;
  /** Requests that were due and never sent, as far as the files say. */
  readonly dropped: number;
  /** What was refused to every member without load. */
  readonly refused: NonNullable<ChecksLine['refused']>;
  /** Files that end as k6 ends them where it writes no summary elsewhere, as in a cluster. */
  readonly ended: number;
}

interface Column {
  at: number[];
  total: number[];
  ok: (0 | 1)[];
  stage: number[];
  phases: [number[], number[], number[], number[], number[]];
}

/** Reads sample files as they stand; a last line cut short by a killed k6 is passed over. Segments simply add up. */
export async function collect(files: readonly string[], stages: readonly Stage[]): Promise<Collected> {
  const tally = tallying(stages);
  const rehearsed = await Promise.all(files.map(async (file) => ({ file, rehearsal: await rehearsalIn(file) })));
  rehearsed.sort((a, b) => Number(a.rehearsal === undefined) - Number(b.rehearsal === undefined));
  for (const { file, rehearsal } of rehearsed) {
    tally.nextFile(rehearsal);
    for await (const text of createInterface({ input: createReadStream(file) })) tally.add(parse(text));
  }
  return tally.collected();
}

/** What was judged stands in the first lines; runners of a cluster share one rehearsal, which only one of them has written down. */
export async function rehearsalIn(file: string): Promise<ChecksLine | undefined> {
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const line = parse(text);
    if (line?.k === 'checks') return line;
    if (line?.k === 'sample') return undefined;
  }
  return undefined;
}

/** The same for lines already at hand. */
export function collectLines(lines: readonly LoadLine[], stages: readonly Stage[]): Collected {
  const tally = tallying(stages);
  for (const line of lines) tally.add(line);
  return tally.collected();
}

function tallying(stages: readonly Stage[]) {
  const columns = new Map<Operation, Column>();
  const hits: Hits = new Map();
  const iterations = new Map<string, number>();
  let file = 0;
  let twice = 0;
  const answers = stages.map(() => ({ requests: 0, ok: 0, shed: 0, shedBare: 0, failed: 0, late: 0, lost: 0, refused: 0 }));
  const judged = stages.map(() => ({ judged: 0, wrong: 0 }));
  let [mixedUp, incomplete, requests, dropped, ended] = [0, 0, 0, 0, 0];
  let earliest = Number.POSITIVE_INFINITY;
  let checks: Readonly<Record<string, readonly string[]>> = {};
  let refused: Collected['refused'] = [];

  function sample(line: SampleLine): void {
    requests++;
    const id = `${line.g}.${line.i}`;
    const owner = iterations.get(id) ?? file;
    iterations.set(id, owner);
    if (owner !== file) twice++;
    earliest = Math.min(earliest, line.at);
    if (line.mixed) mixedUp++;
    if (line.short) incomplete++;
    count(hits, checks[line.step] ?? [], line);
    const here = answers[line.g];
    const right = judged[line.g];
    if (here) {
      here.requests++;
      here[answerOf(line)]++;
    }
    if (right && line.ok) {
      right.judged++;
      if (line.mixed || line.short || line.j?.includes('f')) right.wrong++;
    }
    const body = line.hook === undefined ? undefined : JSON.stringify({ hook: line.hook });
    const operation = operationOf({
      step: line.step as Step,
      request: { method: '', url: '', headers: {}, ...(body === undefined ? {} : { body }) },
    });
    if (operation === undefined) return;
    const column = columns.get(operation) ?? { at: [], total: [], ok: [], stage: [], phases: [[], [], [], [], []] };
    columns.set(operation, column);
    column.at.push(line.at);
    column.total.push(line.total);
    column.ok.push(line.ok);
    column.stage.push(line.g);
    for (const [index, phase] of column.phases.entries()) phase.push(line.ph[index] ?? 0);
  }

  return {
    nextFile(rehearsal: ChecksLine | undefined) {
      file++;
      checks = rehearsal?.checks ?? checks;
      refused = rehearsal?.refused ?? refused;
    },
    add(line: LoadLine | undefined) {
      if (line?.k === 'checks') checks = line.checks;
      if (line?.k === 'summary') {
        dropped += line.dropped;
        ended++;
      }
      if (line?.k === 'sample') sample(line);
    },
    collected(): Collected {
      const began = Number.isFinite(earliest) ? earliest : Date.now();
      let from = 0;
      return {
        startedAt: new Date(began).toISOString(),
        series: [...columns].map(([operation, column]) => seriesOf(operation, column, began)),
        conformance: [...hits].map(([requirement, { byStage, ...each }]) => ({
          requirement,
          ...each,
          ...(each.failed > 0 ? { byStage: [...byStage].map(([stage, found]) => ({ stage, ...found })).sort((a, b) => a.stage - b.stage) } : {}),
        })),
        stages: stages.map(({ name, kind, rate, seconds }, index) => {
          const start = from;
          from += seconds * 1000;
          return {
            ...{ name, kind, rate, seconds, from: start },
            answers: answers[index] ?? nothing,
            ...(judged[index] ?? { judged: 0, wrong: 0 }),
          };
        }),
        ...{ mixedUp, incomplete, refused, requests, twice, dropped, ended, iterations: new Set(iterations.keys()) },
      };
    },
  };
}

const nothing = { requests: 0, ok: 0, shed: 0, shedBare: 0, failed: 0, late: 0, lost: 0, refused: 0 };

function answerOf({ status, late, retry, ok }: SampleLine): keyof typeof nothing {
  if (ok) return 'ok';
  if (status === 0) return late ? 'late' : 'lost';
  if (status === 429 || (status === 503 && retry)) return retry ? 'shed' : 'shedBare';
  return status >= 500 ? 'failed' : 'refused';
}

function seriesOf(operation: Operation, { at, total, ok, stage, phases }: Column, origin: number): LatencySeries {
  const [dns, connect, tls, firstByte, body] = phases;
  return { operation, source: 'k6', at: at.map((each) => each - origin), total, ok, stage, phases: { dns, connect, tls, firstByte, body } };
}

type Tally = { checked: number; failed: number };
type Hits = Map<string, Tally & { example?: string; readonly byStage: Map<number, Tally> }>;

function count(hits: Hits, ids: readonly string[], { j: letters = '', why, g: stage }: SampleLine): void {
  for (const [index, id] of ids.entries()) {
    const letter = letters[index];
    if (letter !== 'p' && letter !== 'f') continue;
    const hit = hits.get(id) ?? { checked: 0, failed: 0, byStage: new Map<number, Tally>() };
    hits.set(id, hit);
    const here = hit.byStage.get(stage) ?? { checked: 0, failed: 0 };
    hit.byStage.set(stage, here);
    hit.checked++;
    here.checked++;
    if (letter === 'p') continue;
    hit.failed++;
    here.failed++;
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
