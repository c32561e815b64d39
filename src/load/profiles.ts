import type { Agreement, StageKind } from '../core/model.ts';
import { among, isExport, type JourneyName, journeyLengths, type Mix, shareOf, sharesOf } from './journeys.ts';

/** How load arrives. Open model only: a slow payer must not slow the asking down, or its slowness would hide itself. */

/** One stretch at one rate. */
export interface Stage {
  readonly name: string;
  readonly kind: StageKind;
  /** Requests per second, all of them. */
  readonly rate: number;
  readonly seconds: number;
  readonly mix: Mix;
}

export interface Profile {
  readonly name: string;
  readonly title: string;
  /** Slowest journey, in seconds, at which the next requests still go out on time; the number of virtual users follows from it. */
  readonly tolerated: number;
  readonly stages: readonly Stage[];
}

const everyday: Mix = { s1: 0.6, s2: 0.2, s3: 0.1, s4: 0.1 };
const interactive: Mix = { s1: 0.7, s2: 0.3 };
const stage = (name: string, kind: StageKind, rate: number, seconds: number, mix: Mix = everyday): Stage => ({ name, kind, rate, seconds, mix });
const one = 1;
/** Used where nothing is agreed: enough to see something, too little to hurt. */
const modest = 10;
const smokeRate = 20;

/** By the rate agreed to, in requests per second; absent where none is. */
const made: Readonly<Record<string, (rate?: number) => Omit<Profile, 'name'>>> = {
  smoke: (agreed = smokeRate) => {
    const rate = Math.min(smokeRate, agreed);
    return {
      title: 'a few seconds, to see that it works under load at all',
      tolerated: 5,
      stages: [stage('warm-up', 'warm-up', rate, 1, { s1: one }), stage('smoke', 'steady', rate, 5, { s1: one })],
    };
  },
  agreed: (rate = modest) => ({
    title: 'the rate of the agreement for half an hour, and reads without load before it',
    tolerated: 10,
    stages: [stage('without load', 'idle', 2, 60), stage('warm-up', 'warm-up', rate, 60), stage('agreed rate', 'steady', rate, 1800)],
  }),
  ramp: (rate = modest) => ({
    title: 'up step by step to three times the agreed rate: where is the knee?',
    tolerated: 10,
    stages: [
      stage('warm-up', 'warm-up', rate / 4, 30),
      ...[0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3].map((factor) => stage(`${factor} x agreed`, 'step', rate * factor, 60)),
    ],
  }),
  spike: (rate = modest) => ({
    title: 'five times the agreed rate for 20 seconds, out of the blue',
    tolerated: 10,
    stages: [
      stage('warm-up', 'warm-up', rate, 30),
      stage('agreed rate', 'steady', rate, 60),
      stage('spike', 'overload', rate * 5, 20),
      stage('after the spike', 'recovery', rate, 90),
    ],
  }),
  soak: (rate = modest) => ({
    title: 'seven tenths of the agreed rate for four hours: does it wear out?',
    tolerated: 10,
    stages: [stage('warm-up', 'warm-up', rate * 0.7, 60), stage('soak', 'steady', rate * 0.7, 14_400)],
  }),
  overload: (rate = modest) => ({
    title: 'three times the agreed rate: is the rest shed politely, and is it over within a minute?',
    tolerated: 10,
    stages: [
      stage('warm-up', 'warm-up', rate, 30),
      stage('agreed rate', 'steady', rate, 60),
      stage('overload', 'overload', rate * 3, 60),
      stage('recovery', 'recovery', rate, 90),
    ],
  }),
  isolation: (rate = modest) => ({
    title: 'reads and order checks, first alone and then during exports of the roster and of the claims',
    tolerated: 10,
    stages: [
      stage('warm-up', 'warm-up', rate / 2, 30, interactive),
      stage('without export', 'idle', rate / 2, 120, interactive),
      stage('during an export', 'export', rate / 2 + 1, 120, { s1: 0.65, s2: 0.3, s5: 0.02, s6: 0.03 }),
    ],
  }),
  typing: (rate = modest) => ({
    title: 'clinicians choosing orders: bursts of order-select',
    tolerated: 10,
    stages: [
      stage('warm-up', 'warm-up', rate / 2, 20, { typing: one }),
      ...[1, 2, 3, 4, 5].flatMap((burst) => [
        stage(`quiet ${burst}`, 'steady', rate / 4, 10, { typing: one }),
        stage(`burst ${burst}`, 'steady', rate, 10, { typing: one }),
      ]),
    ],
  }),
};

