import { timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';

/** Nothing is loaded from elsewhere, nothing of a payer's could run, and no other page may frame this one or send its forms. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/**
 * Refuses requests that were sent to another name than ours (a page of somebody else's whose name was made to lead here), and gives every answer its headers.
 * `port` is asked at each request, since it is known only once the server listens.
 */
export const guard =
  (port: () => number): MiddlewareHandler =>
  async (context, next) => {
    const host = context.req.header('host') ?? '';
    if (!['127.0.0.1', 'localhost', '[::1]'].some((name) => host === `${name}:${port()}`))
      return context.text(`This server answers only to http://127.0.0.1:${port()} and http://localhost:${port()}.\n`, 421);
    await next();
    const { headers } = context.res;
    if (!headers.has('content-security-policy')) headers.set('content-security-policy', policy);
    headers.set('x-content-type-options', 'nosniff');
    // With `no-referrer` a browser would send the forms of this page with `Origin: null`.
    headers.set('referrer-policy', 'same-origin');
    headers.set('x-frame-options', 'DENY');
    headers.set('cross-origin-opener-policy', 'same-origin');
    headers.set('cross-origin-resource-policy', 'same-origin');
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
    return undefined;
  };

/** Why this action is refused; undefined when it comes from a form of ours. */
export function refusal(context: Context, form: Readonly<Record<string, unknown>>, token: string): string | undefined {
  const origin = context.req.header('origin');
  const site = context.req.header('sec-fetch-site');
  if (origin !== undefined && origin !== `http://${context.req.header('host')}`) return 'it came from another page';
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'it came from another page';
  const given = form['token'];
  if (typeof given !== 'string' || !same(given, token))
    return 'its token is not that of this server, which may have been started anew: load the page again';
  return undefined;
}

function same(a: string, b: string): boolean {
  const [one, two] = [Buffer.from(a), Buffer.from(b)];
  return one.length === two.length && timingSafeEqual(one, two);
}
