import { beside, decided, refusal, sameRequest } from '../../src/core/controls.ts';
import { check, describeBody, fail, notApplicable, notTestable, select, statusOf, unanswered, warn } from '../../src/core/findings.ts';
import type { Evidence, Exchange, ExportName, Finding, Variant } from '../../src/core/model.ts';
import { type Export, hasOutcome, onExport } from './exports.ts';

/** The controls of exports (what a control is: src/core/controls.ts): the same kick-off without the fault, accepted in this run. */

/** `$export` or `$davinci-data-export`, and the method: other forms are refused for reasons of their own. */
const formOf = ({ request }: Exchange): string => `${request.method} ${/\$[a-z-]*export/.exec(request.url)?.[0] ?? ''}`;

/** Kick-offs that may be refused for what they ask about. */
const aboutOthers: readonly (string | undefined)[] = ['foreign-group', 'opted-out-group', 'failing', 'narrow', 'matched', 'declared/Patient'];

/** An honest kick-off of the same form: one that was accepted, else one that was not. */
export function honestTwin(evidence: Evidence, wrong: Exchange): Exchange | undefined {
  const alike = select(evidence, { step: 'bulk.kickoff', where: (each) => formOf(each) === formOf(wrong) && !aboutOthers.includes(each.variant) });
  // All are looked at: a refusal rests on each that was accepted.
  return alike.filter((each) => statusOf(each) === 202)[0] ?? alike[0];
}

/**
 * Judges a kick-off that should be refused. Taken all the same: judged as it stands. Refused: judged where the honest one is accepted. Lost, put off or
 * broken down: not testable.
 */
export const onRefusal =
  (judge: (exchange: Exchange) => Finding) =>
  (exchange: Exchange, evidence: Evidence): Finding =>
    refusal(exchange, honestTwin(evidence, exchange), 'An honest export of the same form', () => judge(exchange));

/** Refused with an OperationOutcome; taken all the same: a warning where the guide only recommends the refusal (`softly`), else a failure. */
export const refusedWithOutcome = (what: string, { softly = false } = {}): ReturnType<typeof onRefusal> =>
  onRefusal((exchange) => {
    if (statusOf(exchange) < 400)
      return (softly ? warn : fail)(exchange, `${what} refused with a 4xx status and an OperationOutcome`, `status ${statusOf(exchange)}: accepted`);
    return check(hasOutcome(exchange), exchange, `${what} refused with an OperationOutcome`, describeBody(exchange));
  });

/** Refused by the authorization layer, in whatever words: 401 and 403 as the guides name them, else another 4xx with a note. */
export function refusedAccess(exchange: Exchange, what: string): Finding {
  const seen = statusOf(exchange);
  if (seen === 401 || seen === 403) return { outcome: 'pass' };
  return seen >= 400 && seen < 500
    ? { outcome: 'pass', note: `${what} is refused with ${seen} rather than 401 or 403` }
    : fail(exchange, `401 or 403 for ${what}`, describeBody(exchange));
}

/** The answer to the same request with the token of this run: the control of a stranger's refusal. */
export const ownAnswer = (evidence: Evidence, stranger: Exchange): Exchange | undefined => {
  const same = sameRequest(stranger, evidence).filter((each) => each.index < stranger.index);
  return same.filter((each) => statusOf(each) >= 200 && statusOf(each) < 300).at(-1) ?? same.at(-1);
};

/**
 * Judges an export with one parameter more. Refused with 4xx although the export without it is accepted: the parameter is not offered, in the payer's own
 * words. Sent in several forms (`variants`): each accepted one is judged.
 */
export const whereTaken =
  (variants: readonly ExportName[], name: string, judge: (job: Export, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const tried = variants.flatMap((variant) => select(evidence, { step: 'bulk.kickoff', variant }));
    const taken = tried.filter((each) => statusOf(each) === 202);
    if (taken.length > 0) return worstOf(taken.map((each) => onExport(each.variant as ExportName, judge)(evidence)));
    const [first] = tried;
    if (!first) return onExport(variants[0] ?? 'group', judge)(evidence);
    return (
      decided(first) ??
      beside(honestTwin(evidence, first), `An export without ${name}`, () =>
        notApplicable(`The payer refuses the parameter ${name}: ${describeBody(first)}.`),
      )
    );
  };

const order = { fail: 0, 'not-testable': 2, pass: 1, 'not-applicable': 3 } as const;
/** One form that was followed to its end is enough: of the verdicts of several, a failure counts first and a pass before what stayed open. */
const worstOf = (findings: readonly Finding[]): Finding =>
  [...findings].sort((a, b) => order[a.outcome] - order[b.outcome])[0] ?? notTestable('There was nothing to judge.', 'not-offered');

/** The export of this name was accepted; else why what rests on it says nothing. */
export function acceptedExport(evidence: Evidence, variant: Variant<'bulk.kickoff'>): Finding | undefined {
  const tried = select(evidence, { step: 'bulk.kickoff', variant });
  if (tried.some((each) => statusOf(each) === 202)) return undefined;
  const [first] = tried;
  if (!first) return notTestable(`No export "${variant}" was started in this run.`, 'ours');
  return unanswered(first) ?? notTestable(`An honest export is refused too: ${describeBody(first)} (see bulk.kickoff.accepted).`, 'payer');
}
