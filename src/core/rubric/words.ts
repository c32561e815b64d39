import { asArray, asString, at, isObject, isResource, type JsonObject, jsonOf, mediaTypeOf } from '../fhir.ts';
import type { Exchange } from '../model.ts';

/** What an error answer says, whichever kind it is. */
export interface ErrorWords {
  readonly kind: 'outcome' | 'oauth' | 'other-json' | 'markup' | 'text' | 'empty';
  /** For people: details.text, error_description, or plain text. */
  readonly text: string;
  /** For engineers: diagnostics. */
  readonly diagnostics: string;
  /** issue.code values or the OAuth `error`. */
  readonly codes: readonly string[];
  /** Where the fault lies, as the payer points to it. */
  readonly expressions: readonly string[];
}

const nothing: ErrorWords = { kind: 'empty', text: '', diagnostics: '', codes: [], expressions: [] };
const join = (parts: readonly (string | undefined)[]): string => parts.filter((each) => each !== undefined && each.trim() !== '').join(' ');

/** Reads OperationOutcome, RFC 6749 / RFC 7591 / RFC 6750 errors, and what is neither. */
export function wordsOf(exchange: Exchange): ErrorWords {
  const value = jsonOf(exchange.response);
  if (isResource(value, 'OperationOutcome')) return outcomeWords(value);
  if (isObject(value)) {
    const error = asString(value['error']);
    const text = join([asString(value['error_description']) ?? asString(value['message'])]);
    return error === undefined
      ? { ...nothing, kind: 'other-json', text }
      : { kind: 'oauth', text, diagnostics: asString(value['error_uri']) ?? '', codes: [error], expressions: [] };
  }
  const body = exchange.response?.body.trim() ?? '';
  if (body === '') return challengeOf(exchange) ?? nothing;
  const markup = /html|xml/.test(mediaTypeOf(exchange.response)) || /^\s*<[!a-z?]/i.test(body);
  return markup ? { ...nothing, kind: 'markup', text: titleOf(body) } : { ...nothing, kind: 'text', text: value === undefined ? body : '' };
}

function outcomeWords(value: JsonObject): ErrorWords {
  const issues = asArray(value['issue']).filter(isObject);
  return {
    kind: 'outcome',
    text: join(issues.map((issue) => asString(at(issue, 'details', 'text')))),
    diagnostics: join(issues.map((issue) => asString(issue['diagnostics']))),
    codes: issues.flatMap((issue) => asString(issue['code']) ?? []),
    expressions: issues.flatMap((issue) => [...asArray(issue['expression']), ...asArray(issue['location'])].flatMap((each) => asString(each) ?? [])),
  };
}

/** RFC 6750 section 3: a bearer challenge may carry error and error_description. */
function challengeOf(exchange: Exchange): ErrorWords | undefined {
  const header = exchange.response?.headers['www-authenticate'];
  const error = header === undefined ? undefined : /\berror="([^"]*)"/.exec(header)?.[1];
  if (header === undefined || error === undefined) return undefined;
  return { ...nothing, kind: 'oauth', text: /\berror_description="([^"]*)"/.exec(header)?.[1] ?? '', codes: [error] };
}

const titleOf = (html: string): string => /<title[^>]*>([^<]*)/i.exec(html)?.[1]?.trim() ?? '';
