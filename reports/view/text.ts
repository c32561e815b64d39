import { visible } from '../../src/core/visible.ts';

/** Nothing that a server sent is trusted: made visible, cut and said so, before a template escapes it. */

/** Text as it may be shown, at most `most` characters, with a note when it was cut. */
export function shown(text: string, most = 400): string {
  const head = visible(beginning(text, most).replace(/\r\n/g, '\n'));
  return text.length > most ? `${head}… (cut: ${count(text.length)} characters in all)` : head;
}

/** Longer texts are bodies, which are not to stay in memory for their beginning: a slice of a text holds the whole of it. Characters. */
const long = 100_000;

function beginning(text: string, most: number): string {
  const head = text.slice(0, most);
  return text.length > long ? (JSON.parse(JSON.stringify(head)) as string) : head;
}

/** The same on one line. */
export const line = (text: string, most = 400): string =>
  shown(
    text
      .slice(0, most * 4)
      .replace(/\s+/g, ' ')
      .trim(),
    most,
  );

/** 1,234. */
export const count = (n: number): string =>
  Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 request`, `2 requests`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** Milliseconds as people read them: 0.4 ms, 38 ms, 1.24 s, 3 min 12 s. */
export function duration(ms: number): string {
  if (ms < 10) return `${trim(ms.toFixed(1))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${trim((ms / 1000).toFixed(2))} s`;
  if (ms < 120_000) return `${trim((ms / 1000).toFixed(1))} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** Bytes as people read them. */
export const bytes = (n: number): string =>
  n < 1024 ? `${n} B` : n < 1_048_576 ? `${trim((n / 1024).toFixed(1))} kB` : `${trim((n / 1_048_576).toFixed(1))} MB`;

/** 0.934 -> 93.4 %. */
export const percent = (share: number): string => `${trim((share * 100).toFixed(1))} %`;

const trim = (digits: string): string => digits.replace(/\.0+$|(\.\d*[1-9])0+$/, '$1');

/** `23 Nov 2026, 14:02 UTC`, whatever the machine's language. */
export function instant(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return line(iso, 40);
  const [day, time] = date.toISOString().split('T');
  const [year = '', month = '01', dayOfMonth = ''] = (day ?? '').split('-');
  return `${Number(dayOfMonth)} ${months[Number(month) - 1]} ${year}, ${time?.slice(0, 5)} UTC`;
}
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
