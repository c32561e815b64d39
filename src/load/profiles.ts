/** How load arrives. Open model only: a slow payer must not slow the asking down, or its slowness would hide itself. */
export interface Profile {
  readonly name: string;
  readonly title: string;
  /** Journeys started per second. */
  readonly rate: number;
  /** Seconds that count, after the warm-up. */
  readonly seconds: number;
  /** Seconds at the same rate beforehand that are left out of every figure. */
  readonly warmUp: number;
  /** Slowest answer, in seconds, at which arrivals still start on time; the number of virtual users follows from it. */
  readonly tolerated: number;
  /** Journeys by weight; names of suites/load/journeys. */
  readonly journeys: Readonly<Record<string, number>>;
}

/** `smoke` proves that the way works, in seconds; it is no measurement of a payer. */
export const profiles = {
  smoke: { name: 'smoke', title: 'a few seconds, to see that it works under load at all', rate: 20, seconds: 5, warmUp: 1, tolerated: 2, journeys: { s1: 1 } },
} as const satisfies Readonly<Record<string, Profile>>;

export type ProfileName = keyof typeof profiles;

/** By name, or in words which there are. */
export function profileOf(name: string): Profile {
  const found = (profiles as Readonly<Record<string, Profile>>)[name];
  if (!found) throw new Error(`No load profile is called ${name}. Known: ${Object.keys(profiles).join(', ')}.`);
  return found;
}

/** Arrivals never wait when there are this many users: rate x slowest tolerated answer x requests of a journey. */
export const usersOf = (profile: Profile, requestsPerJourney: number): number =>
  Math.max(10, Math.ceil(profile.rate * profile.tolerated * Math.min(3, requestsPerJourney)));
