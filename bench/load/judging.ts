import { readFileSync } from 'node:fs';
import type { Embedded } from '../../mocks/embedded.ts';
import type { Mix } from '../../src/load/journeys.ts';
import { type Profile, profileOf } from '../../src/load/profiles.ts';
import { runLoad } from '../../src/load/run-load.ts';
import type { BenchRow } from '../row.ts';

const rate = 150;
const tick = 100; // Linux counts process time in hundredths of a second
const rounds = Number(process.env['ROUNDS'] ?? 3);
const everyday: Mix = { s1: 0.6, s2: 0.2, s3: 0.1, s4: 0.1 };
const mixes: Readonly<Record<string, Mix>> = { 'S1, member and record': { s1: 1 }, 'S2, order hooks': { s2: 1 }, 'the everyday mix': everyday };

type Way = 'parse' | 'judge' | 'anew';

/**
 * CPU of k6 for one request, start-up subtracted: every answer judged, beside the same journeys that only parse the JSON. Answers in the same words are
 * judged once; the last rows show what judging costs where no answer is like another.
 */
export async function judgingRows(embedded: Embedded): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [name, mix] of Object.entries(mixes)) {
    const ways: readonly Way[] = mix === everyday ? ['parse', 'judge', 'anew'] : ['parse', 'judge'];
    const found: Record<Way, number[]> = { parse: [], judge: [], anew: [] };
    // Side by side and in turns, so that a busy machine troubles all.
    for (let round = 0; round < rounds; round++) for (const way of ways) found[way].push(await perRequest(embedded, mix, way));
    const ratios = (way: Way) => found[way].map((each, nth) => each / (found.parse[nth] ?? Number.NaN));
    rows.push(
      { name: `${name}: k6 CPU a request, JSON parsed only`, value: median(found.parse), unit: 'us' },
      { name: `${name}: k6 CPU a request, every answer judged`, value: median(found.judge), unit: 'us' },
      { name: `${name}: judging / parsing only (median of ${rounds} pairs)`, value: median(ratios('judge')), unit: 'ratio', atMost: 1.3 },
      ...(found.anew.length > 0 ? [{ name: `${name}: the same, were no answer like another`, value: median(ratios('anew')), unit: 'ratio' }] : []),
    );
  }
  return rows;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function perRequest(embedded: Embedded, mix: Mix, way: Way): Promise<number> {
  const short = await cpuOf(embedded, mix, 4, way);
  const long = await cpuOf(embedded, mix, 24, way);
  return ((long.cpu - short.cpu) * 1e6) / (long.requests - short.requests);
}

/** CPU seconds of k6 for one load, and how many requests it made. */
async function cpuOf(embedded: Embedded, mix: Mix, seconds: number, way: Way): Promise<{ readonly cpu: number; readonly requests: number }> {
  const smoke = profileOf('smoke');
  const profile: Profile = { ...smoke, tolerated: 0.5, stages: [{ name: 'bench', kind: 'steady', rate, seconds, mix }] };
  process.env['ASSAY_LOAD_BENCH'] = way;
  const before = childSeconds();
  const outcome = await runLoad(profile, { target: embedded.target, secrets: embedded.secrets });
  delete process.env['ASSAY_LOAD_BENCH'];
  if (!('latency' in outcome) || !outcome.latency.load) throw new Error(`The load was not made: ${JSON.stringify(outcome)}`);
  return { requests: outcome.latency.load.requests, cpu: childSeconds() - before };
}

/** User and system seconds of all children that have ended, as Linux counts them. */
function childSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) / tick;
}
