import { createHmac } from 'node:crypto';

/** What a value identifies a person by. Logical ids, identifiers and member numbers share one kind, because they may equal each other. */
export type Kind = 'id' | 'word' | 'date' | 'contact';

/**
 * Pseudonyms that keep what judges look at: equality (also across case, accents and punctuation), length, character classes, validity of dates,
 * and difference: two values never share one, and none is among `known`, the real values of the people of this run: a date of birth would be somebody's.
 * Drawn from the salt, so two runs cannot be joined.
 */
export function createPseudonyms(salt: string, known: readonly string[] = []): (kind: Kind, value: string) => string {
  const real = new Set(known.map(fold));
  const taken = new Map<string, string>();
  const rounds = new Map<string, number>();
  const make = (kind: Kind, value: string): string => {
    const folded = fold(value);
    const source = `${kind}:${folded}`;
    for (let round = rounds.get(source) ?? 0; ; round++) {
      const bytes = createHmac('sha256', salt).update(`${round}:${source}`).digest();
      const made = kind === 'date' ? anotherDate(value, bytes) : reshape(kind, value, bytes);
      const result = `${kind}:${fold(made)}`;
      const owner = taken.get(result);
      // What was given once stays. A value of one or two signs has few pseudonyms; after many tries sharing is better than not ending.
      const isTaken = (owner !== undefined && owner !== source) || real.has(fold(made));
      if (!rounds.has(source) && isTaken && round < 64) continue;
      if (owner === undefined) taken.set(result, source);
      rounds.set(source, round);
      return made;
    }
  };
  return (kind, value) => (value.trim() === '' ? value : make(kind, value));
}

const accent = '\u0301';
const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();

// Each of these letters has an accented form, so that a name that had an accent still has one; and Medicare numbers allow no B, I, L, O, S, Z.
const syllables = 'aceinouy';
const codes = 'acdefghjkmnpqrtuvwxy';
const uuid = /^(?:urn:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Letters become letters, digits digits; everything else stays where it is. */
function reshape(kind: Kind, value: string, bytes: Buffer): string {
  const head = /^urn:(?:uuid|oid):/i.exec(value)?.[0] ?? '';
  const letters = uuid.test(value) ? 'abcdef' : kind === 'word' ? syllables : codes;
  let place = 0;
  let out = head;
  for (const sign of value.slice(head.length)) {
    const byte = (bytes[place % bytes.length] ?? 0) + 7 * Math.floor(place / bytes.length);
    if (/[0-9]/.test(sign)) out += sign === '0' && place > 0 ? String(byte % 10) : String(1 + (byte % 9));
    else if (/\p{L}/u.test(sign)) out += letter(sign, letters[byte % letters.length] ?? 'a');
    else {
      out += sign;
      continue;
    }
    place++;
  }
  return out;
}

function letter(sign: string, plain: string): string {
  const base = /[a-z]/i.test(sign) ? plain : (plain + accent).normalize('NFC');
  return sign === sign.toLowerCase() ? base : base.toUpperCase();
}

/** Another date of the same precision, within three years before: valid if this one is, and wrong in the same way if not. Time of day, if any, stays. */
function anotherDate(value: string, bytes: Buffer): string {
  const [, year, month, day, rest = ''] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(.*)$/s.exec(value) ?? [];
  if (year === undefined) return reshape('id', value, bytes);
  if (!isReal(Number(year), month, day)) {
    const wrong = [1, 2, 3].map((back) => Math.max(0, Number(year) - back)).filter((each) => !isReal(each, month, day));
    const other = String(wrong[(bytes[0] ?? 0) % wrong.length] ?? year).padStart(4, '0');
    return other + value.slice(4);
  }
  const two = (index: number, most: number) => String(1 + ((bytes.readUInt16BE(index) ?? 0) % most)).padStart(2, '0');
  const parts = [
    String(Math.max(1, Number(year) - 1 - ((bytes[0] ?? 0) % 3))).padStart(4, '0'),
    ...(month === undefined ? [] : [two(1, 12)]),
    ...(day === undefined ? [] : [two(3, 28)]),
  ];
  return parts.join('-') + rest;
}

/** Is there such a year, month or day? */
function isReal(year: number, month: string | undefined, day: string | undefined): boolean {
  if (year === 0) return false;
  const [m, d] = [Number(month ?? 1), Number(day ?? 1)];
  return m >= 1 && m <= 12 && d >= 1 && d <= new Date(Date.UTC(2000 + (year % 400), m, 0)).getUTCDate();
}
