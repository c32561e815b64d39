import { asArray, at, isObject, type JsonObject } from '../../src/core/fhir.ts';
import type { Json, WireRequest } from '../../src/core/model.ts';
import type { Alter } from '../alter.ts';
import { extensionUrl } from './lib.ts';

/** Wire transforms for CDS Hooks answers: small defects, one at a time. Answers that are not 200 stay as they are. */

export const json =
  (change: (body: JsonObject, request: WireRequest) => Json): Alter =>
  (response, request) => {
    if (response.status !== 200) return response;
    const body = JSON.parse(response.body) as Json;
    return isObject(body) ? { ...response, body: JSON.stringify(change(body, request)) } : response;
  };

/** Changes every service of the discovery answer. */
export const eachService = (change: (service: JsonObject) => Json): Alter =>
  json((body) => ({ ...body, services: asArray(body['services']).filter(isObject).map(change) }));

/** Changes every card. */
export const eachCard = (change: (card: JsonObject) => Json): Alter =>
  json((body) => ({ ...body, cards: asArray(body['cards']).filter(isObject).map(change) }));

/** Changes every system action. */
export const eachAction = (change: (action: JsonObject) => Json): Alter =>
  json((body) =>
    body['systemActions'] === undefined ? body : { ...body, systemActions: asArray(body['systemActions']).filter(isObject).map(change) },
  );

/** Changes the parts of every coverage-information extension. */
export const eachInformation = (change: (parts: readonly JsonObject[], hook: string) => readonly Json[]): Alter =>
  json((body, request) => {
    const hook = String(at(JSON.parse(request.body ?? '{}') as Json, 'hook'));
    const inform = (each: Json): Json =>
      isObject(each) && each['url'] === extensionUrl ? { ...each, extension: change(asArray(each['extension']).filter(isObject), hook) } : each;
    if (body['systemActions'] === undefined) return body;
    return {
      ...body,
      systemActions: asArray(body['systemActions'])
        .filter(isObject)
        .map((action) => {
          const resource = action['resource'];
          return isObject(resource) ? { ...action, resource: { ...resource, extension: asArray(resource['extension']).map(inform) } } : action;
        }),
    };
  });

/** One part takes another value wherever it has the old one. */
export const swap = (part: string, from: string, to: string): Alter =>
  eachInformation((parts) => parts.map((each) => (each['url'] === part && each['valueCode'] === from ? { ...each, valueCode: to } : each)));

export const dropPart = (part: string): Alter => eachInformation((parts) => parts.filter((each) => each['url'] !== part));
