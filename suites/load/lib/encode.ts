/** Percent and form encoding: k6 has no URLSearchParams. */

export const form = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');

/** `name:port` of an absolute URL, with the scheme's own port when none is written. */
export function hostOf(url: string): string {
  const match = /^(https?):\/\/(?:[^/?#@]*@)?(\[[^\]]+\]|[^/?#:]+)(?::(\d+))?/i.exec(url);
  if (!match) throw new Error(`An absolute http(s) URL was expected, seen: ${url.slice(0, 200)}.`);
  return `${match[2]?.toLowerCase()}:${match[3] ?? (match[1]?.toLowerCase() === 'https' ? '443' : '80')}`;
}
