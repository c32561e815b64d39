import { createHash } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** Troubles of a network and a busy payer, drawn from a seed. Shares of requests, 0-1. */
export interface Chaos {
  readonly seed: number;
  /** The connection is dropped before the payer hears the request. */
  readonly resets?: number;
  /** 503 with Retry-After: 0, likewise before the payer hears it. */
  readonly busy?: number;
  /** The connection is dropped in the middle of the answer's body. */
  readonly truncated?: number;
  /** Paths that are troubled; default all. */
  readonly only?: RegExp;
}

/**
 * Stands between socket and payer. What happens to a request depends on the seed, the request and how often it came, not on the order in which parallel
 * requests happen to arrive: the same seed brings the same trouble.
 */
export function troubled(listener: RequestListener, chaos: Chaos): RequestListener {
  const seen = new Map<string, number>();
  return (request, response) => {
    const what = `${request.method} ${request.url}`;
    const time = (seen.get(what) ?? 0) + 1;
    seen.set(what, time);
    if (chaos.only?.test(request.url ?? '') === false) return listener(request, response);
    const drawn = draw(`${chaos.seed} ${what} ${time}`);
    const { resets = 0, busy = 0, truncated = 0 } = chaos;
    if (drawn < resets) return void request.socket.destroy();
    if (drawn < resets + busy) return sayBusy(request, response);
    if (drawn < resets + busy + truncated) cutShort(response);
    return listener(request, response);
  };
}

/** A number in [0, 1) that depends on the text alone. */
const draw = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;

function sayBusy(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(503, { 'retry-after': '0', 'content-type': 'text/plain' }).end('Busy. Try again.');
}

/** Lets half of the first piece of the body through, then hangs up. Answers without a body pass whole. */
function cutShort(response: ServerResponse): void {
  const [write, end] = [response.write.bind(response), response.end.bind(response)];
  let hungUp = false;
  const cut = (piece: unknown): boolean => {
    hungUp = true;
    const bytes = Buffer.from(piece as Uint8Array);
    write(bytes.subarray(0, bytes.length >> 1), () => response.socket?.destroy());
    return false;
  };
  const holds = (piece: unknown): boolean => (typeof piece === 'string' || piece instanceof Uint8Array) && piece.length > 1;
  response.write = ((piece: unknown) => (holds(piece) ? cut(piece) : true)) as ServerResponse['write'];
  response.end = ((piece?: unknown) => {
    if (holds(piece)) cut(piece);
    else if (!hungUp) end();
    return response;
  }) as ServerResponse['end'];
}
