/** What the journeys of suites/load are made of, as far as Node and k6 must agree on it. Pure data. */

/** What a payer may offer and a journey asks for. Asked under load only where the payer declares it, and where it was not refused without load. */
export const offers = [
  '$member-match',
  'read Patient',
  'search Coverage',
  'search Condition',
  'search ExplanationOfBenefit',
  'search Observation',
  '$everything',
  '$docref',
  '$care-gaps',
  'read Group',
  'export of a Group',
  'order-select',
  'order-sign',
] as const;
export type Offer = (typeof offers)[number];

/** In the order of asking. The numbers are those of the scenarios: S5 is the roster, S6 the claims of a panel. */
export const journeyOffers = {
  s1: ['$member-match', 'read Patient', 'search Coverage', 'search Condition', 'search ExplanationOfBenefit'],
  s2: ['order-select', 'order-sign'],
  typing: ['order-select'],
  s3: ['$everything', '$docref'],
  s4: ['$care-gaps', 'search Observation'],
  s5: ['read Group', 'export of a Group'],
  s6: ['export of a Group'],
} as const satisfies Record<string, readonly Offer[]>;
export type JourneyName = keyof typeof journeyOffers;

/** Requests that a journey makes, about. Virtual users follow from it, the rate does not. */
export const journeyLengths: Readonly<Record<JourneyName, number>> = { s1: 5, s2: 2, typing: 4, s3: 2, s4: 2, s5: 6, s6: 5 };

/** Jobs that run beside everything else: they have virtual users of their own, and their share is never raised because other journeys are missing. */
export const isExport = (journey: JourneyName): boolean => journey === 's5' || journey === 's6';

/** Shares of the requests by journey; what a target does not offer is left to the others. */
export type Mix = Readonly<Partial<Record<JourneyName, number>>>;
export const sharesOf = (mix: Mix): readonly (readonly [JourneyName, number])[] => Object.entries(mix) as [JourneyName, number][];
export const shareOf = (mix: Mix): number => sharesOf(mix).reduce((sum, [, share]) => sum + share, 0);
/** The part of a mix that these journeys make, shares as they stand. */
export const among = (mix: Mix, wanted: (journey: JourneyName) => boolean): Mix =>
  Object.fromEntries(sharesOf(mix).filter(([journey]) => wanted(journey)));

/**
 * The journey that the nth request of a stage belongs to. The multiples of the golden ratio are spread evenly over any stretch, so every stretch of a load
 * holds each journey in its share, and every part of a load that is made in parts agrees on which it is.
 */
export function journeyAt(mix: Mix, nth: number): JourneyName | undefined {
  const shares = sharesOf(mix);
  let place = ((nth * 0.6180339887498949) % 1) * shareOf(mix);
  for (const [journey, share] of shares) {
    if (place < share) return journey;
    place -= share;
  }
  return shares.at(-1)?.[0];
}
