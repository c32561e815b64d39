import { asArray, asString, at, isObject, isResource, type JsonObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';

/** Something wrong with a hook call itself, before any payer logic. */
export interface Flaw {
  readonly status: number;
  readonly code: string;
  readonly text: string;
  readonly expression: string;
}

const flaw = (expression: string, text: string, code = 'required', status = 400): Flaw => ({ status, code, text, expression });
const missing = (name: string, what: string): Flaw => flaw(name, `${name} is missing. Add ${what} and send the request again.`);

/** What each hook's context must hold. Source: https://cds-hooks.hl7.org/hooks/ */
const required: Readonly<Record<string, readonly (readonly [name: string, what: string])[]>> = {
  'order-sign': [
    ['userId', 'who signs'],
    ['draftOrders', 'a Bundle with the orders'],
  ],
  'order-select': [
    ['userId', 'who orders'],
    ['selections', 'the references of the chosen orders'],
    ['draftOrders', 'a Bundle with the orders'],
  ],
  'order-dispatch': [
    ['dispatchedOrders', 'the references of the orders'],
    ['performer', 'the reference of who shall perform them'],
  ],
  'appointment-book': [
    ['userId', 'who books'],
    ['appointments', 'a Bundle with the appointments'],
  ],
  'encounter-start': [
    ['userId', 'who admits'],
    ['encounterId', 'the id of the Encounter'],
  ],
  'encounter-discharge': [
    ['userId', 'who discharges'],
    ['encounterId', 'the id of the Encounter'],
  ],
};
const bundles = ['draftOrders', 'appointments'];
const lists = ['selections', 'dispatchedOrders'];
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The first thing wrong with a call of this hook; undefined when it can be answered. */
export function flawIn(body: JsonObject, hook: string): Flaw | undefined {
  if (body['hook'] !== hook)
    return flaw(
      'hook',
      `hook must be ${hook} for this service. Correct it, or call the service for the other hook.`,
      body['hook'] === undefined ? 'required' : 'value',
    );
  const instance = asString(body['hookInstance']);
  if (instance === undefined) return missing('hookInstance', 'a fresh UUID');
  if (!uuid.test(instance))
    return flaw('hookInstance', 'hookInstance is not a UUID. Make a fresh UUID for this call and send the request again.', 'value');
  return flawInServer(body) ?? flawInContext(body, hook) ?? flawInOrders(body) ?? strangerIn(body);
}

function flawInServer(body: JsonObject): Flaw | undefined {
  const server = body['fhirServer'];
  if (server === undefined || server === null) return undefined;
  const usable = typeof server === 'string' && URL.canParse(server) && /^https?:$/.test(new URL(server).protocol);
  return usable
    ? undefined
    : flaw('fhirServer', 'fhirServer is not an absolute http or https URL. Correct it, or leave it out and send prefetch.', 'value');
}

function flawInContext(body: JsonObject, hook: string): Flaw | undefined {
  const context = body['context'];
  if (!isObject(context)) return missing('context', "the hook's context");
  if (asString(context['patientId']) === undefined) return missing('context.patientId', 'the id of the Patient');
  for (const [name, what] of required[hook] ?? []) {
    const value = context[name];
    const there = bundles.includes(name)
      ? isResource(value, 'Bundle') && asArray(value['entry']).length > 0
      : lists.includes(name)
        ? asArray(value).length > 0
        : asString(value);
    if (!there) return missing(`context.${name}`, what);
  }
  return undefined;
}

const resourcesIn = (value: Json | undefined): readonly Json[] => asArray(at(value, 'entry')).flatMap((entry) => at(entry, 'resource') ?? []);

function flawInOrders(body: JsonObject): Flaw | undefined {
  const broken = resourcesIn(at(body, 'context', 'draftOrders')).some((each) => isResource(each, 'ServiceRequest') && each['code'] === undefined);
  return broken
    ? flaw(
        'context.draftOrders.entry.resource.code',
        'ServiceRequest.code is missing from a draft order. Add the ordered code and send the request again.',
        'invalid',
        422,
      )
    : undefined;
}

/** An order or a Patient of somebody else than context.patientId. */
function strangerIn(body: JsonObject): Flaw | undefined {
  const patient = asString(at(body, 'context', 'patientId')) ?? '';
  const other = (expression: string, what: string) =>
    flaw(expression, `${what} is about another patient than context.patientId. Send each patient in a call of its own.`, 'value');
  const isOther = (reference: Json | undefined): boolean => typeof reference === 'string' && reference.split('/').at(-1) !== patient;
  const orders = [...resourcesIn(at(body, 'context', 'draftOrders')), ...resourcesIn(at(body, 'context', 'appointments'))];
  if (orders.some((each) => isOther(at(each, 'subject', 'reference')))) return other('context.draftOrders.entry.resource.subject', 'A draft order');
  const ahead = Object.entries(isObject(body['prefetch']) ? body['prefetch'] : {});
  for (const [key, value] of ahead)
    for (const each of [value, ...resourcesIn(value)]) {
      if (isResource(each, 'Patient') && each['id'] !== patient) return other(`prefetch.${key}`, 'The Patient sent ahead');
      if (isResource(each, 'Coverage') && isOther(at(each, 'beneficiary', 'reference'))) return other(`prefetch.${key}`, 'The Coverage sent ahead');
    }
  return undefined;
}
