import type { Provider } from '../provider.ts';

/** Bytes kept of one file, of all files of a run together, and of each when that is used up: a run with ten thousand files must fit in memory too. */
const ofOne = 4 * 2 ** 20;
const ofAll = 256 * 2 ** 20;
const least = 16 * 2 ** 10;

const spent = new WeakMap<Provider, number>();

/** How many bytes of the next file may be kept as evidence. `bulk.storedBytes` in the target file sets another measure for one file. */
export const room = (provider: Provider): number => {
  const wanted = provider.target.bulk?.storedBytes ?? ofOne;
  return Math.min(wanted, Math.max(least, ofAll - (spent.get(provider) ?? 0)));
};

export const spend = (provider: Provider, bytes: number): void => void spent.set(provider, (spent.get(provider) ?? 0) + bytes);
