import { setTimeout as sleep } from 'node:timers/promises';
import type { CleanUp } from '../core/model.ts';
import type { PendingCleanUp } from './clean-ups.ts';
import type { Provider } from './conversation.ts';

/** The answer to a request that takes something back says that it is gone, now or before. */
export const settled = (status: number): boolean => (status >= 200 && status < 300) || status === 404 || status === 410;

/** Waits between the rounds over what is still pending, ms: a server that is away for a few seconds is met again. */
const rounds = [0, 1000, 2000, 4000, 8000] as const;
/** All rounds together, ms. */
const longest = 45_000;

/**
 * Takes back what was changed at this payer, newest first, and records each exchange: as `clean-up` all of it, as `leftover` what earlier runs have left and nothing
 * of this one. Each is tried by itself, and again in a later round when it
 * got no answer that decides. Works after Ctrl-C too: it does not listen to the run's signal, nor to the breaker, and no single request may take longer than
 * ten seconds. Answers with what could not be taken back.
 */
export async function cleanUp(provider: Provider, variant: CleanUp = 'clean-up'): Promise<readonly PendingCleanUp[]> {
  const { cleanUps, known, target } = provider;
  const base = known.base ?? target.fhir?.base;
  const mine = (variant === 'leftover' ? cleanUps.earlier() : cleanUps.pending()).filter((pending) => pending.base === base).reverse();
  // What has no address, or may be asked once only, is for a person to end.
  const refused = mine.filter(({ request, tried }) => request === undefined || tried);
  let open = mine.filter((pending) => !refused.includes(pending));
  const began = performance.now();
  for (const [nth, wait] of rounds.entries()) {
    if (open.length === 0 || (nth > 0 && performance.now() - began + wait > longest)) break;
    if (wait > 0) await sleep(wait);
    const left: PendingCleanUp[] = [];
    for (const pending of open) {
      // A try that is sure to be slow leaves time for the others.
      if (performance.now() - began > longest) left.push(pending);
      else {
        const came = await takeBack(provider, pending, variant);
        if (came === 'later') left.push(pending);
        else if (came === 'refused') refused.push(pending);
      }
    }
    open = left;
  }
  return [...open, ...refused];
}

async function takeBack(provider: Provider, pending: PendingCleanUp, variant: CleanUp): Promise<'done' | 'later' | 'refused'> {
  if (pending.request === undefined) return 'refused';
  try {
    const { status } = await provider.converse(pending.step, pending.request, { labels: { variant, timeout: 10_000 }, unstoppable: true });
    if (!settled(status)) return status === 0 || status === 429 || status >= 500 ? 'later' : 'refused';
    provider.cleanUps.done(pending.id);
    return 'done';
  } catch {
    return 'refused';
  }
}

/** What a person can do about a clean-up that failed: a line for the shell, without secrets. */
export function byHand({ what, id, request, tried }: PendingCleanUp): string {
  if (request === undefined) return `${what}: no answer told us an address of it that we may ask, so ask the payer to end it`;
  if (request.udap !== undefined)
    return `${what} (${id}): ${tried ? 'the payer did not confirm that it ended' : 'it could not be ended'}; ask the payer to remove the client, or run again in the same folder`;
  const token = request.token === undefined || request.token === 'none' ? '' : ` -H "Authorization: Bearer $TOKEN"`;
  const body = request.body === undefined ? '' : ` -H 'Content-Type: application/fhir+json' --data ${quoted(request.body)}`;
  return `${what}: take it back by hand with: curl -X ${request.method}${token}${body} ${quoted(request.url)}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
