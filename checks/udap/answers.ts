import { asString, at, isObject, jsonOf, mediaTypeOf, requestJsonOf } from '../../src/core/fhir.ts';
import { all, check, clip, describeBody, notTestable, statusOf, warn, worst } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { refused, registered } from './evidence.ts';

/** Verdicts over answers to registrations. */

/** The JSON that we sent, as stored. */
export function sentBody({ request }: Exchange): Json | undefined {
  return requestJsonOf(request);
}

const accepted = (exchange: Exchange): boolean => statusOf(exchange) >= 200 && statusOf(exchange) < 300;

/**
 * Refused, and with a fitting error: a code that is none of `codes` is a warning, since the guides only recommend them. No codes = any.
 * `through` = what counts as getting through, when some 2xx answers are right.
 */
export const refusedRegistration =
  (probes: readonly string[], danger: string, codes: readonly string[] = [], through: (exchange: Exchange) => boolean = () => true) =>
  (evidence: Evidence): Finding => {
    const finding = refused(probes, danger, (exchange) => accepted(exchange) && through(exchange), registered)(evidence);
    if (finding.outcome !== 'pass' || codes.length === 0) return finding;
    const odd = evidence.exchanges.find((exchange) => {
      const code = asString(at(jsonOf(exchange.response), 'error'));
      return (
        exchange.probe !== undefined && probes.includes(exchange.probe) && statusOf(exchange) === 400 && code !== undefined && !codes.includes(code)
      );
    });
    return odd ? warn(odd, `error ${codes.join(' or ')}`, `error ${clip(String(at(jsonOf(odd.response), 'error')))}`) : finding;
  };

const notJudged = new Set([401, 403, 405, 413, 415, 429]);

/** RFC 7591 section 3.2.2, over every refused registration. */
export function errorForm(evidence: Evidence): Finding {
  const errors = evidence.exchanges.filter(
    (each) => each.step === 'register' && each.probe !== undefined && each.response && statusOf(each) >= 400 && !notJudged.has(statusOf(each)),
  );
  if (errors.length === 0) return notTestable('No registration was refused in this run.', 'not-offered');
  return worst(
    errors.map((exchange) => {
      const body = jsonOf(exchange.response);
      const media = mediaTypeOf(exchange.response);
      return all(
        () => check(statusOf(exchange) === 400, exchange, 'status 400', describeError(exchange)),
        () => check(media === 'application/json', exchange, 'Content-Type application/json', `Content-Type ${media === '' ? 'absent' : media}`),
        () =>
          check(isObject(body) && typeof body['error'] === 'string', exchange, 'a JSON object with a string member error', describeError(exchange)),
      );
    }),
  );
}

const describeError = (exchange: Exchange): string => `${exchange.probe}: ${describeBody(exchange)}`;
