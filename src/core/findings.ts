import { asArray, asString, at, isResource, jsonOf } from './fhir.ts';
import type { Ask, Because, Bound, Evidence, Exchange, Finding, Json, MemberRole, Step, TransportErrorCode, Variant } from './model.ts';

/** The small vocabulary that judges are written in. A failure is two strings: what was expected, what was seen. */

export const pass: Finding = { outcome: 'pass' };
/** Failed: what was expected, what was seen, and the exchange that proves it. */
export const fail = (exchange: Exchange, expected: string, actual: string): Finding => ({
  outcome: 'fail',
  expected,
  actual: sentenceOf(exchange, actual),
  exchange: exchange.index,
});
/** A miss that the row itself grades as a warning whatever its level. */
export const warn = (exchange: Exchange, expected: string, actual: string): Finding => ({
  outcome: 'fail',
  expected,
  actual: sentenceOf(exchange, actual),
  exchange: exchange.index,
  severity: 'warning',
});
/** A word that says nothing by itself is completed by the request that it is about. */
const sentenceOf = ({ request }: Exchange, actual: string): string =>
  clip(/^(none|absent|neither|nothing|)$/.test(actual.trim()) ? `${actual.trim() || 'nothing'} at ${request.method} ${request.url}` : actual);

/** No verdict: `because` says who can change that. */
export const notTestable = (reason: string, because: Because): Finding => ({ outcome: 'not-testable', reason, because });
/** Not asked, because this entry of the target file is missing: what the file leaves out is a gap of the test, and never the payer's choice. `why` completes the sentence. */
export const notAsked = (add: string, why: string) =>
  ({ open: `Not asked: add ${add} to the target file, ${why}.`, because: 'target-file', add }) as const satisfies Bound;
/** The same where a judge finds it out. */
export const unasked = (add: string, why: string): Finding => {
  const { open, because } = notAsked(add, why);
  return { outcome: 'not-testable', reason: open, because, add };
};
/** The requirement does not bind this payer, and why. */
export const notApplicable = (reason: string): Finding => ({ outcome: 'not-applicable', reason });

/** Which exchanges a judge looks at. */
export interface Selector<S extends Step = Step> {
  readonly step: S;
  /** A probe id; `null` (the default) selects honest requests only; `'*'` selects all. */
  readonly probe?: string | null;
  readonly variant?: Variant<S>;
  readonly member?: MemberRole;
  readonly where?: (exchange: Exchange) => boolean;
}

/** Exchanges that match, in the order they happened. */
export function select<S extends Step>(evidence: Evidence, selector: Selector<S>): readonly Exchange[] {
  const { step, probe = null, variant, member, where } = selector;
  return evidence.exchanges.filter(
    (exchange) =>
      exchange.step === step &&
      (probe === '*' || (probe === null ? exchange.probe === undefined : exchange.probe === probe)) &&
      (variant === undefined || exchange.variant === variant) &&
      (member === undefined || exchange.member === member) &&
      (where === undefined || where(exchange)),
  );
}

/** Judges every selected exchange. None selected: not testable, with what stopped the journey. The first of the worst speaks, the others are counted. */
export function onEach<S extends Step>(
  selector: Selector<S>,
  judge: (exchange: Exchange, evidence: Evidence) => Finding,
): (evidence: Evidence) => Finding {
  return (evidence) => {
    const found = select(evidence, selector);
    return found.length === 0
      ? notReached(evidence, selector)
      : worstOfAll(found.map((exchange) => unanswered(exchange) ?? judge(exchange, evidence)));
  };
}

/** Judges these exchanges; those without an answer are distinguished first. */
export const judgeAll = (exchanges: readonly Exchange[], judge: (exchange: Exchange) => Finding): Finding =>
  worstOfAll(exchanges.map((exchange) => unanswered(exchange) ?? judge(exchange)));

/** Judges the first selected exchange only. */
export function onFirst<S extends Step>(
  selector: Selector<S>,
  judge: (exchange: Exchange, evidence: Evidence) => Finding,
): (evidence: Evidence) => Finding {
  return (evidence) => {
    const first = select(evidence, selector)[0];
    return first ? (unanswered(first) ?? judge(first, evidence)) : notReached(evidence, selector);
  };
}

type Wanted = Pick<Selector, 'step' | 'probe' | 'variant'>;

