/** Many known texts, found in one pass however many there are. */
export interface Finder {
  /** `words` says what stands there instead; the longest of those that begin at a place wins. */
  add(text: string, words: (seen: string) => string, fits?: Fits, rest?: RegExp): void;
  replace(text: string): string;
}

/** Whether a text found from `at` to `end` is one, by what stands beside it. */
export type Fits = (text: string, at: number, end: number) => boolean;

/** Patterns are looked up by their beginning; shorter ones are not worth the false alarms. */
const head = 6;

interface Pattern {
  readonly words: (seen: string) => string;
  readonly fits: Fits;
  /** Sticky: what belongs to it besides, of a text that is known by its beginning. */
  readonly rest: RegExp | undefined;
}

/** All that begins with the same signs: lengths, longest first, and patterns by their text. */
interface Shelf {
  lengths: readonly number[];
  readonly patterns: Map<string, Pattern>;
}

export function createFinder(): Finder {
  const byHead = new Map<string, Shelf>();
  /** Whether some pattern begins like this: most places of a text are passed over by one look. */
  const begins = new Uint8Array(2 ** 16);
  const place = (text: string, at: number): number =>
    (text.charCodeAt(at) * 961 + text.charCodeAt(at + 1) * 31 + text.charCodeAt(at + 2) + text.charCodeAt(at + 3) * 29791) & 0xffff;
  const foundAt = (text: string, at: number): readonly [Pattern, string] | undefined => {
    const shelf = byHead.get(text.slice(at, at + head));
    for (const length of shelf?.lengths ?? []) {
      const seen = text.slice(at, at + length);
      const pattern = shelf?.patterns.get(seen);
      if (!pattern?.fits(text, at, at + length)) continue;
      if (pattern.rest === undefined) return [pattern, seen];
      pattern.rest.lastIndex = at + length;
      return [pattern, seen + (pattern.rest.exec(text)?.[0] ?? '')];
    }
    return undefined;
  };
  return {
    add(text, words, fits = () => true, rest = undefined) {
      if (text.length < head) return;
      const key = text.slice(0, head);
      const shelf = byHead.get(key) ?? ({ lengths: [], patterns: new Map() } as Shelf);
      byHead.set(key, shelf);
      if (!shelf.lengths.includes(text.length)) shelf.lengths = [...shelf.lengths, text.length].sort((a, b) => b - a);
      if (!shelf.patterns.has(text)) shelf.patterns.set(text, { words, fits, rest });
      begins[place(text, 0)] = 1;
    },
    replace(text) {
      if (byHead.size === 0 || text.length < head) return text;
      let out = '';
      let done = 0;
      for (let at = 0; at + head <= text.length; at++) {
        if (begins[place(text, at)] === 0) continue;
        const found = foundAt(text, at);
        if (!found) continue;
        const [{ words }, seen] = found;
        out += text.slice(done, at) + words(seen);
        done = at + seen.length;
        at = done - 1;
      }
      return done === 0 ? text : out + text.slice(done);
    },
  };
}

/**
 * The same text in the encodings in which an answer may say it again: percent, base64 (wherever it stands in what was encoded), hexadecimal, escapes of JSON
 * and of HTML, in upper and lower case, and backwards. Split over two fields, encrypted or shortened it cannot be recognised: a limit.
 */
export function encodingsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const all = [...text];
  const each = (make: (code: number) => string) => all.map((sign) => make(sign.codePointAt(0) ?? 0)).join('');
  const hex = bytes.toString('hex');
  const percent = (form: string) => form.replace(/../g, (two) => `%${two}`);
  const unicode = each((code) => `\\u${code.toString(16).padStart(4, '0')}`);
  return [
    ...new Set([
      encodeURIComponent(text),
      percent(hex),
      percent(hex.toUpperCase()),
      hex,
      hex.toUpperCase(),
      ...[0, 1, 2].flatMap((shift) => base64At(bytes, shift)),
      unicode,
      unicode.replace(/u[0-9a-f]+/g, (code) => code.toUpperCase().replace('U', 'u')),
      each((code) => `&#${code};`),
      each((code) => `&#x${code.toString(16)};`),
      each((code) => `&#x${code.toString(16).toUpperCase()};`),
      text.toUpperCase(),
      text.toLowerCase(),
      all.reverse().join(''),
    ]),
  ].filter((form) => form !== text);
}

/** Of its base64 after so many other bytes, what does not depend on them; in both alphabets. */
function base64At(bytes: Buffer, shift: number): readonly string[] {
  const all = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const from = Math.ceil((shift * 8) / 6);
  const whole = Math.floor(((shift + bytes.length) * 8) / 6);
  const sure = all.slice(from, whole);
  return sure.length < 7 ? [] : [sure, sure.replaceAll('+', '-').replaceAll('/', '_')];
}

/** Longer texts are known in their encodings by this much of them: a signed token has thousands of signs, and a run hundreds of tokens. */
const known = 48;
const alphabets: readonly (readonly [RegExp, RegExp])[] = [
  [/^%/, /(?:%[0-9a-fA-F]{2})*/y],
  [/^\\u/, /(?:\\u[0-9a-fA-F]{4})*/y],
  [/^&#/, /(?:&#x?[0-9a-fA-F]+;)*/y],
  [/^/, /[A-Za-z0-9_.~+/=-]*/y],
];

/** The encodings of a text of any length, each with what follows where only the beginning is held. */
export function formsOf(text: string): readonly { readonly form: string; readonly rest?: RegExp }[] {
  if (text.length <= 4 * known) return encodingsOf(text).map((form) => ({ form }));
  const reversed = [...text.slice(-known)].reverse().join('');
  return [...encodingsOf(text.slice(0, known)), reversed].map((form) => ({
    form,
    rest: alphabets.find(([begins]) => begins.test(form))?.[1] ?? /(?:)/y,
  }));
}
