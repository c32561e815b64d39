import { asArray, asObject, asString, at, isObject, type JsonObject, jsonOf, parseJson, requestJsonOf } from '../../../src/core/fhir.ts';
import { came, type Hearing, left } from '../../../src/core/heard.ts';
import type { Exchange, Finding, Json, WireRequest } from '../../../src/core/model.ts';
import { ordering } from '../../../src/core/steps.ts';
import { onEvery, pathOf, status, at as step } from '../marks.ts';

/** What judges of CRD clients share: hooks, the service that was called, and what the client's FHIR server answered. */

export const shared = { lines: ['L2'], scenarios: ordering, level: 'SHALL' } as const;
export const hook = step('cds.hook');
export const bodyOf = ({ request }: Exchange): JsonObject => asObject(requestJsonOf(request));
export const hookOf = (each: Exchange): string => asString(bodyOf(each)['hook']) ?? '';
export const signs = (each: Exchange): boolean => hook(each) && hookOf(each) === 'order-sign';
/** Answered, and read to the end. */
export const answeredHook = (each: Exchange): boolean => hook(each) && status(each) === 200 && each.facts?.['heard.end'] === undefined;
/** The second payer of a case. */
export const atSecond = (each: Exchange): boolean => /^\/[^/]+\/two\/cds\//.test(pathOf(each));

const serviceIn = (each: Exchange): string => /\/cds-services\/([^/?]+)/.exec(pathOf(each))?.[1] ?? '';
const baseIn = (each: Exchange): string => pathOf(each).split('/cds-services')[0] ?? '';

/** The list of services that had been read last when this call came, of the same payer; undefined when none was read in this case. */
export function discoveryBefore(call: Exchange, heard: readonly Exchange[]): Exchange | undefined {
  return heard
    .filter((each) => step('cds.discovery')(each) && status(each) === 200 && baseIn(each) === baseIn(call) && left(each) <= came(call))
    .at(-1);
}
export const serviceOf = (call: Exchange, discovery: Exchange | undefined): JsonObject | undefined => {
  const found = asArray(at(jsonOf(discovery?.response), 'services')).find((each) => at(each, 'id') === serviceIn(call));
  return isObject(found) ? found : undefined;
};
export const templatesOf = (service: JsonObject | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(asObject(service?.['prefetch'])).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));

/** Judges every hook call of the run. */
export const onHooks =
  (judge: (call: Exchange, heard: readonly Exchange[]) => Finding, which: (each: Exchange) => boolean = hook) =>
  (hearing: Hearing): Finding =>
    onEvery('hook call', which, (each) => judge(each, sameCase(each, hearing.heard)))(hearing);
const sameCase = ({ suite }: Exchange, heard: readonly Exchange[]): readonly Exchange[] => heard.filter((each) => each.suite === suite);

/** Resources in a value of the prefetch: itself, or the entries of a Bundle. */
export const resourcesIn = (value: Json | undefined): readonly JsonObject[] =>
  at(value, 'resourceType') === 'Bundle'
    ? asArray(at(value, 'entry')).flatMap((entry) => {
        const resource = at(entry, 'resource');
        return isObject(resource) ? [resource] : [];
      })
    : isObject(value) && typeof value['resourceType'] === 'string'
      ? [value]
      : [];
/** `Type/id`. */
export const pathIn = (resource: JsonObject): string => `${String(resource['resourceType'])}/${String(resource['id'])}`;
export const prefetchOf = (call: Exchange): JsonObject => asObject(bodyOf(call)['prefetch']);
export const contextOf = (call: Exchange): JsonObject => asObject(bodyOf(call)['context']);
/** Every resource that a call carries. */
export const carried = (call: Exchange): readonly JsonObject[] => [
  ...['draftOrders', 'appointments'].flatMap((name) => resourcesIn(contextOf(call)[name])),
  ...Object.values(prefetchOf(call)).flatMap((value) => resourcesIn(value)),
];

/** Our requests to the client's FHIR server for this purpose. */
export const asked =
  (purpose: string) =>
  (each: Exchange): boolean =>
    each.step === 'ehr.callback' && each.facts?.['heard.asked']?.purpose === purpose;

const informationUrl = /\/StructureDefinition\/ext-coverage-information$/;
/** Ids of the coverage information of a resource. */
export const assertionsOf = (resource: JsonObject): readonly string[] =>
  asArray(resource['extension'])
    .filter((each) => informationUrl.test(asString(at(each, 'url')) ?? ''))
    .flatMap((each) => asArray(at(each, 'extension')))
    .flatMap((part) => (at(part, 'url') === 'coverage-assertion-id' ? (asString(at(part, 'valueString')) ?? []) : []));

/** A defect on the wire: another body of a hook call. */
export const altered =
  (change: (body: JsonObject) => Json, hooks: readonly string[] = []) =>
  (request: WireRequest): WireRequest => {
    if (request.method !== 'POST' || !/\/cds-services\/[^/]+$/.test(request.url)) return request;
    const body = parseJson(request.body);
    return isObject(body) && (hooks.length === 0 || hooks.includes(String(body['hook'])))
      ? { ...request, body: JSON.stringify(change(body)) }
      : request;
  };
/** One member of the body, changed. */
export const member =
  (name: string, change: (value: JsonObject) => Json, hooks: readonly string[] = []) =>
  (request: WireRequest): WireRequest =>
    altered((body) => ({ ...body, [name]: change(asObject(body[name])) }), hooks)(request);
