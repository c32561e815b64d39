import { asArray, asString, at } from '../fhir.ts';
import type { Evidence, Exchange, TargetMember } from '../model.ts';

/** What no answer to a failed request may show. Each finding is a short phrase that does not repeat the secret. */

const internals: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a stack trace', pattern: /(?:^|\s)at [\w$.<>]+\([\w$]+\.\w+:\d+\)|Traceback \(most recent call last\)|\bat \S+ \([^)]*:\d+:\d+\)/ },
  {
    what: 'an error of the program itself',
    pattern:
      /\b[\w$.]+ is not (?:a function|a constructor|iterable|defined)\b|Cannot (?:read|set) propert(?:y|ies) (?:of|'\w+' of) (?:undefined|null)|\b(?:[a-z_]\w*\.){2,}[A-Z]\w*(?:Exception|Error)\b|Object reference not set|'?NoneType'? object|\bnil pointer dereference\b/,
  },
  { what: 'SQL', pattern: /\bSELECT\s.{1,200}?\sFROM\s|\bINSERT INTO\s|SQLSTATE\[|\bORA-\d{5}/i },
  { what: 'a local path', pattern: /(?:^|[\s"'(])(?:\/(?:usr|var|opt|home|srv|etc)\/[\w./-]+|[A-Z]:\\[\w\\.-]+)/ },
];
const secrets: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
  { what: 'a signed token', pattern: /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.|‹(?:jwt|token|access_token|client_assertion|client_secret):/ },
];

/** Stack traces, SQL, paths and errors of the program itself: advice for the payer's engineers, and a leak for the rubric. */
export const internalsIn = (text: string): readonly string[] => internals.filter(({ pattern }) => pattern.test(text)).map(({ what }) => what);

export const secretsIn = (text: string): readonly string[] => secrets.filter(({ pattern }) => pattern.test(text)).map(({ what }) => what);

/** Strings that identify one person: logical id, identifiers, card numbers, and the full name with the birth date's company. */
export function tracesOf(member: TargetMember): readonly string[] {
  const { patient, coverage = {} } = member;
  const identifiers = [...asArray(patient['identifier']), ...asArray(coverage['identifier'])].map((each) => asString(at(each, 'value')));
  const names = asArray(patient['name']).flatMap((name) => {
    const family = asString(at(name, 'family'));
    return asArray(at(name, 'given')).map((given) => (family === undefined ? undefined : `${asString(given)} ${family}`));
  });
  const all = [member.patientId, asString(coverage['subscriberId']), ...identifiers, ...names];
  return all.filter((each): each is string => each !== undefined && each.length >= 5);
}

/**
 * Traces of fixture members in a text, of whom the request said nothing: whoever is asked about by id, number or name may be answered about. Where nobody
 * needs a token, everybody may see everybody.
 */
export function othersIn(text: string, exchange: Exchange, { target }: Evidence): readonly string[] {
  if (target.auth.kind === 'none') return [];
  const asked = decodeURIComponentSafe(`${exchange.request.url} ${exchange.request.body ?? ''}`);
  const subjects = Object.entries(target.members).flatMap(([role, member]) =>
    member !== undefined && (role === exchange.member || tracesOf(member).some((trace) => mentions(asked, trace))) ? [member] : [],
  );
  const mine = new Set(subjects.flatMap(tracesOf));
  return Object.entries(target.members).flatMap(([role, member]) =>
    member === undefined || subjects.includes(member)
      ? []
      : tracesOf(member)
          .filter((trace) => !mine.has(trace) && !asked.includes(trace) && mentions(text, trace))
          .slice(0, 1)
          .map(() => `data of another member (members.${role} in the target file)`),
  );
}

/** What a refusal has no call to tell: more of the one who was asked about than the question said, where the match was refused or nobody may see that one. */
export function moreThanAsked(text: string, exchange: Exchange, { target }: Evidence): readonly string[] {
  if (target.auth.kind === 'none') return [];
  const asked = decodeURIComponentSafe(`${exchange.request.url} ${exchange.request.body ?? ''}`);
  return Object.entries(target.members).flatMap(([role, member]) => {
    if (member === undefined || !(exchange.step === 'member-match' || role === 'notAttributed' || role === 'optedOut')) return [];
    if (!tracesOf(member).some((trace) => mentions(asked, trace))) return [];
    const told = [...tracesOf(member), ...personal(member)].find((trace) => !asked.includes(trace) && mentions(text, trace));
    return told === undefined ? [] : [`more of the person asked about than the question said (members.${role} in the target file)`];
  });
}

/** What else tells somebody apart. */
const personal = ({ patient }: TargetMember): readonly string[] =>
  [
    patient['birthDate'],
    ...asArray(patient['address']).flatMap((each) => asArray(at(each, 'line'))),
    ...asArray(patient['telecom']).map((each) => at(each, 'value')),
  ].flatMap((each) => asString(each) ?? []);

/** As a whole word, so that `p-1` is not found in `p-12`. */
function mentions(text: string, trace: string): boolean {
  for (let from = text.indexOf(trace); from >= 0; from = text.indexOf(trace, from + 1)) {
    const before = text[from - 1] ?? ' ';
    const after = text[from + trace.length] ?? ' ';
    if (!/[\w-]/.test(before) && !/[\w-]/.test(after)) return true;
  }
  return false;
}

/** Secrets in an answer. Our own client_id may look like a token, and is none. */
export function secretsShown({ response }: Exchange, { target: { auth } }: Evidence): readonly string[] {
  const own = auth.kind === 'smart-backend' ? auth.clientId : undefined;
  const body = response?.body ?? '';
  return secretsIn(own === undefined || own === '' ? body : body.replaceAll(own, ''));
}

/** All that leaks from an error answer. */
export function leaksOf(exchange: Exchange, evidence: Evidence): readonly string[] {
  const body = exchange.response?.body ?? '';
  return [
    ...internalsIn(body),
    ...secretsShown(exchange, evidence),
    ...othersIn(body, exchange, evidence),
    ...moreThanAsked(body, exchange, evidence),
  ];
}

function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return text;
  }
}