const covers = (ask: Ask, { step, probe, variant }: Wanted): boolean => {
  if (ask.step !== step) return false;
  if (probe === '*') return true;
  if (probe !== undefined && probe !== null) return ask.probes?.includes(probe) ?? false;
  return variant === undefined ? ask.variants?.length !== 0 : (ask.variants?.includes(variant) ?? false);
};

/**
 * Why a step has no evidence. In this order: it was asked, but no answer is of the kind that the row judges; the suite that asks it stopped or was left out,
 * with its own cause and no other's; the suite that could ask it had no occasion; no suite of this run asks it.
 */
export function notReached<S extends Step>(evidence: Evidence, selector: Pick<Selector<S>, 'step' | 'probe' | 'variant'>): Finding {
  const { step, probe, variant } = selector as Wanted;
  const wanted = { step, ...(probe === undefined ? {} : { probe }), ...(variant === undefined ? {} : { variant }) } as Wanted;
  const what = [step, probe && probe !== '*' ? `probe ${probe}` : undefined, variant].filter(Boolean).join(', ');
  const other = select(evidence, wanted).at(-1);
  if (other) {
    const { request } = other;
    return (
      unanswered(other) ??
      notTestable(`${what} was asked, but no answer can be judged here: ${request.method} ${request.url} gave status ${statusOf(other)}.`, 'payer')
    );
  }
  const own = evidence.blocked.filter((each) => each.asks?.some((ask) => covers(ask, wanted)));
  const cause = own.find((each) => each.leftOut !== true) ?? own[0];
  if (cause) return notTestable(`Not reached: ${what}. ${cause.suite}: ${cause.reason}`, cause.because);
  const idle = evidence.unasked?.find((ask) => covers(ask, wanted));
  return idle
    ? notTestable(
        `Not asked: ${what}. ${idle.suite} ended without it: nothing that the payer declares or answered before, or that the target file names, led to it.`,
        'not-offered',
      )
    : notTestable(`Not reached: ${what}. No suite of this run asks for it.`, 'ours');
}

/** A finding when there is no answer to judge: none came, or one that says "later" (429, 503). Undefined when there is one. Our own limit is called ours. */
export function unanswered(exchange: Exchange): Finding | undefined {
  if (!exchange.response) return noAnswer(exchange);
  return isThrottled(exchange)
    ? notTestable(`The payer says "later" (status ${exchange.response.status}) to ${exchange.request.method} ${exchange.request.url}.`, 'throttled')
    : undefined;
}

function noAnswer(exchange: Exchange): Finding {
  const { code, message } = exchange.error ?? { code: 'aborted', message: 'no response was recorded' };
  return isOurs(code)
    ? notTestable(`We stopped (${code}): ${message}`, 'ours')
    : notTestable(`No answer from ${exchange.request.method} ${exchange.request.url}: ${message} (${code}).`, 'network');
}

/** 429 and 503 say "later" and nothing about what was asked. */
export const isThrottled = ({ response }: Exchange): boolean => response?.status === 429 || response?.status === 503;

const isOurs = (code: TransportErrorCode): boolean => code.startsWith('limit.') || code === 'aborted' || code === 'origin.blocked' || code === 'ours';

const rank = { fail: 0, 'not-testable': 1, pass: 2, 'not-applicable': 3 } as const;
const rankOf = (finding: Finding): number => (finding.outcome === 'fail' && finding.severity === 'warning' ? 0.5 : rank[finding.outcome]);

/** Merges verdicts: fail beats warning beats unknown beats pass; unknown is never merged into a pass (Jepsen's rule). */
export function worst(findings: readonly Finding[]): Finding {
  let found = findings[0];
  for (let nth = 1; nth < findings.length; nth++) {
    const each = findings[nth];
    if (found && each && each !== found && rankOf(each) < rankOf(found)) found = each;
  }
  return found ?? notTestable('There was nothing to judge.', 'not-offered');
}

/** For the first of several offenders: how many others there are. */
export const andMore = (others: number): string => (others > 0 ? `, and ${others} more` : '');

