import { latencyOf } from '../core/latency.ts';
import type { Run } from '../core/model.ts';
import { join } from './collect.ts';
import { profileOf } from './profiles.ts';
import { type LoadOptions, runLoad } from './run-load.ts';

/**
 * A finished run with the samples of a load beside its own, or with the reason why there are none under `notRun`.
 * `options.target` is the target as it was read, since the run holds it redacted. Throws only for an unknown profile.
 */
export async function withLoad(run: Run, profile: string, options: LoadOptions): Promise<Run> {
  const base = options.base ?? baseOf(run);
  const outcome = await runLoad(profileOf(profile), { ...options, ...(base === undefined ? {} : { base }) });
  if ('notRun' in outcome) return { ...run, notRun: [...run.notRun, outcome.notRun] };
  return { ...run, latency: join(latencyOf(run.exchanges, outcome.latency.startedAt), outcome.latency) };
}

/** The base that discovery found: where the metadata came from. */
function baseOf({ exchanges }: Run): string | undefined {
  const metadata = exchanges.find((each) => each.step === 'metadata' && each.probe === undefined && each.response?.status === 200);
  return metadata && /^(.*)\/metadata(\?.*)?$/.exec(metadata.request.url)?.[1];
}
