import { open } from 'node:fs/promises';

/** Looks over k6's shoulder: a payer that breaks down is left in peace, at once. */

export interface Watch {
  /** Fires when the load must end: the caller's own signal, or a burst of errors. */
  readonly signal: AbortSignal;
  /** Why it was ended by us. */
  why(): string | undefined;
  stop(): void;
}

/** Of this many of the last requests, this share may be 5xx without Retry-After, or broken connections, before the load is ended. */
const window = 100;
const most = 0.5;

type Outcome = 'well' | 'failed' | 'lost';

/** Follows the sample file as it grows. */
export function watchSamples(path: string, outer?: AbortSignal, every = 500): Watch {
  const ending = new AbortController();
  const recent: Outcome[] = [];
  let reason: string | undefined;
  let offset = 0;
  let rest = '';
  const look = async (): Promise<void> => {
    const file = await open(path, 'r').catch(() => undefined);
    if (!file) return;
    try {
      const { size } = await file.stat();
      if (size <= offset) return;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size - offset, 8 * 2 ** 20)), 0, undefined, offset);
      offset += bytesRead;
      const lines = (rest + buffer.subarray(0, bytesRead).toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const status = /"status":(\d+)/.exec(line)?.[1];
        if (status === undefined) continue;
        const lost = status === '0' && !line.includes('"late":1');
        recent.push(lost ? 'lost' : Number(status) >= 500 && !line.includes('"retry":1') ? 'failed' : 'well');
        if (recent.length > window) recent.shift();
        const count = (what: Outcome) => recent.filter((each) => each === what).length;
        if (recent.length < window || count('well') >= window * (1 - most)) continue;
        const words = [
          ...(count('failed') > 0 ? [`${count('failed')} of the last ${window} answers were 5xx without Retry-After`] : []),
          ...(count('lost') > 0 ? [`${count('lost')} of the last ${window} requests got no connection, or lost it`] : []),
        ];
        reason ??= `ended early, to spare the payer: ${words.join(', ')}`;
        ending.abort();
      }
    } finally {
      await file.close();
    }
  };
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void look().finally(() => {
      busy = false;
    });
  }, every);
  return {
    signal: outer ? AbortSignal.any([outer, ending.signal]) : ending.signal,
    why: () => reason,
    stop: () => clearInterval(timer),
  };
}
