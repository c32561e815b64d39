import { readFile } from 'node:fs/promises';
import type { LoadFacts, Run, Scenario } from '../core/model.ts';
import type { Collected } from './collect.ts';
import { type JourneyName, journeyOffers, type Offer } from './journeys.ts';
import type { LoadPlan } from './plan.ts';
import type { Finished } from './process.ts';
import { secondsOf } from './profiles.ts';

/** Above this share of its cores k6 itself may be what is slow. */
const busy = 0.6;

/** What a reader must know about a load, from its plan and its samples. */
export function factsOf(
  { profile, members, offers }: Pick<LoadPlan, 'profile' | 'members' | 'offers'>,
  { requests, mixedUp, incomplete, conformance, stages, refused }: Collected,
  rest: Pick<LoadFacts, 'dropped' | 'tool' | 'cpu' | 'inconclusive' | 'segment' | 'share'>,
): LoadFacts {
  const warm = profile.stages.filter((each) => each.kind === 'warm-up').reduce((sum, each) => sum + each.seconds, 0);
  const used = new Set(profile.stages.flatMap((each) => Object.keys(each.mix) as JourneyName[]));
  const wanted = new Set([...used].flatMap((journey): readonly Offer[] => journeyOffers[journey]));
  const leftOut = [
    ...[...wanted].filter((each) => !offers.includes(each)).map((what) => ({ what })),
    ...refused.map(({ offer, status }) => ({ what: offer, status })),
  ];
  return {
    profile: profile.name,
    scenarios: [...new Set([...used].map((each): Scenario => scenarioOf[each]))].sort(),
    rate: Math.max(...profile.stages.filter((each) => each.kind !== 'warm-up').map((each) => each.rate)),
    durationMs: (secondsOf(profile) - warm) * 1000,
    warmUpMs: warm * 1000,
    ...{ requests, mixedUp, incomplete, conformance, stages },
    members: members.length,
    ...(leftOut.length === 0 ? {} : { leftOut }),
    ...rest,
  };
}

const scenarioOf: Readonly<Record<JourneyName, Scenario>> = { s1: 'S1', s2: 'S2', typing: 'S2', s3: 'S3', s4: 'S4', s5: 'S5', s6: 'S6' };

/** Why the figures decide nothing, when they do not. */
export function doubt(finished: Finished, dropped: number, burst: string | undefined): Pick<LoadFacts, 'inconclusive'> {
  const why =
    burst ??
    (finished.ended === 'interrupted'
      ? 'the load was interrupted; these are the samples until then'
      : finished.ended === 'limit'
        ? 'k6 did not end in time and was stopped'
        : finished.code !== 0 && finished.code !== 99
          ? `k6 ended with code ${finished.code}: ${finished.said.slice(-200)}`
          : dropped > 0
            ? `${dropped} requests were due but never sent, since no virtual user was free: the payer answers too slowly for them, or this machine is too slow`
            : (finished.cpu ?? 0) > busy
              ? `k6 used ${Math.round((finished.cpu ?? 0) * 100)} % of its cores (60 % at most): the machine, not the payer, may be what is slow`
              : undefined);
  return why === undefined ? {} : { inconclusive: why };
}

export const silence = ({ code, ended, said }: Finished): string =>
  ended === 'interrupted'
    ? 'it was interrupted before the first request'
    : ended === 'limit'
      ? `k6 hung: no request was made in all its time, and it was stopped${said === '' ? '' : `: ${said.slice(-400)}`}`
      : `k6 ended with code ${code ?? 'none'} before the first request: ${said.slice(-400) || 'it said nothing'}`;

export async function readSummary(path: string): Promise<{ readonly dropped: number }> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as { dropped: number };
  } catch {
    return { dropped: 0 }; // a k6 that was ended writes none; `doubt` says so
  }
}

/** k6 goes on when an output cannot be reached, and says so once or many times. */
export function unsent(outputs: readonly string[], { said }: Finished): Run['notRun'] {
  const words = [...new Set(said.split('\n').filter((line) => /\b(can't|could ?n[o']t|failed to|unable to)\b/i.test(line)))];
  if (outputs.length === 0 || words.length === 0) return [];
  const fix = 'see that it listens where the environment says (docs/load.md, "Other outputs"); the verdicts do not need it';
  return [{ what: `k6 output ${outputs.join(', ')}`, why: words.slice(0, 3).join('; '), fix }];
}
