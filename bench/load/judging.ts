import { availableParallelism } from 'node:os';
import type { Embedded } from '../../mocks/embedded.ts';
import type { LoadFacts } from '../../src/core/model.ts';
import { type Profile, profileOf } from '../../src/load/profiles.ts';
import { runLoad } from '../../src/load/run-load.ts';
import type { BenchRow } from '../row.ts';

const rate = 150;

async function cpuOf(embedded: Embedded, seconds: number, judge: boolean): Promise<{ readonly cpu: number; readonly load: LoadFacts }> {
  const smoke = profileOf('smoke');
  const profile: Profile = {
    ...smoke,
    tolerated: 0.5,
    stages: smoke.stages.filter((each) => each.kind === 'steady').map((each) => ({ ...each, rate, seconds })),
  };
  if (!judge) process.env['ASSAY_LOAD_ONLY_PARSE'] = '1';
  const began = performance.now();
  const outcome = await runLoad(profile, { target: embedded.target, secrets: embedded.secrets });
  delete process.env['ASSAY_LOAD_ONLY_PARSE'];
  if (!('latency' in outcome) || !outcome.latency.load) throw new Error(`The load was not made: ${JSON.stringify(outcome)}`);
  const { load } = outcome.latency;
  return { load, cpu: ((load.cpu ?? 0) * (performance.now() - began) * availableParallelism()) / 1000 };
}

/** CPU of k6 for one request, start-up subtracted: every answer judged, beside the same journeys that only parse the JSON. */
export async function judgingRows(embedded: Embedded): Promise<readonly BenchRow[]> {
  const perRequest = async (judge: boolean): Promise<number> => {
    const short = await cpuOf(embedded, 1, judge);
    const long = await cpuOf(embedded, 11, judge);
    return ((long.cpu - short.cpu) * 1e6) / (long.load.requests - short.load.requests);
  };
  const parsed = await perRequest(false);
  const judged = await perRequest(true);
  return [
    { name: 'k6 CPU a request, JSON parsed only', value: parsed, unit: 'us' },
    { name: 'k6 CPU a request, every answer judged', value: judged, unit: 'us' },
    { name: 'judging / parsing only', value: judged / parsed, unit: 'ratio', atMost: 1.3 },
  ];
}