/** Nobody's county asks more of one payer, and a slip of the keyboard must not become an attack. */
export const caps = { rate: 2_000, requests: 20_000_000 } as const;

/** By name, for what was agreed. `share` (0-1) shortens every stage, for a trial. Throws, naming what there is or which cap is passed. */
export function profileOf(name: string, agreement: Agreement = {}, share = 1): Profile {
  const make = Object.hasOwn(made, name) ? made[name] : undefined;
  if (!make) throw new Error(`No load profile is called ${name}. Known: ${profileNames.join(', ')}.`);
  const profile = make(agreement.rate);
  return capped({ name, ...profile, stages: profile.stages.map((each) => ({ ...each, seconds: Math.max(1, Math.round(each.seconds * share)) })) });
}

/** Every profile by name. */
export const profileNames: readonly string[] = Object.keys(made);

/** The same profile. Throws when it would pass a cap. */
export function capped(profile: Profile): Profile {
  const most = Math.max(...profile.stages.map((each) => each.rate));
  const total = requestsOf(profile);
  if (most > caps.rate) throw new Error(`Profile ${profile.name} would send ${most} requests a second; at most ${caps.rate} are allowed.`);
  if (total > caps.requests) throw new Error(`Profile ${profile.name} would send ${total} requests; at most ${caps.requests} are allowed.`);
  return profile;
}

export const requestsOf = ({ stages }: Profile): number => Math.ceil(stages.reduce((sum, each) => sum + each.rate * each.seconds, 0));
export const secondsOf = ({ stages }: Profile): number => stages.reduce((sum, each) => sum + each.seconds, 0);

/**
 * The profile without journeys that this target does not offer; their share goes to the others. Stages left with nothing to do fall away, and so do those
 * left with nothing but exports, or with no export where the stage is about them.
 */
export function offered(profile: Profile, has: (journey: JourneyName) => boolean): Profile {
  const stages = profile.stages.flatMap((each) => {
    const mix = among(each.mix, has);
    const [exporting, others] = [among(mix, isExport), among(mix, (journey) => !isExport(journey))];
    if (shareOf(others) === 0 || (each.kind === 'export' && shareOf(exporting) === 0)) return [];
    const factor = (shareOf(each.mix) - shareOf(exporting)) / shareOf(others) / shareOf(each.mix);
    const scaled = Object.fromEntries(sharesOf(others).map(([journey, share]) => [journey, share * factor]));
    return [{ ...each, mix: { ...scaled, ...exporting } as Mix }];
  });
  return { ...profile, stages };
}

/** Enough virtual users that a request never waits for one, as long as journeys keep within the tolerated time. */
export const usersOf = ({ tolerated }: Pick<Profile, 'tolerated'>, { rate, mix }: Pick<Stage, 'rate' | 'mix'>): number =>
  Math.max(4, Math.ceil(sharesOf(mix).reduce((sum, [journey, share]) => sum + (rate * share * tolerated) / journeyLengths[journey], 0)));

/** What interactive callers ask, and the exports beside it. */
export const streams = ['mix', 'export'] as const;

/** Virtual users that export: one at a time is running, the other takes a turn that is due while the first still waits for its answer. */
const exporters = 2;

/** How the requests of one stream of a stage arrive: which journeys, how many requests a second, by how many virtual users. */
export function arrivalsOf(stage: Stage, stream: (typeof streams)[number], profile: Pick<Profile, 'tolerated'>) {
  const mix = among(stage.mix, (journey) => isExport(journey) === (stream === 'export'));
  return { mix, rate: stage.rate * shareOf(mix), users: stream === 'export' ? exporters : usersOf(profile, { ...stage, mix }) };
}
