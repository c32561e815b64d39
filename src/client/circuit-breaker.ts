import type { TransportError } from '../core/model.ts';
import { parseUrl } from '../core/url.ts';

/** Keeps a run from asking a dead or hostile server hundreds of times, each up to the time limit; and from giving up one that is away for a few seconds. */
export interface CircuitBreaker {
  /** Why this address is not asked any more; undefined while it may be. */
  reason(url: string): string | undefined;
  /** How long to wait before it is asked, ms: a server that went away gets time to come back. */
  pause(url: string): number;
  saw(url: string, error: TransportError | undefined): void;
}

/** A server that never once answered may be asked less often than one that fails in between. */
const patience = { never: 3, before: 8 } as const;
/** After this many misses in a row each further one waits, at first and at most so long, ms: about eight seconds until the last. */
const waits = { from: 3, first: 250, most: 4000 } as const;
/** A server that was given up is looked at again after this time, ms, once. */
const again = 15_000;

interface Server {
  misses: number;
  answered: boolean;
  last: string;
  at: number;
}

/** `now` in ms. */
export function createCircuitBreaker(now: () => number = () => performance.now()): CircuitBreaker {
  const servers = new Map<string, Server>();
  const originOf = (url: string) => parseUrl(url)?.origin ?? url;
  return {
    reason(url) {
      const server = servers.get(originOf(url));
      if (!server || server.misses < (server.answered ? patience.before : patience.never) || now() - server.at >= again) return undefined;
      return `${originOf(url)} gave no usable answer ${server.misses} times in a row, so it is not asked any more. The last time: ${server.last}`;
    },
    pause(url) {
      const server = servers.get(originOf(url));
      if (!server?.answered || server.misses < waits.from) return 0;
      const wait = Math.min(waits.first * 2 ** (server.misses - waits.from), waits.most);
      return Math.max(0, server.at + wait - now());
    },
    saw(url, error) {
      const server = servers.get(originOf(url)) ?? { misses: 0, answered: false, last: '', at: 0 };
      servers.set(originOf(url), server);
      if (error === undefined) {
        server.misses = 0;
        server.answered = true;
      } else if (!isOurs(error)) {
        server.misses++;
        server.at = now();
        server.last = `${error.message} (${error.code})`;
      } else if (error.code.startsWith('limit.') && error.code !== 'limit.redirects') {
        // It answered, with more than we take.
        server.misses = 0;
        server.answered = true;
      }
    },
  };
}

/** Says nothing about whether the server is there. A body without an end costs as much as no answer, and a circle of redirects leads nowhere. */
const isOurs = ({ code }: TransportError): boolean =>
  (code.startsWith('limit.') && code !== 'limit.body' && code !== 'limit.redirects') ||
  code === 'aborted' ||
  code === 'origin.blocked' ||
  code === 'ours';
