import type { Provider } from '../provider.ts';

/** Bytes kept of one file, where the run has room; and of each where it has none, which the evidence always takes (src/run/budget.ts). */
const ofOne = 4 * 2 ** 20;
const least = 12 * 2 ** 10;
/** Several files come at once, and JSON within JSON is longer: none of them takes more than half of what is left. */
const part = 2;

/**
 * How many bytes of the next file may be kept as evidence: what the evidence of the run has no room for would leave its judges with nothing.
 * `bulk.storedBytes` in the target file sets another measure for one file.
 */
export const room = (provider: Provider): number =>
  Math.min(provider.target.bulk?.storedBytes ?? ofOne, Math.max(least, Math.floor(provider.room() / part)));
