import { parseRetryAfter } from '../../core/http-date.ts';
import { parseUrl } from '../../core/url.ts';

/**
 * How fast one origin lets us go, learned from its answers alone. A lane is what the payer counts apart: kick-offs are limited by the jobs that run, and
 * must not hold up reading.
 */
export interface Pace {
  /** How long to wait before the next request may go out, ms; books the turn. */
  turn(url: string, lane?: string): number;
  /** The same without booking a turn. */
  due(url: string, lane?: string): number;
  saw(url: string, answer: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined, lane?: string): void;
  /** How often in a row this lane was given up as too busy: later tries are fewer. */
  exhausted(url: string, lane?: string): number;
  gaveUp(url: string, lane?: string): void;
}

interface Lane {
  /** Epoch ms before which nothing goes out. */
  openAt: number;
  /** Ms between two requests; 0 until a 429 taught us otherwise. */
  gap: number;
  /** Answers taken since the last 429. */
  taken: number;
  exhausted: number;
}

/** Slower than this we do not go of our own accord, and a hint to wait longer than this is a matter of the answer that needs it, ms. */
const slowest = 10_000;
const longestHint = 60_000;
/** Answers without a refusal after which we try to go twice as fast. */
const trust = 50;

export function createPace(now: () => number = Date.now): Pace {
  const lanes = new Map<string, Lane>();
  const of = (url: string, lane: string): Lane => {
    const key = `${parseUrl(url)?.origin ?? url} ${lane}`;
    const found = lanes.get(key) ?? { openAt: 0, gap: 0, taken: 0, exhausted: 0 };
    lanes.set(key, found);
    return found;
  };
  return {
    turn(url, lane = '') {
      const mine = of(url, lane);
      const at = Math.max(now(), mine.openAt);
      mine.openAt = at + mine.gap;
      return at - now();
    },
    due: (url, lane = '') => Math.max(0, of(url, lane).openAt - now()),
    saw(url, answer, lane = '') {
      if (answer === undefined) return;
      const mine = of(url, lane);
      const told = parseRetryAfter(answer.headers['retry-after'], now());
      if (answer.status === 429 || (answer.status === 503 && told.kind === 'wait')) {
        const wait = told.kind === 'wait' ? told.ms : 0;
        // So many were taken, then we had to wait so long: evenly spread, none would have been refused.
        if (mine.taken > 0 && wait > 0) mine.gap = Math.min(slowest, Math.max(mine.gap, wait / mine.taken));
        mine.taken = 0;
        mine.openAt = Math.max(mine.openAt, now() + wait);
        return;
      }
      mine.exhausted = 0;
      if (++mine.taken % trust === 0) mine.gap = mine.gap < 20 ? 0 : mine.gap / 2;
      const hint = emptyFor(answer.headers, now());
      if (hint !== undefined && hint <= longestHint) mine.openAt = Math.max(mine.openAt, now() + hint);
    },
    exhausted: (url, lane = '') => of(url, lane).exhausted,
    gaveUp: (url, lane = '') => void of(url, lane).exhausted++,
  };
}

/** Ms until the quota is filled again, when the answer says that nothing is left of it; undefined when something is, or nothing is said. */
export function emptyFor(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const field = headers['ratelimit'];
  const inField = (...names: readonly string[]): number | undefined => {
    const found = names.map((name) => new RegExp(`(?:^|[;,\\s])${name}=(\\d{1,12})`).exec(field ?? '')?.[1]).find((each) => each !== undefined);
    return found === undefined ? undefined : Number(found);
  };
  const inHeader = (name: string): number | undefined => {
    const text = (headers[`ratelimit-${name}`] ?? headers[`x-ratelimit-${name}`] ?? headers[`x-rate-limit-${name}`])?.trim() ?? '';
    return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  };
  // Drafts: `RateLimit: "policy";r=0;t=5`, `RateLimit: limit=9, remaining=0, reset=5`, `RateLimit-Remaining` with `RateLimit-Reset`.
  const left = inField('r', 'remaining') ?? inHeader('remaining');
  const reset = inField('t', 'reset') ?? inHeader('reset');
  if (left !== 0 || reset === undefined) return undefined;
  // Some give the second of the epoch in place of a number of seconds.
  return reset > 1e9 ? Math.max(0, reset * 1000 - now) : reset * 1000;
}
