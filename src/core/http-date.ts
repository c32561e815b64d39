/** Times as HTTP headers state them. */

const imf = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const obsolete =
  /^(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/;

/** ms since the epoch; undefined when it is none of the three forms of RFC 9110 section 5.6.7. */
export function parseHttpDate(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (!imf.test(trimmed) && !obsolete.test(trimmed)) return undefined;
  const value = Date.parse(obsolete.test(trimmed) && !trimmed.endsWith('GMT') ? `${trimmed} GMT` : trimmed);
  return Number.isNaN(value) ? undefined : value;
}

export type RetryAfter =
  | { readonly kind: 'absent' }
  | { readonly kind: 'nonsense'; readonly text: string }
  | { readonly kind: 'wait'; readonly ms: number };

/** Longest wait that can be meant seriously: a week. */
const longest = 7 * 86_400_000;

/**
 * `Retry-After` in seconds or as a date (`now` in ms). A date gone by, a negative number or a wait beyond a week is nonsense: nobody may sleep on it.
 * Source: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(text: string | undefined, now: number): RetryAfter {
  if (text === undefined || text.trim() === '') return { kind: 'absent' };
  const seconds = /^\d{1,12}$/.test(text.trim()) ? Number(text.trim()) * 1000 : undefined;
  const date = parseHttpDate(text);
  // One minute of grace: a date just gone by means "now", given that clocks differ.
  const ms = seconds ?? (date === undefined || date < now - 60_000 ? undefined : Math.max(0, date - now));
  return ms === undefined || ms > longest ? { kind: 'nonsense', text: text.trim() } : { kind: 'wait', ms };
}
