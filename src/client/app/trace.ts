import { unzipSync, zipSync } from 'fflate';
import type { Json } from '../../core/model.ts';
import type { Redactor } from '../redact.ts';

/**
 * A trace of Playwright without what nobody may read: a zip of lines of JSON (`trace.trace`, `trace.network`) and of the bodies that came (`resources/`).
 * What is known to be harmless or can be read as text stays, redacted as everything else that is stored; all else is left out: what a script typed, logs,
 * request bodies (our own are in run.json), cookies, pictures, paths of this machine, and names that are hashes of a content.
 */

type Line = { readonly [key: string]: Json };

/** Kinds of lines that are kept. Logs repeat what a script typed; stacks hold paths of this machine. */
const kept = new Set(['context-options', 'before', 'input', 'after', 'event', 'console', 'frame-snapshot', 'resource-snapshot']);
/** Fields that are left out wherever they stand. */
const left = new Set(['postData', 'cookies', 'storageState', 'stack', 'beforeSnapshot', 'afterSnapshot', 'point', 'botName', 'wallClock']);
/** What a user typed, in a call of a script and in a snapshot of a page. */
const typed = new Set(['value', 'text', 'key', 'files', 'localPaths', 'payloads', '__playwright_value_']);
const textual = /^(text\/|image\/svg|application\/([\w.+-]*\+)?(json|xml|javascript|ecmascript|x-javascript|xhtml|ld\+json))/;
const longestScript = 2000;
/** Bytes of a whole trace, unpacked: larger ones are not kept. 5 to 6 MB are looked through in a second, and nothing else goes on meanwhile. */
const most = 32 * 2 ** 20;

/** The same trace, redacted; undefined when it is none, or too large or too deep to be looked through. Never throws: a page may nest as deep as it likes. */
export function redactTrace(zip: Uint8Array, redactor: Redactor): Uint8Array | undefined {
  try {
    return redacted(zip, redactor);
  } catch {
    return undefined;
  }
}

function redacted(zip: Uint8Array, redactor: Redactor): Uint8Array | undefined {
  let size = 0;
  const files = unzipSync(zip, {
    filter: ({ originalSize }) => {
      size += originalSize;
      return size <= most;
    },
  });
  if (size > most) return undefined;
  const lines = Object.entries(files).filter(([name]) => /^[\w-]+\.(trace|network)$/.test(name));
  const parsed = lines.map(([name, bytes]) => [name, linesOf(bytes)] as const);
  const media = mediaOf(parsed.flatMap(([, all]) => all));
  const bodies = Object.entries(files).filter(([name]) => name.startsWith('resources/'));
  // A name that is the hash of a short content tells the content to whoever guesses.
  const renamed = new Map(bodies.map(([name], nth) => [name, `resources/body-${nth}${/\.[a-z0-9]{1,8}$/.exec(name)?.[0] ?? ''}`]));
  const out: Record<string, Uint8Array> = {};
  for (const [name, bytes] of bodies) {
    const body = redactedBody(bytes, media.get(name) ?? '', redactor);
    if (body !== undefined) out[renamed.get(name) ?? name] = body;
  }
  for (const [name, all] of parsed)
    out[name] = Buffer.from(all.map((each) => JSON.stringify(redactedLine(each, redactor, (path) => renamed.get(path)))).join('\n'));
  return zipSync(out, { level: 6, mtime: new Date(1980, 0, 1) });
}

/** Lines that are no JSON, and kinds that nobody has looked at, are left out. */
function linesOf(bytes: Uint8Array): readonly Line[] {
  return Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        const value = JSON.parse(line) as Line;
        return kept.has(String(value['type'])) ? [value] : [];
      } catch {
        return [];
      }
    });
}

/** Which media type each stored body has, by the answers that name its file. */
function mediaOf(lines: readonly Line[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const walk = (value: Json): void => {
    if (value === null || typeof value !== 'object') return;
    if (!Array.isArray(value)) {
      const { _file, mimeType } = value as Line;
      if (typeof _file === 'string') found.set(_file, typeof mimeType === 'string' ? mimeType : '');
    }
    for (const each of Object.values(value)) walk(each as Json);
  };
  for (const line of lines) if (line['type'] === 'resource-snapshot') walk(line);
  return found;
}

/** Text in its own media type; anything that is no text, or says that it is and is not, is left out. */
function redactedBody(bytes: Uint8Array, media: string, redactor: Redactor): Uint8Array | undefined {
  if (!textual.test(media)) return undefined;
  try {
    const body = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return Buffer.from(redactor.response({ status: 200, headers: { 'content-type': media }, body }).body);
  } catch {
    return undefined;
  }
}

function redactedLine(line: Line, redactor: Redactor, renamed: (path: string) => string | undefined): Json {
  const clean = (value: Json, key: string): Json => {
    if (typeof value === 'string') {
      if (key === '_file') return renamed(value) ?? '';
      // Our own scripts, such as axe, are half a megabyte each time.
      if (key === 'expression' && value.length > longestScript) return '(a script of payer-assay)';
      // A page inside the address of a picture or of a frame.
      if (value.startsWith('data:')) return 'data:,';
      return /^(url|frameUrl|href|src|action|baseURI|redirectURL)$/i.test(key) ? redactor.text(redactor.url(value)) : redactor.text(value);
    }
    if (Array.isArray(value)) return value.map((each: Json) => clean(each, key));
    if (value === null || typeof value !== 'object') return value;
    const { name, value: held } = value as Line;
    if (typeof name === 'string' && typeof held === 'string') return { ...value, name: redactor.text(name), value: fieldOf(name, held, redactor) };
    return Object.fromEntries(
      Object.entries(value as Line).flatMap(([each, inner]) => {
        if (left.has(each)) return [];
        if (typed.has(each) && (line['type'] === 'before' || each.startsWith('__'))) return [[each, '']];
        return [[each, each === '_file' || each === 'sha1' ? clean(inner, '_file') : clean(inner, each)]];
      }),
    );
  };
  return clean(line, '');
}

/** A header or a parameter, by its name. */
function fieldOf(name: string, value: string, redactor: Redactor): string {
  const header = redactor.response({ status: 200, headers: { [name.toLowerCase()]: value }, body: '' }).headers[name.toLowerCase()] ?? '';
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const pair = `${encodeURIComponent(name)}=${encodeURIComponent(header)}`;
  const form = redactor.request({ method: 'POST', url: '', headers, body: pair }).body ?? '';
  try {
    return redactor.text(decodeURIComponent(form.slice(form.indexOf('=') + 1)));
  } catch {
    return '';
  }
}
