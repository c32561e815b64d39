import { carried } from '../../checks/client/crd/lib.ts';
import { asString } from '../core/fhir.ts';
import type { Exchange, Facts, RawExchange } from '../core/model.ts';
import { sharedValidator } from '../validation/shared.ts';

/** Issues kept of one call. */
const most = 20;
const known = new WeakMap<RawExchange, Facts>();

/** What our validation says of the resources that a hook call carries, against FHIR R4 itself. Codes that cannot be looked up here are no errors. */
export function factsOf(exchange: RawExchange): Facts {
  if (exchange.step !== 'cds.hook') return {};
  const before = known.get(exchange);
  if (before !== undefined) return before;
  const validator = sharedValidator({});
  const wrong = carried(exchange as Exchange).flatMap((resource) =>
    validator
      .validate(resource)
      .filter(({ severity }) => severity === 'error')
      .map(({ expression, rule }) => `${String(resource['resourceType'])}/${asString(resource['id']) ?? '?'}: ${expression} (${rule})`),
  );
  const facts: Facts = wrong.length === 0 ? {} : { 'heard.invalid': wrong.slice(0, most) };
  known.set(exchange, facts);
  return facts;
}
