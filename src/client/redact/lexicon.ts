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

export function createLexicon(): Lexicon {
  const byHead = new Map<string, Known[]>();
  const known = new Set<string>();
  return {
    add(value, strong, pseudonym) {
      const text = value.trim();
      if (known.has(text) || known.size >= most || !worthSeeking(text, strong)) return;
      known.add(text);
      const head = /[\p{L}\p{N}]+/u.exec(text);
      if (!head) return;
      const key = head[0].toLowerCase();
      const entry = { value: text, strong, offset: head.index, pseudonym };
      const list = byHead.get(key);
      if (!list) byHead.set(key, [entry]);
      else {
        list.push(entry);
        list.sort((a, b) => b.value.length - a.value.length);
      }
    },
    replace(text, strongOnly) {
      if (byHead.size === 0) return text;
      let out = '';
      let done = 0;
      for (const head of text.matchAll(/[\p{L}\p{N}]+/gu)) {
        if (head.index < done) continue;
        for (const each of byHead.get(head[0].toLowerCase()) ?? []) {
          const from = head.index - each.offset;
          const seen = text.slice(from, from + each.value.length);
          if (from < done || (strongOnly && !each.strong) || !same(each.value, seen) || /^[\p{L}\p{N}]/u.test(text.slice(from + seen.length)))
            continue;
          out += text.slice(done, from) + each.pseudonym(seen);
          done = from + seen.length;
          break;
        }
      }
      return done === 0 ? text : out + text.slice(done);
    },
  };
}

/** Short names only as they are written; longer ones in any case. */
const same = (value: string, seen: string): boolean => value === seen || (value.length >= 4 && value.toLowerCase() === seen.toLowerCase());

function worthSeeking(text: string, strong: boolean): boolean {
  if (strong) return text.length >= 4 && /\d/.test(text) && (text.length >= 6 || /\D/.test(text));
  return text.length >= 2 && !ordinary.has(text.toLowerCase()) && !/^\d{1,4}$/.test(text);
}
