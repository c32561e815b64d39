import { setTimeout as sleep } from 'node:timers/promises';
import type { Facts, Json, TransportError, WireRequest } from '../../core/model.ts';
import { parseUrl } from '../../core/url.ts';
import type { Sent } from '../sent.ts';
import { isOpened, type Opened } from '../stream.ts';
import type { Transport } from '../transport.ts';
import type { Pace } from './pace.ts';
import { hopOf } from './redirects.ts';

/** What a result looks like from the wire, whichever client brought it. */
interface Look {
  readonly answer?: { readonly status: number; readonly headers: Readonly<Record<string, string>> };
  readonly error?: TransportError;
  readonly begun?: boolean;
}

/** How requests are carried: as whole answers, or opened for bodies too large to hold. */
export interface Way<T> {
  act(request: WireRequest): Promise<T>;
  look(result: T): Look;
  /** The result of a try that we broke off ourselves. */
  fail(error: TransportError, last: T): T;
  discard(result: T): void;
}

export interface Options {
  /** Sent once, whatever comes: neither followed nor repeated. For tries that are meant to fail. */
  readonly once?: boolean;
  /** Repeating it changes nothing at the payer, though its method does not say so: a search by POST, a token request. */
  readonly repeatable?: boolean;
  readonly lane?: string;
  /** Longest that its turn is waited for, ms; default: as long as the payer wants. */
  readonly longest?: number;
  /** Absent: runs to its end even when the run was interrupted. */
  readonly signal?: AbortSignal;
}

export interface Once<T> {
  readonly result: T;
  /** `http.hops`, `http.notFollowed`: which way the answer came. */
  readonly facts: Facts;
  /** Tries that brought nothing before this one. */
  readonly lost: readonly Json[];
}

/** Asked twice they change no more than asked once. Source: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
export const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Without its query, which may open what it names. */
const place = (url: string): string => {
  const { origin = '', path = '' } = parseUrl(url) ?? {};
  return `${origin}${path}`;
};

/**
 * One try with all the manners of the wire: in its turn, repeated once when a connection was reset before the first byte (RFC 9112 section 9.3.1), and along
 * redirects. The answer is that of the last hop.
 */
export async function once<T>(
  way: Way<T>,
  request: WireRequest,
  options: Options,
  { pace, trusted, redirects }: { readonly pace: Pace; readonly trusted: (url: string) => boolean; readonly redirects: number },
): Promise<Once<T>> {
  const lost: Json[] = [];
  const hops: { status: number; from: string; to: string }[] = [];
  const asked = async (current: WireRequest): Promise<T> => {
    const wait = options.once ? 0 : Math.min(pace.turn(current.url, options.lane), options.longest ?? Number.POSITIVE_INFINITY);
    if (wait > 0) await sleep(wait, undefined, options.signal === undefined ? {} : { signal: options.signal });
    const result = await way.act(current);
    if (!options.once) pace.saw(current.url, way.look(result).answer, options.lane);
    return result;
  };
  const done = (result: T, more: Facts = {}): Once<T> => ({
    result,
    facts: { ...(hops.length === 0 ? {} : { 'http.hops': hops }), ...more },
    lost,
  });
  for (let current = request; ; ) {
    let result = await asked(current);
    const { error, begun } = way.look(result);
    const harmless = idempotent.has(current.method) || options.repeatable === true;
    if (!options.once && error?.code === 'reset' && !begun && harmless && lost.length === 0 && options.signal?.aborted !== true) {
      lost.push({ status: null, error: 'reset', retryAfter: null });
      result = await asked(current);
    }
    const { answer } = way.look(result);
    const hop = answer === undefined || options.once ? undefined : hopOf(current, answer, trusted);
    if (answer === undefined || hop === undefined) return done(result);
    if ('refused' in hop) return done(result, { 'http.notFollowed': hop.refused });
    way.discard(result);
    if (hops.length >= redirects)
      return done(way.fail({ code: 'limit.redirects', message: `${hops.length} redirects in a row from ${place(request.url)}` }, result));
    hops.push({ status: answer.status, from: place(current.url), to: place(hop.next.url) });
    current = hop.next;
  }
}

export const sending = (transport: Transport, options: { readonly timeout?: number; readonly signal?: AbortSignal }): Way<Sent> => ({
  act: (request) => transport.send(request, options),
  look: ({ response, error, begun }) => ({
    ...(response === null ? {} : { answer: response }),
    ...(error === undefined ? {} : { error }),
    ...(begun ? { begun } : {}),
  }),
  fail: (error, last) => ({ ...last, response: null, error }),
  discard: () => undefined,
});

export const opening = (
  { open }: Pick<Transport, 'open'>,
  options: { readonly timeout?: number; readonly signal?: AbortSignal },
): Way<Opened | TransportError> => ({
  act: (request) => open(request, options),
  look: (result) => (isOpened(result) ? { answer: result, begun: true } : { error: result }),
  fail: (error) => error,
  discard(result) {
    if (!isOpened(result)) return;
    result.body.on('error', () => undefined);
    result.body.resume();
  },
});
