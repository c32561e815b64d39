import { asArray, asString, at, isObject, type JsonObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { Handler, MockReply, PayerState } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import { answer } from './answer.ts';
import { serviceNamed } from './discovery.ts';
import { jwtProblem } from './jwt.ts';
import { payerIdentifier } from './members.ts';
import { firstOf, gather, ordersOf } from './query.ts';

/** Calls answered so far, by hook. */
const served = (payer: PayerState): Map<string, number> => payer.memory('crd.served', () => new Map<string, number>());

/** A hook call, honest from the JWT to the cards. */
export const hook: Handler = async (request, payer) => {
  const service = serviceNamed(request.params['id'] ?? '');
  if (!service)
    return outcome({ status: 404, code: 'not-found', text: 'There is no such CDS service. Read /cds-services and use an id from there.' });
  const problem = await jwtProblem(request, payer);
  if (!payer.rules.crdAdmits(problem)) {
    const text =
      problem === 'absent'
        ? 'The Authorization header carries no client JWT. Sign one for this URL and send the request again.'
        : 'The client JWT in the Authorization header cannot be accepted: check signature, aud, exp and jti, then sign a new one.';
    return outcome({
      status: 401,
      code: 'login',
      expression: 'http.Authorization',
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      text,
    });
  }
  const count = served(payer).get(service.hook) ?? 0;
  served(payer).set(service.hook, count + 1);
  const delay = payer.rules.crdDelay(count, service.hook);
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  return decide(request.body, service.hook, payer);
};

async function decide(text: string, hookName: string, payer: PayerState): Promise<MockReply> {
  const { rules } = payer;
  let body: JsonObject;
  try {
    const parsed = JSON.parse(text) as Json;
    if (!isObject(parsed)) throw new Error('not an object');
    body = parsed;
  } catch {
    return outcome({
      status: 400,
      code: 'structure',
      text: 'The body is not a JSON object. Correct the JSON and send it again.',
      expression: 'http.body',
    });
  }
  const flaw = flawIn(body, hookName);
  if (flaw) return flaw;
  if (!rules.crdToleratesUnknown(body))
    return outcome({ status: 400, code: 'not-supported', text: 'The body has an unknown element. Remove it and send the request again.' });
  if (rules.crdNeedsConfiguration() && at(body, 'extension', 'davinci-crd.configuration') === undefined)
    return outcome({ status: 400, code: 'required', text: 'extension davinci-crd.configuration is missing. Add it and send the request again.' });
  const given = await gather(body, payer);
  const coverage = firstOf(given, 'Coverage');
  const patient = firstOf(given, 'Patient');
  const lacks = !coverage ? 'Coverage' : !patient ? 'Patient' : undefined;
  if (lacks !== undefined && !given.refused && !rules.crdGuessesForUnreadablePatient()) {
    return outcome({
      status: 412,
      code: 'required',
      text: `The ${lacks} is needed but was neither prefetched nor readable. Send it in prefetch, or fhirServer with fhirAuthorization, and try again.`,
      expression: `prefetch.${lacks.toLowerCase()}`,
    });
  }
  if (patient && !rules.crdPrefetchSuffices(patient))
    return outcome({ status: 412, code: 'required', text: 'The Patient lacks an address. Send it in prefetch and try again.' });
  if (patient && !asArray(at(patient, 'meta', 'profile')).every((profile) => rules.crdKnowsProfile(String(profile))))
    return outcome({ status: 422, code: 'not-supported', text: 'This US Core release of Patient is not supported. Send Patient for 6.1.0.' });
  const orders = ordersOf(body, hookName, given, rules.crdWritesOnOrder());
  const poor = orders.find((order) => !rules.crdOrderSuffices(order));
  if (poor)
    return outcome({
      status: 422,
      code: 'required',
      text: `${poor.resourceType}.occurrence is missing. Add it and send the request again.`,
      expression: `${poor.resourceType}.occurrence`,
    });
  if (coverage && !rules.crdServesPayer(at(coverage, 'payor', 0, 'identifier', 'value') === payerIdentifier.value)) {
    return outcome({
      status: 400,
      code: 'business-rule',
      text: 'Coverage.payor names another payer. Send this order to that payer, or correct the Coverage.',
      expression: 'Coverage.payor',
    });
  }
  return answer(body, hookName, orders, { given, refused: given.refused && lacks !== undefined }, payer);
}

/** Faults of the call itself, before any payer logic. */
function flawIn(body: JsonObject, hookName: string): MockReply | undefined {
  const wrong = (text: string, expression: string, status = 400) =>
    outcome({ status, code: status === 422 ? 'invalid' : 'required', text, expression });
  if (body['hook'] !== hookName)
    return wrong(`hook must be ${hookName} for this service. Correct it, or call the service for the other hook.`, 'hook');
  if (asString(body['hookInstance']) === undefined)
    return wrong('hookInstance is missing. Add a fresh UUID and send the request again.', 'hookInstance');
  if (asString(at(body, 'context', 'patientId')) === undefined)
    return wrong('context.patientId is missing. Add it and send the request again.', 'context.patientId');
  const drafts = asArray(at(body, 'context', 'draftOrders', 'entry')).map((entry) => at(entry, 'resource'));
  const broken = drafts.find((each) => at(each, 'resourceType') === 'ServiceRequest' && at(each, 'code') === undefined);
  return broken === undefined
    ? undefined
    : wrong(
        'ServiceRequest.code is missing from a draft order. Add the ordered code and send the request again.',
        'context.draftOrders.entry.resource.code',
        422,
      );
}
