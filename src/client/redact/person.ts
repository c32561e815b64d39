import type { JsonObject } from '../../core/fhir.ts';
import type { Json } from '../../core/model.ts';
import type { Lexicon } from './lexicon.ts';
import type { Kind } from './pseudonyms.ts';

/** Replaces the parts of FHIR data types that identify someone, and remembers each for free text. */
export interface PersonParts {
  id(value: string): string;
  date(value: string): string;
  /** Names and other words, each for itself. */
  words(value: string): string;
  phrase(value: string): string;
  humanName(value: Json): Json;
  address(value: Json): Json;
  contactPoint(value: Json): Json;
  identifier(value: Json): Json;
}

export function createPersonParts(pseudonym: (kind: Kind, value: string) => string, lexicon: Lexicon): PersonParts {
  const id = (value: string): string => {
    lexicon.add(value, true, (seen) => pseudonym('id', seen));
    return pseudonym('id', value);
  };
  /** Five digits name somebody in prose only; elsewhere they may be anything. */
  const postal = (value: string): string => {
    lexicon.add(value, false, (seen) => pseudonym('id', seen));
    return pseudonym('id', value);
  };
  const date = (value: string): string => {
    const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(value) ?? [];
    if (year !== undefined) {
      const iso = `${year}-${month}-${day}`;
      const forms: readonly ((parts: readonly string[]) => string)[] = [
        (parts) => parts.join('-'),
        (parts) => parts.join(''),
        ([y, m, d]) => `${m}/${d}/${y}`,
        ([y, m, d]) => `${m}-${d}-${y}`,
        ([y, m, d]) => `${Number(m)}/${Number(d)}/${y}`,
      ];
      for (const form of forms) lexicon.add(form(iso.split('-')), false, () => form(pseudonym('date', iso).split('-')));
      return pseudonym('date', iso) + value.slice(10);
    }
    return pseudonym('date', value);
  };
  const word = (value: string): string => {
    lexicon.add(value, false, (seen) => pseudonym('word', seen));
    return pseudonym('word', value);
  };
  const words = (value: string): string => value.replace(/[\p{L}\p{N}\p{M}'’.-]+/gu, (each) => word(each));
  /** A street or a town is sought as a whole: its words alone are ordinary ones. */
  const phrase = (value: string): string => {
    const change = (text: string) => text.replace(/[\p{L}\p{N}\p{M}'’.-]+/gu, (each) => pseudonym('word', each));
    if (value.length >= 4) lexicon.add(value, false, change);
    return change(value);
  };
  const contact = (value: string): string => {
    lexicon.add(value, false, (seen) => pseudonym('contact', seen));
    return pseudonym('contact', value);
  };
  const fields =
    (change: Readonly<Record<string, (value: string) => string>>) =>
    (value: Json): Json => {
      if (Array.isArray(value)) return value.map((each: Json) => fields(change)(each));
      if (value === null || typeof value !== 'object') return value;
      return Object.fromEntries(Object.entries(value as JsonObject).map(([name, each]) => [name, strings(each, change[name])]));
    };
  return {
    id,
    date,
    words,
    phrase,
    humanName: fields({ family: words, given: words, text: words }),
    address: fields({ line: phrase, city: phrase, district: phrase, postalCode: postal, text: phrase }),
    contactPoint: fields({ value: contact }),
    identifier: fields({ value: id }),
  };
}

function strings(value: Json, change: ((text: string) => string) | undefined): Json {
  if (change === undefined) return value;
  if (typeof value === 'string') return change(value);
  return Array.isArray(value) ? value.map((each: Json) => strings(each, change)) : value;
}
