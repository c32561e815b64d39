import { isJsonMedia, mediaTypeOf } from '../fhir.ts';
import { headerOf, statusOf } from '../findings.ts';
import type { Exchange, Expected } from '../model.ts';
import { isOauthCode, issueFits, issueTypes, isTransient, oauthFits } from './codes.ts';
import { actionsIn, plainLanguage } from './language.ts';
import type { Action, Criterion } from './report.ts';
import { traceOf } from './trace.ts';
import type { ErrorWords } from './words.ts';

/** What one error is judged by. */
export interface Case {
  readonly exchange: Exchange;
  readonly expected: Expected;
  readonly words: ErrorWords;
  readonly leaks: readonly string[];
  /** Status and code differ between repetitions of the same wrong request. */
  readonly unstable: boolean;
  /** Trace ids of the run's other answers. */
  readonly otherTraces: ReadonlySet<string>;
}

type Rule = (subject: Case) => { readonly points: number; readonly why: string };
const give = (points: number, why: string) => ({ points, why });

const authServer = new Set(['token', 'register', 'udap.token', 'introspect']);
const isAuthServer = ({ exchange }: Case): boolean => authServer.has(exchange.step);
const classOf = (status: number): number => Math.floor(status / 100);

/** Nothing else counts when the class is wrong: a client fault called a server fault sends everybody the wrong way. */
const statusClass: Rule = ({ exchange, expected }) => {
  const seen = statusOf(exchange);
  const right = expected.status.includes(seen) || classOf(seen) === classOf(expected.status[0]);
  return right ? give(3, `status ${seen}`) : give(0, `status ${seen} where ${classOf(expected.status[0])}xx is right`);
};

const exactStatus: Rule = ({ exchange, expected }) => {
  const seen = statusOf(exchange);
  if (expected.status.includes(seen)) return give(2, `status ${seen} as the guides name it`);
  const wanted = expected.status.join(' or ');
  return classOf(seen) === classOf(expected.status[0]) ? give(1, `status ${seen}, the guides name ${wanted}`) : give(0, `the guides name ${wanted}`);
};

const machineBody: Rule = (subject) => {
  const { words, exchange } = subject;
  const media = mediaTypeOf(exchange.response);
  const cds = exchange.step.startsWith('cds.');
  const right = isAuthServer(subject) ? words.kind === 'oauth' && exchange.response?.body !== '' : words.kind === 'outcome';
  const wanted = isAuthServer(subject) ? 'JSON with error and error_description' : 'an OperationOutcome';
  if (right) {
    const fits = isAuthServer(subject) ? media === 'application/json' : cds ? isJsonMedia(media) : media === 'application/fhir+json';
    return fits ? give(3, `${wanted} as ${media}`) : give(1, `${wanted}, but Content-Type ${media === '' ? 'is absent' : media}`);
  }
  return words.kind === 'oauth' || words.kind === 'other-json' ? give(1, `JSON, but not ${wanted}`) : give(0, `no ${wanted}: ${words.kind}`);
};

const codeFits: Rule = ({ words, exchange, expected }) => {
  const seen = statusOf(exchange);
  if (words.codes.length === 0) return give(0, 'no code');
  const known = words.codes.filter((code) => issueTypes.has(code) || isOauthCode(code));
  if (known.length === 0) return give(0, `${words.codes.join(', ')} is in no code system for errors`);
  const fits = known.some((code) => expected.codes.includes(code) || (words.kind === 'oauth' ? oauthFits(seen, code) : issueFits(seen, code)));
  return fits ? give(2, `${known.join(', ')} fits ${seen}`) : give(1, `${known.join(', ')} exists but does not fit ${seen}`);
};

