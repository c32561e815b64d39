import { asArray, at, isObject, type JsonObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { Handler, MockReply, PayerState } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import { answer } from './answer.ts';
import { serviceNamed } from './discovery.ts';
import { flawIn } from './flaws.ts';
import { jwtProblem } from './jwt.ts';
import { namesUs } from './members.ts';
import { firstOf, gather, isNear, ordersOf } from './query.ts';

/** Calls answered so far, by hook. */
const served = (payer: PayerState): Map<string, number> => payer.memory('crd.served', () => new Map<string, number>());

/** A hook call, honest from the JWT to the cards. */
export const hook: Handler = async (request, payer) => {
  const service = serviceNamed(request.params['id'] ?? '');
  if (!service)
    return outcome({ status: 404, code: 'not-found', text: 'There is no such CDS service. Read /cds-services and use an id from there.' });
  const problem = await jwtProblem(request, payer);
  if (!payer.rules.crdAdmits(problem?.kind))
    return outcome({
      status: 401,
      code: 'login',
      expression: 'http.Authorization',
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      text: problem?.text ?? 'The client JWT cannot be accepted. Sign a new one.',
    });
  const media = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (media !== 'application/json' && media !== 'application/fhir+json')
    return outcome({
      status: 415,
      code: 'not-supported',
      expression: 'http.Content-Type',
      text: 'A hook call is JSON. Correct the Content-Type to application/json and send the request again.',
    });
  const count = served(payer).get(service.hook) ?? 0;
  served(payer).set(service.hook, count + 1);
  const delay = payer.rules.crdDelay(count, service.hook);
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  return decide(request.body, service.hook, payer);
};

/** The embedded payer asks servers on this machine only, and says so. */
const whereToRead = (body: JsonObject): string =>
  typeof body['fhirServer'] === 'string' && !isNear(body['fhirServer'])
    ? 'Send it in prefetch, as this payer reads from servers on loopback only'
    : 'Send it in prefetch, or fhirServer with fhirAuthorization';

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
  if (flaw) return outcome(flaw);
  if (!rules.crdToleratesUnknown(body))
    return outcome({ status: 400, code: 'not-supported', text: 'The body has an unknown element. Remove it and send the request again.' });
  if (rules.crdNeedsConfiguration() && at(body, 'extension', 'davinci-crd.configuration') === undefined)
    return outcome({ status: 400, code: 'required', text: 'extension davinci-crd.configuration is missing. Add it and send the request again.' });
  const given = await gather(body, payer);
  const coverage = firstOf(given, 'Coverage');
  const patient = firstOf(given, 'Patient');
  const lacks = !coverage ? 'Coverage' : !patient ? 'Patient' : undefined;
  // Before CRD 2.2 there is no word for "the query was refused".
  const hasNoWord = !rules.crdVersions().includes('2.2');
  if (lacks !== undefined && (!given.refused || hasNoWord) && !rules.crdGuessesForUnreadablePatient()) {
    return outcome({
      status: 412,
      code: 'required',
      text: `The ${lacks} is needed but was neither prefetched nor readable. ${whereToRead(body)} and try again.`,
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
  if (coverage && !rules.crdServesPayer(namesUs(coverage, payer.data))) {
    return outcome({
      status: 400,
      code: 'business-rule',
      text: 'Coverage.payor names another payer. Send this order to that payer, or correct the Coverage.',
      expression: 'Coverage.payor',
    });
  }
  return answer(body, hookName, orders, { given, refused: given.refused && lacks !== undefined }, payer);
}
