import type { Labels, Provider, Reply } from '../../src/client/provider.ts';
import { follow } from '../../src/client/requests/rest.ts';
import { linkOf } from '../../src/core/fhir.ts';
import type { RequestSpec } from '../../src/core/model.ts';

/** More pages than any honest answer to our questions needs; a loop ends here at the latest. */
export const mostPages = 40;

/** Asks and follows next links as they stand, until there is none, one comes again, or a limit of ours is reached. */
export async function askAll(provider: Provider, spec: RequestSpec, labels: Labels, part?: number): Promise<readonly Reply[]> {
  const more = provider.pages(part);
  const replies = [await provider.ask('search', spec, labels)];
  const seen = new Set<string>();
  for (let page = 1; page < mostPages; page++) {
    const last = replies[replies.length - 1];
    const next = last === undefined ? undefined : linkOf(last.json, 'next');
    if (last === undefined || next === undefined || seen.has(next) || !URL.canParse(next, last.exchange.request.url) || !more()) break;
    seen.add(next);
    replies.push(await provider.ask('page', follow(new URL(next, last.exchange.request.url).href), { ...labels, follows: last.exchange.index }));
  }
  return replies;
}
