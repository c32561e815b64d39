/** How load arrives. Open model only: a slow payer must not slow the asking down, or its slowness would hide itself. */
export interface Profile {
  readonly name: string;
  readonly title: string;
  /** Requests per second; journeys start at this rate divided by their length. */
  readonly rate: number;
  /** Seconds that count, after the warm-up. */
  readonly seconds: number;
  /** Seconds at the same rate beforehand that are left out of every figure. */
  readonly warmUp: number;
  /** Slowest journey, in seconds, at which the next ones still start on time; the number of virtual users follows from it. */
  readonly tolerated: number;
  /** The journey of suites/load/journeys that is made. */
  readonly journey: 's1';
}

/** `smoke` proves that the way works, in seconds; it is no measurement of a payer. */
export const profiles = {
  smoke: {
    name: 'smoke',
    title: 'a few seconds, to see that it works under load at all',
    rate: 20,
    seconds: 5,
    warmUp: 1,
    tolerated: 5,
    journey: 's1',
  },
} as const satisfies Readonly<Record<string, Profile>>;

/** By name. Throws, naming those there are. */
export function profileOf(name: string): Profile {
  const found = (profiles as Readonly<Record<string, Profile>>)[name];
  if (!found) throw new Error(`No load profile is called ${name}. Known: ${Object.keys(profiles).join(', ')}.`);
  return found;
}

/** Enough virtual users that an arrival never waits for one, as long as journeys of `requests` requests keep within the tolerated time. */
export const usersOf = (profile: Profile, requests: number): number => Math.max(8, Math.ceil((profile.rate / requests) * profile.tolerated));
