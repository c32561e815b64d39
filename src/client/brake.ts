import type { TransportError } from '../core/model.ts';
import { parseUrl } from '../core/url.ts';

/** Keeps a run from asking a dead or hostile server hundreds of times, each up to the time limit. */
export interface Brake {
  /** Why this address is not asked any more; undefined while it may be. */
  reason(url: string): string | undefined;
  saw(url: string, error: TransportError | undefined): void;
}

/** A server that never once answered may be asked less often than one that fails in between. */
const patience = { never: 3, before: 8 } as const;

export function createBrake(): Brake {
  const servers = new Map<string, { misses: number; answered: boolean; last: string }>();
  const originOf = (url: string) => parseUrl(url)?.origin ?? url;
  return {
    reason(url) {
      const server = servers.get(originOf(url));
      if (!server || server.misses < (server.answered ? patience.before : patience.never)) return undefined;
      return `${originOf(url)} gave no usable answer ${server.misses} times in a row, so it is not asked any more. The last time: ${server.last}`;
    },
    saw(url, error) {
      const server = servers.get(originOf(url)) ?? { misses: 0, answered: false, last: '' };
      servers.set(originOf(url), server);
      if (error === undefined) {
        server.misses = 0;
        server.answered = true;
      } else if (error.code !== 'aborted' && error.code !== 'origin.blocked') {
        server.misses++;
        server.last = `${error.message} (${error.code})`;
      }
    },
  };
}
