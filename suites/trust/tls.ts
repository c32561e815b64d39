import type { Provider } from '../../src/client/provider.ts';
import type { Variant } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';

/** A place that is asked over plain http: its own path, without any token. */
interface Place {
  readonly variant: Variant<'plain-http'>;
  readonly url: string;
}

const offers = ['legacy', 'modern'] as const;

/** Steps B to G travel over TLS: what versions, which certificate, and does anything answer without it? */
export const tls: Suite = {
  id: 'tls',
  title: 'Shake hands over old and new TLS, and knock on plain http',
  scenarios: allScenarios,
  asks: [asked('tls', ...offers), asked('plain-http', 'metadata', 'patient', 'directory', 'wellknown')],
  requests: ({ target }) => [target.fhir?.base, target.directory?.base, target.wellKnown?.url].filter((url) => url?.startsWith('https:')).length * 4,
  async drive(provider) {
    const { target, known } = provider;
    const base = known.base ?? target.fhir?.base;
    const secured = [base, known.tokenEndpoint, target.directory?.base, target.wellKnown?.url].flatMap((url) =>
      url?.startsWith('https:') ? [url] : [],
    );
    const perOrigin = new Map(secured.map((url) => [new URL(url).origin, url]));
    for (const url of perOrigin.values()) for (const offer of offers) await provider.handshake(url, offer, { variant: offer });
    const places: readonly Place[] = [
      ...(base === undefined ? [] : [place('metadata', `${base}/metadata`), place('patient', `${base}/Patient?_count=1`)]),
      ...(target.directory === undefined ? [] : [place('directory', `${target.directory.base}/metadata`)]),
      ...(target.wellKnown === undefined ? [] : [place('wellknown', target.wellKnown.url)]),
    ];
    for (const each of places) await knock(provider, each);
  },
};

const place = (variant: Variant<'plain-http'>, url: string): Place => ({ variant, url });

async function knock({ ask, target }: Provider, { variant, url }: Place): Promise<void> {
  // A refusal is what we hope for: it must not count as trouble, and a redirect is an answer by itself.
  if (url.startsWith('https:')) await ask('plain-http', { method: 'GET', url: onPlainHttp(url, target) }, { variant, timeout: 5000, once: true });
}

/** The same place without TLS: port 80, or the one that the target file says the https port maps to. */
export function onPlainHttp(url: string, { tls }: Provider['target']): string {
  const open = new URL(url);
  open.protocol = 'http:';
  open.port = String(tls?.plainHttpPort ?? '');
  return open.href;
}
