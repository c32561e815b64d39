import { existsSync, statSync } from 'node:fs';
import { dirname, join as path } from 'node:path';
import type { LatencyData, LoadFacts, Run } from '../core/model.ts';
import { type Collected, collect, join, rehearsalIn } from './collect.ts';
import { samplesFile } from './plan.ts';
import type { Stage } from './profiles.ts';

export interface Part {
  readonly path: string;
  readonly run: Run;
}

/**
 * The samples of all parts in one, for one judgement: percentiles of parts cannot be averaged. Throws when a part has no load or no sample file, when the
 * parts are not of one load, or when an iteration occurs twice (the same segment given twice, or run twice).
 */
export async function merged(parts: readonly Part[], more: readonly string[] = [], onlyMore = false): Promise<LatencyData> {
  const loads = parts.map(loadOf);
  const [first] = loads;
  const whole = parts[0]?.run.latency;
  if (!first || !whole) throw new Error('Name at least one run with a load.');
  for (const [index, load] of loads.entries())
    if (load.profile !== first.profile || planOf(load) !== planOf(first))
      throw new Error(`${parts[index]?.path} is a part of another load: expected profile ${planOf(first)}, seen ${planOf(load)}.`);
  const files = onlyMore ? more : [...parts.map(samplesOf), ...more];
  if (files.length === 0) throw new Error('Name the sample files of the load with --samples.');
  const written = onlyMore ? (await Promise.all(files.map(rehearsalIn))).find((line) => line?.stages)?.stages : undefined;
  const stages = written ?? (first.stages ?? []).map((stage) => ({ ...stage, mix: {} }));
  const collected = await collect(files, stages);
  if (collected.twice > 0)
    throw new Error(`${collected.twice} requests belong to iterations that occur in two parts. Was a part given twice, or a segment run twice?`);
  const doubts = onlyMore ? doubtsIn(collected, files.length) : loads.flatMap((load) => load.inconclusive ?? []);
  const cpu = Math.max(...loads.map((load) => load.cpu ?? 0));
  const { startedAt, series, requests, mixedUp, incomplete, conformance } = collected;
  const { inconclusive: _doubt, segment: _segment, share: _share, ...facts } = first;
  const load: LoadFacts = {
    ...facts,
    ...{ requests, mixedUp, incomplete, conformance, stages: collected.stages },
    ...timesOf(stages),
    dropped: collected.dropped + (onlyMore ? 0 : loads.reduce((sum, each) => sum + each.dropped, 0)),
    tool: `${first.tool}, ${files.length} parts`,
    ...(cpu > 0 ? { cpu } : {}),
    ...(doubts.length > 0 ? { inconclusive: doubts.join('; ') } : {}),
  };
  const single = whole.series.filter((each) => each.source === 'run');
  const shift = Date.parse(whole.startedAt) - Date.parse(startedAt);
  const moved = single.map((each) => ({ ...each, at: each.at.map((ms) => ms + shift) }));
  return join({ startedAt, series: moved }, { startedAt, series, load });
}

/** What raw samples alone tell about runners that are not to be seen: a missing file, a killed pod, too few virtual users. */
function doubtsIn({ dropped, ended, iterations }: Collected, files: number): readonly string[] {
  const [missing, tolerated] = gapsIn(iterations, files);
  return [
    ...(dropped > 0 ? [`${dropped} requests were due but never sent`] : []),
    ...(ended < files
      ? [`${files - ended} of ${files} sample files end without the summary of k6: that runner was ended early, or its log was cut`]
      : []),
    ...(dropped === 0 && missing > tolerated
      ? [`${missing} of ${iterations.size + missing} requests are in no file: is the log of a runner missing, or rotated away?`]
      : []),
  ];
}

/** Iterations are numbered through all segments; at the end of a stage each segment may be one short. */
function gapsIn(iterations: ReadonlySet<string>, files: number): readonly [missing: number, tolerated: number] {
  const last = new Map<string, number>();
  for (const id of iterations) {
    const cut = id.lastIndexOf('.');
    last.set(id.slice(0, cut), Math.max(last.get(id.slice(0, cut)) ?? 0, Number(id.slice(cut + 1))));
  }
  return [[...last.values()].reduce((sum, each) => sum + each + 1, 0) - iterations.size, last.size * files];
}

function timesOf(stages: readonly Stage[]): Pick<LoadFacts, 'rate' | 'durationMs' | 'warmUpMs'> {
  const seconds = (warm: boolean) => stages.filter(({ kind }) => (kind === 'warm-up') === warm).reduce((sum, each) => sum + each.seconds, 0);
  const rates = stages.filter(({ kind }) => kind !== 'warm-up').map(({ rate }) => rate);
  return { rate: Math.max(...rates), durationMs: seconds(false) * 1000, warmUpMs: seconds(true) * 1000 };
}

function loadOf({ path: where, run }: Part): LoadFacts {
  const load = run.latency?.load;
  if (!load) throw new Error(`${where} holds no load. Expected a part made by: payer-assay run --load PROFILE --load-segment N/M`);
  return load;
}

const planOf = ({ profile, stages = [] }: LoadFacts): string =>
  `${profile} ${stages.map(({ rate, seconds }) => `${rate}/s for ${seconds} s`).join(', ')}`;

function samplesOf({ path: where }: Part): string {
  const file = path(existsSync(where) && statSync(where).isDirectory() ? where : dirname(where), samplesFile);
  if (!existsSync(file)) throw new Error(`${file} is missing: the raw samples are kept next to run.json. Copy the whole folder of the part.`);
  return file;
}
