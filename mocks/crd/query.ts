import { asArray, asString, at, isObject, isResource, type JsonObject, type Resource } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { PayerState } from '../kernel/payer.ts';

/** What a hook call gave us, and what we could fetch ourselves. */
export interface Given {
  readonly resources: ReadonlyMap<string, Resource> /** The EHR was asked and refused or failed. */;
  readonly refused: boolean;
}

/** Collects every resource in context and prefetch, and asks the EHR for the Patient, Coverage or orders that are missing. */
export async function gather(body: JsonObject, payer: PayerState): Promise<Given> {
  const resources = new Map<string, Resource>();
  const take = (value: Json | undefined): void => {
    if (Array.isArray(value)) for (const each of value) take(each);
    else if (isResource(value, 'Bundle')) for (const entry of asArray(value['entry'])) take(at(entry, 'resource'));
    else if (isResource(value)) resources.set(`${value.resourceType}/${value['id']}`, value);
    else if (isObject(value)) for (const each of Object.values(value)) take(each);
  };
  // What a client sends unasked under keys of its own is nobody's answer to our templates.
  for (const key of Object.keys(payer.rules.crdPrefetch(String(body['hook'])))) take(at(body, 'prefetch', key));
  take(body['context']);
  let refused = false;
  for (const path of missing(body, resources)) {
    const answer = await queryEhr(body, path, payer);
    if (answer === 'refused') refused = true;
    else take(answer);
  }
  return { resources, refused };
}

export const firstOf = (given: Given, type: string): Resource | undefined => [...given.resources.values()].find((each) => each.resourceType === type);

/** The request resources that the answer is about: for an Appointment the orders behind it, from CRD 2.2. */
export function ordersOf(body: JsonObject, hook: string, given: Given, onOrder: boolean): readonly Resource[] {
  const all = [...given.resources.values()];
  const named = (references: readonly (Json | undefined)[]): readonly Resource[] =>
    references.flatMap((each) => given.resources.get(asString(each) ?? '') ?? []);
  if (hook === 'order-dispatch') return named(asArray(at(body, 'context', 'dispatchedOrders')));
  if (hook === 'encounter-start' || hook === 'encounter-discharge')
    return all.filter((each) => each.resourceType === 'Encounter' && each['id'] === at(body, 'context', 'encounterId'));
  const entries = asArray(at(body, 'context', hook === 'appointment-book' ? 'appointments' : 'draftOrders', 'entry')).map((entry) =>
    at(entry, 'resource'),
  );
  const inContext = all.filter((each) => entries.some((entry) => at(entry, 'id') === each['id'] && at(entry, 'resourceType') === each.resourceType));
  const behind =
    hook === 'appointment-book' && onOrder ? named(inContext.flatMap((each) => asArray(each['basedOn']).map((based) => at(based, 'reference')))) : [];
  return behind.length > 0 ? behind : inContext;
}

function missing(body: JsonObject, have: ReadonlyMap<string, Resource>): readonly string[] {
  const patientId = asString(at(body, 'context', 'patientId')) ?? '';
  const types = new Set([...have.values()].map((each) => each.resourceType));
  const orders = [
    ...asArray(at(body, 'context', 'dispatchedOrders')),
    ...asArray(at(body, 'context', 'appointments', 'entry')).flatMap((entry) =>
      asArray(at(entry, 'resource', 'basedOn')).map((each) => at(each, 'reference') ?? null),
    ),
  ];
  return [
    ...(types.has('Patient') ? [] : [`Patient/${patientId}`]),
    ...(types.has('Coverage') ? [] : [`Coverage?patient=${patientId}&status=active`]),
    ...orders.filter((order): order is string => typeof order === 'string' && !have.has(order)),
  ];
}

/** Is this URL on this machine? */
export const isNear = (url: string): boolean => URL.canParse(url) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);

async function queryEhr(body: JsonObject, path: string, payer: PayerState): Promise<Json | undefined | 'refused'> {
  const server = asString(body['fhirServer']);
  const token = payer.rules.crdQueryToken(asString(at(body, 'fhirAuthorization', 'access_token')) ?? '');
  // The embedded payer never leaves this machine, whatever a caller names as its server.
  if (server === undefined || token === undefined || !isNear(server)) return undefined;
  try {
    const answer = await fetch(`${server.replace(/\/+$/, '')}/${path}`, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/fhir+json' },
      signal: AbortSignal.timeout(3000),
    });
    return answer.ok ? ((await answer.json()) as Json) : 'refused';
  } catch {
    return 'refused';
  }
}
