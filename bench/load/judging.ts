import { readFileSync } from 'node:fs';
import type { Embedded } from '../../mocks/embedded.ts';
import { type Mix, type Profile, profileOf } from '../../src/load/profiles.ts';
import { runLoad } from '../../src/load/run-load.ts';
import type { BenchRow } from '../row.ts';

const rate = 150;
const tick = 100; // Linux counts process time in hundredths of a second
const mixes: Readonly<Record<string, Mix>> = {
  'S1, member and record': { s1: 1 },
  'S2, order hooks': { s2: 1 },
  'the everyday mix': { s1: 0.6, s2: 0.2, s3: 0.1, s4: 0.1 },
};

/** CPU of k6 for one request, start-up subtracted: every answer judged, beside the same journeys that only parse the JSON. */
export async function judgingRows(embedded: Embedded): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [name, mix] of Object.entries(mixes)) {
    // Side by side and in turns, so that a busy machine troubles both.
    const rounds: { readonly parsed: number; readonly judged: number }[] = [];
    for (let round = 0; round < Number(process.env['ROUNDS'] ?? 3); round++)
      rounds.push({ parsed: await perRequest(embedded, mix, false), judged: await perRequest(embedded, mix, true) });
    const middle = (of: (each: (typeof rounds)[number]) => number): number => rounds.map(of).sort((a, b) => a - b)[rounds.length >> 1] ?? Number.NaN;
    rows.push(
      { name: `${name}: k6 CPU a request, JSON parsed only`, value: middle((each) => each.parsed), unit: 'us' },
      { name: `${name}: k6 CPU a request, every answer judged`, value: middle((each) => each.judged), unit: 'us' },
      { name: `${name}: judging / parsing only (median of 3 pairs)`, value: middle((each) => each.judged / each.parsed), unit: 'ratio', atMost: 1.3 },
    );
  }
  return rows;
}

async function perRequest(embedded: Embedded, mix: Mix, judge: boolean): Promise<number> {
  const short = await cpuOf(embedded, mix, 4, judge);
  const long = await cpuOf(embedded, mix, 24, judge);
  return ((long.cpu - short.cpu) * 1e6) / (long.requests - short.requests);
}

/** CPU seconds of k6 for one load, and how many requests it made. */
async function cpuOf(embedded: Embedded, mix: Mix, seconds: number, judge: boolean): Promise<{ readonly cpu: number; readonly requests: number }> {
  const smoke = profileOf('smoke');
  const profile: Profile = { ...smoke, tolerated: 0.5, stages: [{ name: 'bench', kind: 'steady', rate, seconds, mix }] };
  if (!judge) process.env['ASSAY_LOAD_ONLY_PARSE'] = '1';
  const before = childSeconds();
  const outcome = await runLoad(profile, { target: embedded.target, secrets: embedded.secrets });
  delete process.env['ASSAY_LOAD_ONLY_PARSE'];
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
