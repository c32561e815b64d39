import { setTimeout as sleep } from 'node:timers/promises';
import { isHttpUrl } from '../../core/url.ts';
import { guardedLookup, hostOf, leadsInside } from '../addresses.ts';
import { once, opening } from '../manners/once.ts';
import { createPace } from '../manners/pace.ts';
import { waitFor } from '../manners/patience.ts';
import { proxiesOf } from '../proxies.ts';
import { createStreams, isOpened } from '../stream.ts';

/** Fetches a small public file such as a CRL. Throws a plain sentence when it is not available. */
export type FetchBytes = (url: string) => Promise<Buffer>;

const limits = { bytes: 8 * 2 ** 20, ms: 5000, redirects: 3, tries: 3, floor: 200 };

/**
 * The address is written in a certificate that somebody else wrote, so nothing of ours is sent along (neither token nor client certificate), and size and time
 * are bounded. `ca` = PEM of a private authority, for the rare CRL behind https.
 */
export const fetchBytes =
  (ca?: string): FetchBytes =>
  async (url) => {
    if (!isHttpUrl(url)) throw new Error(`${url} is not an http address`);
    const streams = createStreams(ca === undefined ? {} : { ca }, proxiesOf(process.env), guardedLookup(new Set()));
    const signal = AbortSignal.timeout(limits.ms);
    const way = guarded(opening(streams, { timeout: limits.ms, signal }));
    const manners = { pace: createPace(), trusted: () => false, redirects: limits.redirects };
    const began = performance.now();
    try {
      for (let attempt = 0; ; attempt++) {
        const { result } = await once(way, { method: 'GET', url, headers: {} }, { signal }, manners);
        if (!isOpened(result)) throw new Error(`${url} cannot be reached (${signal.aborted ? `no answer within ${limits.ms} ms` : result.message})`);
        if (result.status === 200) return await bytesOf(result.body, url);
        way.discard(result);
        // A host that says "later" is asked later, as every other is; what cannot come within our time is not waited for.
        const { ms } = waitFor(result.headers['retry-after'], attempt, { maxWait: limits.ms, floor: limits.floor, tries: limits.tries });
        const later = (result.status === 429 || result.status === 503) && attempt + 1 < limits.tries;
        if (!later || performance.now() - began + ms > limits.ms) throw new Error(`${url} answered ${result.status}`);
        await sleep(ms);
      }
    } finally {
      streams.close();
    }
  };

/** No step of the way leads to link-local or metadata addresses: a certificate names what its maker likes. */
const guarded = (way: ReturnType<typeof opening>): ReturnType<typeof opening> => ({
  ...way,
  async act(request) {
    const host = hostOf(request.url);
    if (host !== undefined && (await leadsInside(host)))
      return { code: 'origin.blocked', message: `${host} is a link-local or metadata address, where no certificate may lead us` };
    return way.act(request);
  },
});

async function bytesOf(body: AsyncIterable<Buffer>, url: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limits.bytes) throw new Error(`${url} is larger than our limit of ${limits.bytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
