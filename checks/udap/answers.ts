import { isObject, jsonOf, mediaTypeOf, requestJsonOf } from '../../src/core/fhir.ts';
import { all, check, describeBody, notTestable, statusOf, worstOfAll } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';

/** Verdicts over answers to registrations. */

/** The JSON that we sent, as stored. */
export function sentBody({ request }: Exchange): Json | undefined {
  return requestJsonOf(request);
}

const notJudged = new Set([401, 403, 405, 413, 415, 429]);

/** RFC 7591 section 3.2.2, over every refused registration. */
export function errorForm(evidence: Evidence): Finding {
  const errors = evidence.exchanges.filter(
    (each) => each.step === 'register' && each.probe !== undefined && each.response && statusOf(each) >= 400 && !notJudged.has(statusOf(each)),
  );
  if (errors.length === 0) return notTestable('No registration was refused in this run.', 'not-offered');
  return worstOfAll(
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
