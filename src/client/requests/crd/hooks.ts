import type { JsonObject } from '../../../core/fhir.ts';
import type { AssertionSpec, Json, RequestSpec } from '../../../core/model.ts';
import { prefetchOf, type Templates } from './prefetch.ts';
import { holdings, type Scene } from './scene.ts';

/** The hooks of CRD; the first three are primary. */
export const hooks = ['order-sign', 'order-dispatch', 'appointment-book', 'order-select', 'encounter-start', 'encounter-discharge'] as const;
export type Hook = (typeof hooks)[number];
export const primaryHooks: readonly Hook[] = ['order-sign', 'order-dispatch', 'appointment-book'];

/** Where the service may read what it lacks: for `seconds`, and with the given scope. */
export interface EhrAccess {
  readonly base: string;
  readonly token: string;
  readonly scope: string;
  readonly seconds: number;
}

export interface HookCall {
  readonly hook: Hook;
  readonly scene: Scene;
  /** UUID of this invocation; CDS Hooks wants a fresh one each time. */
  readonly instance: string;
  /** Our FHIR server and the token that opens it; absent = not reachable. */
  readonly ehr?: EhrAccess;
  /** What the service asks to be sent along, by its own discovery; absent: nothing. */
  readonly templates?: Templates;
  /** Types whose templates are left out; `all` sends no prefetch. */
  readonly without?: readonly string[] | 'all';
  readonly version?: string;
  readonly configuration?: Json;
  /** Changes to the body, last word. */
  readonly change?: (body: JsonObject) => JsonObject;
}

const bundle = (type: string, resources: readonly Json[]): JsonObject => ({
  resourceType: 'Bundle',
  type,
  entry: resources.map((resource) => ({ resource })),
});

const referenceTo = (resource: JsonObject): string => `${resource['resourceType']}/${resource['id']}`;

/**
 * Context of each hook.
 * Source: https://cds-hooks.hl7.org/hooks/ and http://hl7.org/fhir/us/davinci-crd/hooks.html
 */
function contextOf(hook: Hook, { patient, practitioner, orders, appointment, encounter }: Scene): JsonObject {
  const who = { userId: `Practitioner/${practitioner['id']}`, patientId: String(patient['id']) };
  const drafts = bundle('collection', orders);
  if (hook === 'order-sign') return { ...who, draftOrders: drafts };
  if (hook === 'order-select') return { ...who, selections: orders.map(referenceTo), draftOrders: drafts };
  if (hook === 'order-dispatch')
    return {
      patientId: String(patient['id']),
      dispatchedOrders: orders.map(referenceTo),
      performer: `Practitioner/${practitioner['id']}`,
    };
  if (hook === 'appointment-book') return { ...who, appointments: bundle('collection', [appointment]) };
  return { ...who, encounterId: String(encounter['id']) };
}

/** Where the resources of an EHR lie that does not say where it is. */
const unreachableEhr = 'https://ehr.example.org/fhir';

/**
 * A CDS Hooks call.
 * Source: https://cds-hooks.hl7.org/2.0/#http-request_1
 */
export function hookCall(
  base: string,
  service: string,
  call: HookCall,
  jwt: AssertionSpec | 'none' = {},
  headers: Readonly<Record<string, string>> = {},
): RequestSpec {
  const { without = [] } = call;
  const context = contextOf(call.hook, call.scene);
  const prefetch =
    without === 'all' || Object.keys(call.templates ?? {}).length === 0
      ? undefined
      : prefetchOf(
          call.templates ?? {},
          { context, records: holdings(call.scene), today: call.scene.day, ehr: call.ehr?.base ?? unreachableEhr },
          without,
        );
  const extension = {
    ...(call.version === undefined ? {} : { 'davinci-crd.requestedVersion': call.version }),
    ...(call.configuration === undefined ? {} : { 'davinci-crd.configuration': call.configuration }),
  };
  const body: JsonObject = {
    hook: call.hook,
    hookInstance: call.instance,
    context,
    ...(call.ehr === undefined
      ? {}
      : {
          fhirServer: call.ehr.base,
          // CRD 2.0.1 wants tokens of at most 30 s.
          fhirAuthorization: {
            access_token: call.ehr.token,
            token_type: 'Bearer',
            expires_in: call.ehr.seconds,
            scope: call.ehr.scope,
            subject: 'payer-assay',
          },
        }),
    ...(prefetch === undefined ? {} : { prefetch }),
    ...(Object.keys(extension).length === 0 ? {} : { extension }),
  };
  return rawCall(base, service, JSON.stringify(call.change ? call.change(body) : body), jwt, headers);
}

/** A POST to a service with any body. */
export const rawCall = (
  base: string,
  service: string,
  body: string,
  jwt: AssertionSpec | 'none' = {},
  headers: Readonly<Record<string, string>> = {},
): RequestSpec => ({
  method: 'POST',
  url: `${trim(base)}/cds-services/${service}`,
  headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
  body,
  ...(jwt === 'none' ? {} : { clientJwt: jwt }),
});

export const cdsDiscovery = (base: string): RequestSpec => ({
  method: 'GET',
  url: `${trim(base)}/cds-services`,
  headers: { accept: 'application/json' },
  clientJwt: {},
});

/** Source: https://cds-hooks.hl7.org/2.0/#feedback */
export const feedback = (base: string, service: string, card: string, when: string): RequestSpec =>
  rawCall(base, `${service}/feedback`, JSON.stringify({ feedback: [{ card, outcome: 'overridden', outcomeTimestamp: when }] }));

const trim = (base: string): string => base.replace(/\/+$/, '');
