import type { Known, Target, TransportError, WireRequest } from '../core/model.ts';
import { tokenClientOf } from '../core/target.ts';
import { parseUrl } from '../core/url.ts';
import { hostOf, leadsInside, type Resolved } from './addresses.ts';
import type { Sent } from './sent.ts';
import type { Transport } from './transport.ts';

/** Values shorter than this are found anywhere. */
const shortest = 8;
/** An address of more characters is not followed: servers end long before (414, 431), and each costs us seconds to take apart and to redact. */
const longest = 64 * 2 ** 10;

export interface Home {
  readonly target: Target;
  readonly known: Known;
  readonly tokens: ReadonlyMap<string, string>;
}

/**
 * A transport that lets nothing out that must stay in, whoever asks for it and wherever it stands: a token in a header, a form, JSON or a URL goes only to
 * origins that may have it; and an address that a payer gave us never leads to link-local or metadata addresses, unless the payer itself lives there.
 * What is held back comes as `origin.blocked`, our limit.
 */
export function guardBorder(transport: Transport, home: Home): Transport {
  const resolved: Resolved = new Map();
  const own = ownHosts(home.target);

  async function refused(request: Pick<WireRequest, 'url'> & Partial<WireRequest>): Promise<TransportError | undefined> {
    if (request.url.length > longest) return tooLong(request.url.length);
    const host = hostOf(request.url);
    if (host !== undefined && !own.has(host) && (await leadsInside(host, resolved)))
      return blocked(`${host} is a link-local or metadata address, and the payer does not live there`);
    // Nothing is deleted where the payer only says that something of ours lies.
    if (request.method === 'DELETE' && !mayCarryToken(home.target, home.known, request.url))
      return blocked(`${request.url} is at another origin; nothing is deleted there without leave (allowedOrigins)`);
    const name = tokenIn(request, home.tokens);
    if (name === undefined || mayHoldToken(home, request.url)) return undefined;
    const origin = parseUrl(request.url)?.origin ?? request.url;
    return blocked(`our ${name} access token stood in this request, and ${origin} may not have it; name it in allowedOrigins if it is the payer's`);
  }

  return {
    ...transport,
    async send(request, options) {
      const error = await refused(request);
      return error === undefined ? transport.send(request, options) : unsent(error);
    },
    async open(request, options) {
      return (await refused(request)) ?? transport.open(request, options);
    },
    async handshake(url, offer) {
      const error = await refused({ url });
      return error === undefined ? transport.handshake(url, offer) : unsent(error);
    },
  };
}

/** Where the payer lives by the word of its target file, link-local or not. */
export const ownHosts = ({ fhir, cds, allowedOrigins = [] }: Pick<Target, 'fhir' | 'cds' | 'allowedOrigins'>): ReadonlySet<string | undefined> =>
  new Set([fhir?.base, cds?.base, ...allowedOrigins].map(hostOf));

/** A token goes only to the FHIR base, the token endpoint that the target names, and origins that it allows. */
export function mayCarryToken(target: Target, known: Known, url: string): boolean {
  const origin = parseUrl(url)?.origin;
  if (origin === undefined) return false;
  const named = tokenClientOf(target)?.tokenEndpoint;
  const allowed = [target.fhir?.base, known.base, named, ...(target.allowedOrigins ?? [])].flatMap((each) =>
    each === undefined ? [] : [parseUrl(each)?.origin],
  );
  return allowed.includes(origin);
}

/** Besides, who gave a token may see it again: the endpoint where we asked for it. One that the operator brought was given by nobody we met. */
function mayHoldToken({ target, known }: Home, url: string): boolean {
  if (mayCarryToken(target, known, url)) return true;
  const { tokenEndpoint } = known;
  return target.auth.kind !== 'bearer' && tokenEndpoint !== undefined && parseUrl(tokenEndpoint)?.origin === parseUrl(url)?.origin;
}

function tokenIn({ url, headers = {}, body = '' }: Pick<WireRequest, 'url'> & Partial<WireRequest>, tokens: Home['tokens']): string | undefined {
  if (tokens.size === 0) return undefined;
  const text = [url, ...Object.values(headers), body].join('\n');
  const decoded = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  for (const [name, token] of tokens) {
    if (token.length < shortest) continue;
    if (text.includes(token) || decoded.includes(token) || text.includes(JSON.stringify(token).slice(1, -1))) return name;
  }
  return undefined;
}

const tooLong = (length: number): TransportError => ({
  ...{ code: 'limit.headers', unsent: true },
  message: `the address that we were given has ${length} characters, more than our limit of ${longest}, so it was not followed`,
});
const blocked = (message: string): TransportError => ({ code: 'origin.blocked', message, unsent: true });
const unsent = (error: TransportError): Sent => ({
  response: null,
  error,
  startedAt: new Date().toISOString(),
  timing: { total: 0 },
  size: { sent: 0, received: 0, decoded: 0 },
  facts: {},
});
