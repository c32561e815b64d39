import type { Labels, Provider, Reply } from '../../src/client/provider.ts';
import { linkOf } from '../../src/core/fhir.ts';
import type { RequestSpec, Step } from '../../src/core/model.ts';

/** Pages that we follow at most: a payer whose next links never end is stopped here, and the last page still says `next`. */
export const mostPages = 30;

/**
 * Asks, then follows the next links: same origin only, never the same link twice. Further pages are recorded as step `page`, each following
 * the one before.
 */
export async function askAll(provider: Provider, step: Step, spec: RequestSpec, labels: Labels, part?: number): Promise<readonly Reply[]> {
  const more = provider.pages(part);
  const replies = [await provider.ask(step, spec, labels)];
  const seen = new Set<string>([spec.url]);
  for (let last = replies[0]; last && replies.length < mostPages; last = replies.at(-1)) {
    const next = linkOf(last.json, 'next');
    if (next === undefined || !URL.canParse(next, spec.url)) break;
    const url = new URL(next, spec.url);
    // A link to somebody else's server gets neither our request nor our token; the checks see it in the page that holds it.
    if (url.origin !== new URL(spec.url).origin || seen.has(url.href) || !more()) break;
    seen.add(url.href);
    replies.push(
      await provider.ask('page', { method: 'GET', url: url.href, token: spec.token ?? 'default' }, { ...labels, follows: last.exchange.index }),
    );
  }
  return replies;
}
