import type { Lexicon } from './lexicon.ts';
import type { PersonParts } from './person.ts';

/** Replaces what identifies someone in URLs, literal references and search forms. */
export interface UrlParts {
  url(url: string): string;
  /** `a=1&b=2`, of a query or a form; `type` is the resource type that is searched. */
  query(query: string, type: string): string;
}

const aboutPeople = /^(patient|subject|beneficiary|subscriber|policy-holder|member|individual|related-person)(:Patient)?$/;
/** Identifiers of payers, clinicians and the like identify no member. */
const administrative = /^(Organization|Practitioner|PractitionerRole|Location|Endpoint|HealthcareService|InsurancePlan|OrganizationAffiliation)$/;

export function createUrlParts(parts: PersonParts, lexicon: Lexicon): UrlParts {
  const path = (text: string): string =>
    lexicon.replace(
      text.replace(/(^|\/)Patient\/([A-Za-z0-9.-]{1,64})(?=$|[/?#|])/g, (_, before: string, id: string) => `${before}Patient/${parts.id(id)}`),
      true,
    );
  const parameter = (name: string, value: string, type: string): string => {
    const each = (change: (text: string) => string) => value.split(',').map(change).join(',');
    const base = name.replace(/:(exact|contains|text|missing|not|in|Patient)$/, '');
    const last = base.split('.').at(-1) ?? base;
    if (name.endsWith(':missing')) return value;
    if (aboutPeople.test(base) || (last === '_id' && type === 'Patient'))
      return each((reference) => (reference.includes('/') ? path(reference) : reference === '' ? reference : parts.id(reference)));
    const personal = type === 'Patient' || type === 'RelatedPerson' || type === 'Person' || /^(patient|subject|beneficiary|member)/.test(name);
    if (last === 'identifier' && !administrative.test(type))
      return each((token) => token.replace(/^([^|]*\|)?(.+)$/, (_, system: string | undefined, id: string) => `${system ?? ''}${parts.id(id)}`));
    if (!personal) return lexicon.replace(value, true);
    if (last === 'birthdate' || last === 'death-date')
      return each((date) =>
        date.replace(/^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(\d{4}.*)$/, (_, prefix: string | undefined, day: string) => `${prefix ?? ''}${parts.date(day)}`),
      );
    if (/^(name|family|given|phonetic)$/.test(last)) return each(parts.words);
    if (/^address(-city)?$/.test(last)) return each(parts.phrase);
    if (last === 'address-postalcode') return each(parts.id);
    if (/^(telecom|phone|email)$/.test(last)) return each((token) => lexicon.replace(token, false));
    return lexicon.replace(value, true);
  };
  const query = (text: string, type: string): string =>
    text
      .split('&')
      .map((pair) => {
        const [name = '', ...rest] = pair.split('=');
        const value = decode(rest.join('='));
        const changed = parameter(decode(name), value, type);
        return changed === value ? pair : `${name}=${encodeURIComponent(changed)}`;
      })
      .join('&');
  return {
    query,
    url(url) {
      const [, before = '', search, hash = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(url) ?? [];
      const type = /\/([A-Z][A-Za-z]+)(?:\/_search)?\/?$/.exec(before)?.[1] ?? '';
      return path(before) + (search === undefined ? '' : `?${query(search, type)}`) + hash;
    },
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return text;
  }
}