/** As `worst`, and says how many others failed as badly. */
export function worstOfAll(findings: readonly Finding[]): Finding {
  const found = worst(findings);
  if (found.outcome !== 'fail') return found;
  const others = findings.filter((each) => each.outcome === 'fail' && rankOf(each) === rankOf(found)).length - 1;
  return others > 0 ? { ...found, actual: `${found.actual} (and ${others} more)` } : found;
}

/** As `all`, for facts that stand beside each other: one failure names all that is wrong. */
export function together(...facts: readonly (() => Finding)[]): Finding {
  const found = facts.map((fact) => fact());
  const wrong = found.flatMap((each) => (each.outcome === 'fail' && each.severity === undefined ? [each] : []));
  const [first] = wrong;
  if (first === undefined || wrong.length === 1) return worst(found);
  return { ...first, expected: wrong.map(({ expected }) => expected).join('; '), actual: wrong.map(({ actual }) => actual).join('; ') };
}

/** Runs facts in order and stops at the first that is not a pass. */
export function all(...facts: readonly (() => Finding)[]): Finding {
  let last: Finding = pass;
  for (let nth = 0; nth < facts.length && last.outcome === 'pass'; nth++) last = facts[nth]?.() ?? last;
  return last;
}

/** The status, 0 when there is no response. */
export const statusOf = (exchange: Exchange): number => exchange.response?.status ?? 0;
/** A response header by name, whatever its case. */
export const headerOf = (exchange: Exchange, name: string): string | undefined => exchange.response?.headers[name.toLowerCase()];

/** Status is one of these. */
export function status(exchange: Exchange, ...wanted: readonly number[]): Finding {
  return wanted.includes(statusOf(exchange)) ? pass : fail(exchange, `status ${wanted.join(' or ')}`, describeBody(exchange));
}

/** Status is 4xx. */
export function clientError(exchange: Exchange, what: string): Finding {
  const seen = statusOf(exchange);
  return seen >= 400 && seen < 500 ? pass : fail(exchange, `${what} refused with a 4xx status`, describeBody(exchange));
}

/** What was seen: in words, or how to put it in words where that takes some work. */
export type Words = string | (() => string);
export const inWords = (words: Words): string => (typeof words === 'string' ? words : words());

/** Holds, or fails with these two strings. */
export function check(holds: boolean, exchange: Exchange, expected: string, actual: Words): Finding {
  return holds ? pass : fail(exchange, expected, inWords(actual));
}

/** Body is a FHIR resource of this type in JSON. */
export function isOfType(exchange: Exchange, type: string): Finding {
  const value = jsonOf(exchange.response);
  return isResource(value, type) ? pass : fail(exchange, `a ${type} in JSON`, describeBody(exchange, value));
}

/** What came back, in a few words; where the payer says why, in its own. */
export function describeBody(exchange: Exchange, value: Json | undefined = jsonOf(exchange.response)): string {
  const seen = `status ${statusOf(exchange)}`;
  const body = exchange.response?.body ?? '';
  const own = ownWords(value);
  if (isResource(value)) return `${seen} with ${/^[AEIO]/.test(value.resourceType) ? 'an' : 'a'} ${value.resourceType}${own}`;
  if (body === '') return `${seen} with an empty body`;
  if (body.startsWith('\uFEFF'))
    return `${seen} with a byte order mark (U+FEFF) before the text, which JSON does not allow: ${clip(body.slice(1), 120)}`;
  if (own !== '') return `${seen}${own}`;
  return `${seen} with ${value === undefined ? 'a body that is not JSON' : 'JSON that is no FHIR resource'}: ${clip(body, 120)}`;
}

/** What the payer says for people: of an OperationOutcome, or of an OAuth or registration error. */
function ownWords(value: Json | undefined): string {
  const told = isResource(value, 'OperationOutcome')
    ? asArray(value['issue']).map((issue) => at(issue, 'details', 'text') ?? at(issue, 'diagnostics'))
    : [at(value, 'error'), at(value, 'error_description')];
  const words = told.flatMap((each) => asString(each) ?? []).join(': ');
  return words.trim() === '' ? '' : `: "${clip(words, 200)}"`;
}

/** The payer's own words, to follow a status: `: "No such member"`. Empty when it said nothing. */
export const reasonIn = (exchange: Exchange): string => ownWords(jsonOf(exchange.response));

/** One line, cut to n characters. */
export function clip(text: string, n = 300): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > n ? `${line.slice(0, n - 1)}…` : line;
}
