import type { RequestSpec } from '../../core/model.ts';
import { withQuery } from '../../core/url.ts';

/** Directory and well-known look-ups: no token is ever sent, because none of these guides asks for one. */

const join = (base: string, path: string): string => `${base.replace(/\/+$/, '')}/${path}`;

export const directorySearch = (
  base: string,
  type: 'Organization' | 'Endpoint',
  query: Readonly<Record<string, string | undefined>>,
): RequestSpec => ({
  method: 'GET',
  url: withQuery(join(base, type), query),
});

/** `reference` like `Endpoint/x`. */
export const directoryRead = (base: string, reference: string): RequestSpec => ({ method: 'GET', url: join(base, reference) });

/** Any public JSON or FHIR document by its URL: a next link, a davinci-configuration file. */
export const openDocument = (url: string, accept = 'application/fhir+json'): RequestSpec => ({ method: 'GET', url, headers: { accept } });
