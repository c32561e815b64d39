import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';

/** Fetches a small public file such as a CRL. Throws a plain sentence when it cannot be had. */
export type FetchBytes = (url: string) => Promise<Buffer>;

const limits = { bytes: 8 * 2 ** 20, ms: 5000 };

/**
 * The address stands in a certificate that somebody else wrote, so nothing of ours is sent along, no redirect is followed, and size and time
 * are bounded. `ca` = PEM of a private authority, for the rare CRL behind https.
 */
export const fetchBytes =
  (ca?: string): FetchBytes =>
  (url) =>
    new Promise((resolve, reject) => {
      const scheme = URL.canParse(url) ? new URL(url).protocol : '';
      if (scheme !== 'http:' && scheme !== 'https:') return reject(new Error(`${url} is not an http address`));
      const get = scheme === 'https:' ? getHttps : getHttp;
      const request = get(url, { timeout: limits.ms, signal: AbortSignal.timeout(limits.ms), ...(ca === undefined ? {} : { ca }) }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        if (response.statusCode !== 200) {
          response.destroy();
          return reject(new Error(`${url} answered ${response.statusCode}`));
        }
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size > limits.bytes) response.destroy(new Error(`${url} is larger than our limit of ${limits.bytes} bytes`));
        });
        response.once('error', reject);
        response.once('end', () => resolve(Buffer.concat(chunks)));
      });
      request.once('timeout', () => request.destroy(new Error(`no answer within ${limits.ms} ms`)));
      request.once('error', (cause) => reject(new Error(`${url} cannot be reached (${cause.message})`, { cause })));
    });
