import { type Control, refusedBeside } from '../../src/core/controls.ts';
import { asString, at, jsonOf } from '../../src/core/fhir.ts';
import { check, clip, describeBody, fail, notTestable, reasonIn, select, statusOf } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding, Probe } from '../../src/core/model.ts';
import { cardsOf, informationOf, partOf } from './lib.ts';
import { unknownService } from './probes.ts';

/** Refusals of hook calls, each beside its honest twin. */

/** The honest calls of the same service, with everything that its templates ask for and with our EHR open to it. */
export const twin = (wrong: Exchange, evidence: Evidence): ReturnType<Control> => {
  const calls = select(evidence, { step: 'cds.hook', where: ({ variant }) => variant?.includes(':') !== true || variant === 'order-sign:plain' });
  // A service that is not there has none of its own: any other will do.
  return wrong.probe === unknownService.id ? calls : calls.filter(({ request }) => request.url === wrong.request.url);
};

/** Answered with cards, even if there are none. */
export const served = (exchange: Exchange): boolean => statusOf(exchange) === 200 && Array.isArray(at(jsonOf(exchange.response), 'cards'));

/** Judges these wrong calls; a refusal counts only where the honest call of the same service was served in this run. */
export const besideHonest = (probes: readonly Probe[], judge: (exchange: Exchange, evidence: Evidence) => Finding) =>
  refusedBeside(
    probes.map(({ id }) => ({ step: 'cds.hook', probe: id })),
    twin,
    judge,
    undefined,
    served,
  );

const namesJwt = /\bjwt\b|token|bearer|authori[sz]|authenti|signature|signed|credential|\b(alg|aud|exp|iss|jti|jku|kid)\b|audience|expired|issuer/i;

/** A JWT is refused by 401 or 403, or by a 400 that names it. Another 4xx has found something else. */
export function refusesJwt(exchange: Exchange): Finding {
  const seen = statusOf(exchange);
  if (seen >= 200 && seen < 300)
    return fail(
      exchange,
      `${exchange.probe} refused with 401 or 403`,
      `status ${seen}${informationOf(exchange).length > 0 ? ' with coverage data' : ''}`,
    );
  const words = wordsOf(exchange);
  if (seen === 401 || seen === 403 || (seen === 400 && namesJwt.test(words)))
    return check(informationOf(exchange).length === 0, exchange, 'a refusal without coverage data', 'coverage data inside the refusal');
  return seen >= 500
    ? notTestable(`The service broke down instead of deciding about ${exchange.probe}: ${describeBody(exchange)}.`, 'payer')
    : notTestable(`${exchange.probe} was refused, but not for its JWT: status ${seen}${words === '' ? '' : `: "${clip(words, 160)}"`}.`, 'payer');
}

/** What an answer says to a person: of an OperationOutcome, a plain text, cards, or the reasons in coverage information. Empty when it says nothing. */
export function wordsOf(exchange: Exchange): string {
  const value = jsonOf(exchange.response);
  const body = exchange.response?.body ?? '';
  if (statusOf(exchange) >= 400) {
    const plain = value === undefined && !/^\s*</.test(body) ? body.trim() : '';
    return reasonIn(exchange).replace(/^: /, '') || asString(at(value, 'message')) || plain;
  }
  const cards = cardsOf(exchange).map((card) => `${card['summary']} ${card['detail'] ?? ''}`);
  const reasons = informationOf(exchange).map((each) => asString(at(partOf(each, 'reason'), 'text')) ?? '');
  return [...cards, ...new Set(reasons)].join(' ').trim();
}