/** The names that a specific answer should mention; without a list of the probe's, the resource addressed. */
const namesOf = ({ expected, exchange }: Case): readonly string[] => {
  if (expected.names.length > 0) return expected.names;
  const path = exchange.request.url.split(/[?#]/)[0] ?? '';
  return path
    .split('/')
    .slice(3)
    .slice(-2)
    .filter((each) => each.length >= 2);
};
/** Short names count as whole words only: `id` is not named by "valid". */
const mentioned = (text: string, names: readonly string[]): string | undefined =>
  names.find((name) =>
    name.length > 3
      ? text.toLowerCase().includes(name.toLowerCase())
      : text
          .toLowerCase()
          .split(/[^a-z0-9]+/)
          .includes(name.toLowerCase()),
  );

const specificCause: Rule = (subject) => {
  const { words } = subject;
  const names = namesOf(subject);
  const hit = mentioned([words.text, words.diagnostics, ...words.expressions].join(' '), names);
  return hit === undefined ? give(0, `none of ${names.join(', ')} is named`) : give(2, `names ${hit}`);
};

const location: Rule = (subject) => {
  const { words } = subject;
  const names = namesOf(subject);
  if (words.expressions.length > 0) {
    const where = words.expressions.join(', ');
    const right = names.some((name) => where.toLowerCase().includes(name.toLowerCase())) || /^(?:http\.|Parameters\b|[A-Z]\w+(?:\.|$))/.test(where);
    return right ? give(1, `points to ${where}`) : give(0, `points to ${where}, which is not in the request`);
  }
  const hit = mentioned(words.text, names);
  return hit === undefined ? give(0, 'no location') : give(1, `the text names ${hit}`);
};

const plainText: Rule = ({ words }) => {
  const { plain, why } = plainLanguage(words.text);
  if (plain) return give(2, 'plain words');
  if (words.text !== '' && words.kind !== 'markup' && words.text.length >= 20) return give(1, why);
  return plainLanguage(words.diagnostics).plain ? give(1, 'words only in diagnostics') : give(0, why);
};

/** Where every request carries a signed assertion or JWT of its own, correcting it is how one authenticates again. */
const actionsThatFit = (subject: Case): readonly Action[] => {
  const { action } = subject.expected;
  const signed = isAuthServer(subject) || subject.exchange.step.startsWith('cds.');
  if (action === 'reauthenticate' && signed) return ['reauthenticate', 'correct'];
  if (action === 'correct' && signed) return ['correct', 'reauthenticate'];
  return [action];
};

const pathForward: Rule = (subject) => {
  const named = actionsIn(`${subject.words.text} ${subject.words.diagnostics}`);
  const fits = actionsThatFit(subject);
  const right = named.filter((each) => fits.includes(each));
  if (named.length > 0 && right.length === named.length) return give(2, `says: ${named.join(', ')}`);
  if (right.length > 0) return give(1, `says several things: ${named.join(', ')}`);
  if (named.length > 0) return give(0, `says ${named.join(', ')} where ${fits[0]} is the way`);
  const implied = impliedAction(subject);
  return implied !== undefined && fits.includes(implied) ? give(1, `only the code or status implies: ${implied}`) : give(0, 'names no way forward');
};

/** What a client program may conclude from status and code alone. */
function impliedAction({ exchange, words }: Case): Action | undefined {
  const seen = statusOf(exchange);
  if (words.codes.some(isTransient) || seen === 429 || seen === 503) return 'retry';
  if (words.codes.some((code) => ['login', 'expired', 'invalid_token', 'invalid_client', 'insufficient_scope'].includes(code)) || seen === 401)
    return 'reauthenticate';
  return words.codes.some((code) => ['required', 'value', 'structure', 'invalid', 'not-supported', 'invalid_request', 'code-invalid'].includes(code))
    ? 'correct'
    : undefined;
}

const retryHint: Rule = ({ exchange, expected, words }) => {
  const sense = expected.action === 'retry' || [429, 503].includes(statusOf(exchange));
  const hint = headerOf(exchange, 'retry-after') !== undefined || words.codes.some(isTransient);
  if (sense) return hint ? give(1, 'says when to try again') : give(0, 'no Retry-After and no transient code');
  return hint ? give(0, 'invites a retry that cannot help') : give(1, 'no misleading retry hint');
};

const traceable: Rule = ({ exchange, otherTraces }) => {
  const trace = traceOf(exchange);
  if (trace === undefined) return give(0, 'nothing to quote to the help desk');
  return otherTraces.has(trace) ? give(0, 'the id is the same in other answers') : give(1, 'an id to quote');
};

const clean: Rule = ({ leaks, unstable }) => {
  if (leaks.length > 0) return give(0, `shows ${leaks.join(' and ')}`);
  return unstable ? give(0, 'another status or code when repeated') : give(1, 'nothing leaks');
};

const rules: readonly (readonly [title: string, max: number, rule: Rule])[] = [
  ['Right status class', 3, statusClass],
  ['Exact status', 2, exactStatus],
  ['Machine-readable body of the right kind', 3, machineBody],
  ['Code is valid and fits', 2, codeFits],
  ['Cause is specific', 2, specificCause],
  ['Location is given', 1, location],
  ['Plain language', 2, plainText],
  ['Path forward', 2, pathForward],
  ['Retry hint where it helps', 1, retryHint],
  ['Traceable', 1, traceable],
  ['Clean and stable', 1, clean],
];

/** The eleven criteria of rubric 1, 20 points together. */
export const criteriaOf = (subject: Case): readonly Criterion[] =>
  rules.map(([title, max, rule], index) => ({ no: index + 1, title, max, ...rule(subject) }));
