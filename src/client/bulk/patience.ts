import { setTimeout as sleep } from 'node:timers/promises';
import { parseRetryAfter } from '../../core/http-date.ts';
import type { Facts, Json, Known, RequestSpec, Step } from '../../core/model.ts';
import { type Labels, type Provider, type Reply, replyOf, Stop } from '../provider.ts';
import type { Sent } from '../transport.ts';
import { renewToken } from './token.ts';

/** How long we wait and how often we try again. Times in ms. */
export interface Patience {
  /** For one job, and for one Retry-After. */
  readonly maxWait: number;
  /** We never ask again sooner than this, whatever we are told. */
  readonly floor: number;
  /** Tries of one request in the face of passing faults. */
  readonly tries: number;
}

export const patienceOf = ({ target: { bulk, agreement } }: Known): Patience => ({
  // Waiting beyond the agreed limit would teach nothing: the verdict is known by then.
  maxWait: Math.min((bulk?.maxWait ?? 600) * 1000, (agreement?.limits?.['bulk.job']?.timeout ?? Number.POSITIVE_INFINITY) * 1.05 + 50),
  floor: bulk?.pollFloor ?? 1000,
  tries: 6,
});

/** A wait: what the payer asked for, or our own back-off when it asked for nothing that makes sense. */
export function waitFor(header: string | undefined, attempt: number, patience: Patience): { readonly ms: number; readonly asked?: number } {
  const told = parseRetryAfter(header, Date.now());
  if (told.kind === 'wait') return { ms: Math.max(told.ms, patience.floor), asked: told.ms };
  return { ms: Math.min(patience.floor * 2 ** Math.min(attempt, 10), Math.max(patience.floor, 30_000)) };
}

export const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** Sleeps, but not beyond Ctrl-C, and not longer than we are willing to: then it throws `Stop`, which is a limit of ours and no failure. */
export async function rest(wait: { readonly ms: number; readonly asked?: number }, left: number, signal: AbortSignal, what: string): Promise<void> {
  if (wait.ms > left)
    throw new Stop(
      `we stopped waiting for ${what}: ${wait.asked === undefined ? 'the next try would come' : `the payer asked for ${seconds(wait.asked)}, which is`} beyond our limit (${seconds(Math.max(0, left))} left). Raise --max-wait (bulk.maxWait in the target file) to wait longer`,
      'ours',
    );
  await sleep(wait.ms, undefined, { signal });
}

/** Statuses that say "not now" rather than "no". */
const passing = (status: number): boolean => status === 429 || status === 502 || status === 503 || status === 504;
const worthRetrying = (sent: Sent): boolean =>
  sent.response ? passing(sent.response.status) : sent.error !== undefined && ['reset', 'timeout', 'refused', 'protocol'].includes(sent.error.code);

/**
 * Sends one request with patience: passing faults are tried again with exponential back-off or as Retry-After says, and an expired token is renewed
 * once. `about` is put on the exchange as facts. Only the last answer is recorded; the tries before it stand in its fact `bulk.retries`, so that a busy minute is not taken for a refusal.
 */
export async function askPatiently<S extends Step>(
  provider: Provider,
  step: S,
  spec: RequestSpec,
  labels: Labels<S> = {},
  about: Facts = {},
): Promise<Reply> {
  const patience = patienceOf(provider.known);
  const retries: Json[] = [];
  let renewed = false;
  const began = performance.now();
  for (let attempt = 0; ; attempt++) {
    provider.signal.throwIfAborted();
    const request = await provider.prepare(spec);
    const sent = await provider.transport.send(request, {
      signal: provider.signal,
      ...(labels.timeout === undefined ? {} : { timeout: labels.timeout }),
    });
    const expired = sent.response?.status === 401 && spec.token === 'default' && request.headers['authorization'] !== undefined && !renewed;
    const again = (worthRetrying(sent) && attempt + 1 < patience.tries) || (expired && labels.probe === undefined);
    if (!again) {
      const facts = { ...sent.facts, ...about, ...(retries.length === 0 ? {} : { 'bulk.retries': retries }) };
      return replyOf(provider.observe(step, request, { ...sent, facts }, labels));
    }
    const header = sent.response?.headers['retry-after'];
    retries.push({ status: sent.response?.status ?? null, error: sent.error?.code ?? null, retryAfter: header ?? null });
    if (expired) {
      renewed = true;
      if (!(await renewToken(provider))) return replyOf(provider.observe(step, request, sent, labels));
    } else {
      const wait = waitFor(header, attempt, patience);
      await rest(wait, patience.maxWait - (performance.now() - began), provider.signal, `${spec.method} ${spec.url}`);
    }
  }
}
