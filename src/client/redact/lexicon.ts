import { createFinder, encodingsOf, type Fits } from './finder.ts';

/** Values that identify someone, to be found again in free text, URLs and documents. */
export interface Lexicon {
  /** `strong` values (ids, numbers) are sought in every string; the others (names, dates) in free text only. */
  add(value: string, strong: boolean, pseudonym: (seen: string) => string): void;
  replace(text: string, strongOnly: boolean): string;
}

interface Known {
  readonly value: string;
  readonly strong: boolean;
  /** Length of what stands before the first letter or digit. */
  readonly offset: number;
  readonly pseudonym: (seen: string) => string;
}

// A person may bear such a name; in an error message the word still means what it says.
const ordinary = new Set(
  'patient person member coverage identifier name given family birthdate birth date address phone group plan code status active date time type value error'.split(
    ' ',
  ),
);
/** Bulk files bring any number of people; what is not remembered is still replaced where it stands in a resource. */
const most = 200_000;

/** Values that are sought in other encodings, too: the members of the target file come first. */
const mostEncoded = 2000;

export function createLexicon(): Lexicon {
  const encoded = createFinder();
  /** Glued to other signs; names only where free text is read. */
  const glued = { strong: createFinder(), weak: createFinder() };
  const byHead = new Map<string, Shelf>();
  const known = new Set<string>();
  return {
    add(value, strong, pseudonym) {
      const text = value.trim();
      if (known.has(text) || known.size >= most || !worthSeeking(text, strong)) return;
      known.add(text);
      if (known.size <= mostEncoded && text.length >= 6) {
        for (const form of encodingsOf(text)) if (form.length >= 6 && isEncoded(form, text)) encoded.add(form, () => pseudonym(text));
        for (const form of [text, text.toUpperCase(), text.toLowerCase()]) glued[strong ? 'strong' : 'weak'].add(form, pseudonym, isWhole);
      }
      const head = /[\p{L}\p{N}]+/u.exec(text);
      if (!head) return;
      const key = head[0].toLowerCase();
      const entry = { value: text, strong, offset: head.index, pseudonym };
      const shelf = byHead.get(key) ?? { sizes: [], values: new Map() };
      byHead.set(key, shelf);
      if (!shelf.sizes.some(({ length, offset }) => length === text.length && offset === entry.offset))
        shelf.sizes = [...shelf.sizes, { length: text.length, offset: entry.offset }].sort((one, other) => other.length - one.length);
      if (shelf.values.get(foldOf(text))?.strong !== true) shelf.values.set(foldOf(text), entry);
    },
    replace(given, strongOnly) {
      if (byHead.size === 0) return given;
      const text = encoded.replace(given);
      let out = '';
      let done = 0;
      for (const head of text.matchAll(/[\p{L}\p{N}]+/gu)) {
        if (head.index < done) continue;
        const shelf = byHead.get(head[0].toLowerCase());
        for (const { length, offset } of shelf?.sizes ?? []) {
          const from = head.index - offset;
          const seen = text.slice(from, from + length);
          const each = shelf?.values.get(foldOf(seen));
          if (!each || from < done || (strongOnly && !each.strong) || /^[\p{L}\p{N}]/u.test(text.slice(from + length, from + length + 2))) continue;
          out += text.slice(done, from) + each.pseudonym(seen);
          done = from + seen.length;
          break;
        }
      }
      const plain = glued.strong.replace(done === 0 ? text : out + text.slice(done));
      return strongOnly ? plain : glued.weak.replace(plain);
    },
  };
}

/** What begins with one word: its sizes, longest first so that the longest wins, and its values, folded: a hundred thousand ids may begin alike. */
interface Shelf {
  sizes: readonly { readonly length: number; readonly offset: number }[];
  readonly values: Map<string, Known>;
}

/** Not the beginning or the end of a longer number; `%20` before it is a blank. */
const isWhole: Fits = (text, at, end) => (!/\d/.test(text[at - 1] ?? '') || text[at - 3] === '%') && !/\d/.test(text[end] ?? '');

/** Not the same letters in another case, which are found without. */
const isEncoded = (form: string, text: string): boolean => form.toLowerCase() !== text.toLowerCase();

/** Short names only as they are written; longer ones in any case. */
const foldOf = (value: string): string => (value.length >= 4 ? value.toLowerCase() : value);

function worthSeeking(text: string, strong: boolean): boolean {
  if (strong) return text.length >= 4 && /\d/.test(text) && (text.length >= 6 || /\D/.test(text));
  return text.length >= 2 && !ordinary.has(text.toLowerCase()) && !/^\d{1,4}$/.test(text);
}
