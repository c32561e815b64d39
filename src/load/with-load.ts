import { guessedAt } from '../client/requests/match.ts';
import { latencyOf } from '../core/latency.ts';
import type { Run, Target } from '../core/model.ts';
import { join } from './collect.ts';
import { declaredBy } from './declared.ts';
import { profileOf } from './profiles.ts';
import { type LoadOptions, runLoad } from './run-load.ts';

/**
 * A finished run with the samples of a load beside its own, or with the reason why there are none under `notRun`.
 * `options.target` is the target as it was read, since the run holds it redacted. Throws only for an unknown profile.
 */
export async function withLoad(
  run: Run,
  profile: string,
  options: Omit<LoadOptions, 'bundle'> & { readonly share?: number; readonly bundleTo?: string },
): Promise<Run> {
  const base = options.base ?? baseOf(run, 'metadata');
  const cds = options.cds ?? baseOf(run, 'cds.discovery');
  const planned = profileOf(profile, options.target.agreement, options.share);
  const { bundleTo } = options;
  const bundle = bundleTo === undefined ? {} : { bundle: { folder: bundleTo, profile: profileOf(profile, options.target.agreement) } };
  const outcome = await runLoad(planned, {
    ...options,
    target: withoutGuessed(run, options.target),
    ...bundle,
    offers: options.offers ?? declaredBy(run),
    ...(base === undefined ? {} : { base }),
    ...(cds === undefined ? {} : { cds }),
  });
  if ('notRun' in outcome) return { ...run, notRun: [...run.notRun, outcome.notRun] };
  const notRun = [...run.notRun, ...(outcome.troubles ?? [])];
  return { ...run, notRun, latency: join(latencyOf(run.exchanges, outcome.latency.startedAt), outcome.latency) };
}

/** Whose card number was guessed at is locked out for a while, and rightly so: that would count as errors of the load. */
function withoutGuessed({ exchanges }: Run, target: Target): Target {
  const role = exchanges.some(({ variant }) => variant === 'guess') ? guessedAt(target.members) : undefined;
  return role === undefined ? target : { ...target, members: { ...target.members, [role]: undefined } };
}

/** A base that discovery found: where the metadata or the list of services came from. */
function baseOf({ exchanges }: Run, step: 'metadata' | 'cds.discovery'): string | undefined {
  const found = exchanges.find((each) => each.step === step && each.probe === undefined && each.response?.status === 200);
  return found && /^(.*)\/(metadata|cds-services)(\?.*)?$/.exec(found.request.url)?.[1];
}
