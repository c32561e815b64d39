/**
 * Just enough URL reading for judges that also run inside k6, which has no `URL` global.
 * Everything that *sends* uses the platform's own parser instead.
 */
export interface ParsedUrl {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly query: string;
  readonly origin: string;
}

const shape = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/(?:[^/?#@]*@)?(\[[^\]]+\]|[^/?#:]*)(?::(\d+))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/;

/** Splits an absolute hierarchical URL; undefined when it is not one. */
export function parseUrl(text: string): ParsedUrl | undefined {
  const match = shape.exec(text);
  if (!match) return undefined;
  const [, scheme = '', host = '', port = '', path = '', query = ''] = match;
  if (host === '') return undefined;
  const lower = scheme.toLowerCase();
  const isDefault = (lower === 'https' && port === '443') || (lower === 'http' && port === '80');
  const origin = `${lower}://${host.toLowerCase()}${port && !isDefault ? `:${port}` : ''}`;
  return { scheme: lower, host: host.toLowerCase(), port, path, query, origin };
}

/** True for an absolute http or https URL. */
export function isHttpUrl(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const scheme = parseUrl(text)?.scheme;
  return scheme === 'http' || scheme === 'https';
}

/** Decoded query parameters in order; a bad escape is left as it stands. */
export function queryOf(url: string): readonly (readonly [string, string])[] {
  const query = url.split('#')[0]?.split('?').slice(1).join('?') ?? '';
  return query === ''
    ? []
    : query.split('&').map((pair) => {
        const [name = '', ...rest] = pair.split('=');
        return [decode(name), decode(rest.join('='))] as const;
      });
}

/** Appends parameters, percent-encoded. */
export function withQuery(url: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  );
  if (pairs.length === 0) return url;
  return `${url}${url.includes('?') ? '&' : '?'}${pairs.join('&')}`;
}

/** Same resource: scheme, host, default port and one trailing slash ignored. */
export function sameBase(a: string, b: string): boolean {
  const [left, right] = [parseUrl(a), parseUrl(b)];
  if (!left || !right) return a === b;
  const trim = (path: string) => path.replace(/\/+$/, '');
  return left.origin === right.origin && trim(left.path) === trim(right.path);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return text;
  }
}
