import { asArray, asObject, at } from '../../src/core/fhir.ts';
import { guides } from '../../src/core/guides.ts';
import { change, when } from '../alter.ts';
import type { Variation } from '../area.ts';
import { eachAction, eachCard, eachInformation, eachService, json } from './alter.ts';

const without = (value: object, key: string) => Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));

/** Before 2.2 a service had no way to say which guide it follows. */
const undeclared = eachService((service) => ({ ...service, extension: without(asObject(service['extension']), 'davinci-crd.version') }));

/** Ways in which an honest CRD service may differ. */
export const crdVariations: readonly Variation[] = [
  { name: 'CRD discovery without titles', at: 'cds.discovery', alter: eachService((service) => without(service, 'title')) },
  { name: 'CRD discovery with usageRequirements', at: 'cds.discovery', alter: eachService((service) => ({ ...service, usageRequirements: 'None' })) },
  { name: 'CRD services that ask for no prefetch', at: 'cds.discovery', alter: eachService((service) => without(service, 'prefetch')) },
  {
    name: 'CRD discovery with a service for another hook',
    at: 'cds.discovery',
    alter: json((body) => ({
      ...body,
      services: [...asArray(body['services']), { hook: 'patient-view', id: 'hello', description: 'Greets' }],
    })),
  },
  {
    name: 'CRD discovery that declares 2.1 as well',
    at: 'cds.discovery',
    alter: eachService((service) => ({ ...service, extension: { ...asObject(service['extension']), 'davinci-crd.version': ['2.1', '2.2'] } })),
  },
  {
    name: 'CRD discovery in reverse order',
    at: 'cds.discovery',
    alter: json((body) => ({ ...body, services: [...asArray(body['services'])].reverse() })),
  },
  {
    name: 'CRD answers with a charset',
    at: 'cds.hook',
    alter: (response) => ({
      ...response,
      headers: { ...response.headers, 'content-type': `${response.headers['content-type']?.split(';')[0]}; charset=utf-8` },
    }),
  },
  { name: 'CRD answers without any card', at: 'cds.hook', alter: json((body) => ({ ...body, cards: [] })) },
  { name: 'CRD cards that are warnings', at: 'cds.hook', alter: eachCard((card) => ({ ...card, indicator: 'warning' })) },
  {
    name: 'CRD cards with a topic of their own',
    at: 'cds.hook',
    alter: eachCard((card) => ({ ...card, source: { ...asObject(card['source']), topic: { system: 'https://payer.example/topics', code: 'own' } } })),
  },
  { name: 'CRD cards without associated resources', at: 'cds.hook', alter: eachCard((card) => without(card, 'extension')) },
  { name: 'CRD coverage information in another order', at: 'cds.hook', alter: eachInformation((parts) => [...parts].reverse()) },
  {
    name: 'CRD coverage named by an absolute URL on our server',
    at: 'cds.hook',
    alter: json((body, request) => {
      const server = String(at(JSON.parse(request.body ?? '{}'), 'fhirServer') ?? '');
      return server === ''
        ? body
        : JSON.parse(
            JSON.stringify(body).replaceAll(
              '"url":"coverage","valueReference":{"reference":"',
              `"url":"coverage","valueReference":{"reference":"${server}/`,
            ),
          );
    }),
  },
  {
    name: 'CRD system actions in reverse order',
    at: 'cds.hook',
    alter: json((body) => (body['systemActions'] === undefined ? body : { ...body, systemActions: [...asArray(body['systemActions'])].reverse() })),
  },
  {
    name: 'CRD updates with keys in another order',
    at: 'cds.hook',
    alter: eachAction((action) => ({ ...action, resource: Object.fromEntries(Object.entries(asObject(action['resource'])).reverse()) })),
  },
  { name: 'CRD without feedback', at: 'cds.feedback', alter: (response) => ({ ...response, status: 404, body: '' }) },
  { name: 'CRD feedback answered with 204', at: 'cds.feedback', alter: (response) => ({ ...response, status: 204, body: '' }) },
  { name: 'CRD refusals of a JWT with 403', at: 'cds.hook', alter: when((_request, { status }) => status === 401, change({ status: 403 })) },
  { name: 'CRD 400 where a profile is broken', at: 'cds.hook', alter: when((_request, { status }) => status === 422, change({ status: 400 })) },
  { name: 'CRD 2.1 without declared versions', at: 'cds.discovery', target: { guides: { [guides.crd.id]: '2.1' } }, alter: undeclared },
  { name: 'CRD 2.0.1 without declared versions', at: 'cds.discovery', target: { guides: { [guides.crd.id]: '2.0' } }, alter: undeclared },
  { name: 'CRD slow but in time', at: 'cds.hook', behaviour: 'crd-slow-but-in-time' },
];
