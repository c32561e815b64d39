import { randomUUID } from 'node:crypto';
import type { Made } from '../../fixtures/dataset.ts';
import { appCoding } from '../../src/core/app-link.ts';
import { asArray, asString, at, isObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import { authorize, isRefusal } from '../auth/authorize.ts';
import { finish, type Guest, guarded } from '../fhir/serve.ts';
import { storeFor } from '../fhir/store.ts';
import type { Handler, MockReply, Route } from '../kernel/payer.ts';
import { fhir, outcome } from '../kernel/replies.ts';
import { ccdOf } from './ccda.ts';
import { fhirDocument } from './document.ts';

/** Documents made when they are asked for: their ids begin with these. */
export const onDemand = { ccd: 'ccd-', bundle: 'document-' } as const;

const today = ({ payer }: Guest): string => new Date(payer.now() * 1000).toISOString();

function reference(guest: Guest, patient: Made, code: string, display: string, attachment: Json, format: string | Json): Json {
  return {
    resourceType: 'DocumentReference',
    id: `${code}-${patient.id}`,
    meta: { profile: ['http://hl7.org/fhir/us/core/StructureDefinition/us-core-documentreference'] },
    identifier: [{ system: `${guest.payer.origin}/fhir/documents`, value: `${code}-${patient.id}` }],
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code, display }] },
    category: [{ coding: [{ system: 'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category', code: 'clinical-note' }] }],
    subject: { reference: `Patient/${patient.id}` },
    date: today(guest),
    custodian: { reference: `Organization/${guest.payer.data.ground.payer.id}` },
    author: [{ reference: `Organization/${guest.payer.data.ground.payer.id}` }],
    content: [
      {
        attachment,
        format: typeof format === 'string' ? { system: 'http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode', code: format } : format,
      },
    ],
  };
}

/** Source: http://hl7.org/fhir/us/core/OperationDefinition-docref.html */
function docref(guest: Guest): MockReply {
  const { request, payer, store } = guest;
  const body = request.method === 'POST' ? parsed(request.body) : undefined;
  const fromBody = asArray(at(body, 'parameter')).find((each) => at(each, 'name') === 'patient');
  const asked = request.query.get('patient') ?? asString(at(fromBody, 'valueId')) ?? asString(at(fromBody, 'valueString'));
  if (asked === null || asked === undefined)
    return outcome({
      status: 400,
      code: 'required',
      text: 'patient is missing. Add the Patient id and send the request again.',
      expression: 'http.patient',
    });
  const patient = payer.rules.documentsFor(store, asked.replace(/^Patient\//, ''), payer.data);
  const base = `${payer.origin}/fhir`;
  const app = payer.rules.appBesideDocuments(payer.origin);
  const found =
    patient === undefined
      ? []
      : [
          reference(
            guest,
            patient,
            '34133-9',
            'Summarization of Episode Note',
            { contentType: 'application/xml', url: `${base}/Binary/${onDemand.ccd}${patient.id}`, title: 'Summary of care (C-CDA)' },
            'urn:hl7-org:sdwg:ccda-structuredBody:2.1',
          ),
          reference(
            guest,
            patient,
            '60591-5',
            'Patient summary Document',
            { contentType: 'application/fhir+json', url: `${base}/Bundle/${onDemand.bundle}${patient.id}`, title: 'Payer summary (FHIR document)' },
            'urn:ihe:iti:xds:2017:mimeTypeSufficient',
          ),
          ...(app === undefined
            ? []
            : [
                reference(
                  guest,
                  patient,
                  '11503-0',
                  'Medical records',
                  { contentType: 'text/html', url: app, title: 'Questionnaire (app)' },
                  appCoding,
                ),
              ]),
        ];
  return fhir({
    resourceType: 'Bundle',
    id: randomUUID(),
    type: 'searchset',
    total: found.length,
    link: [{ relation: 'self', url: request.url }],
    ...(found.length > 0
      ? {
          entry: found.map((resource) => ({
            fullUrl: `${base}/DocumentReference/${isObject(resource) ? resource['id'] : ''}`,
            resource,
            search: { mode: 'match' },
          })),
        }
      : {}),
  });
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

const gone = (type: string): MockReply =>
  outcome({
    status: 404,
    code: 'not-found',
    text: `No ${type} with this id is available to you. Take the url from a current DocumentReference.`,
    expression: 'http.url',
  });

const content = (bytes: string, contentType: string): MockReply => ({
  status: 200,
  headers: { 'content-type': contentType, 'x-request-id': randomUUID(), 'cache-control': 'private, no-cache' },
  body: bytes,
});

/** Raw for its own content type, a FHIR resource for FHIR's. Source: http://hl7.org/fhir/R4/binary.html#rest */
function binary(guest: Guest): MockReply {
  const { request, payer, store } = guest;
  const id = request.params['id'] ?? '';
  const wantsFhir = /^application\/fhir\+json/.test(request.headers['accept'] ?? '');
  const generated = id.startsWith(onDemand.ccd) ? payer.rules.documentsFor(store, id.slice(onDemand.ccd.length), payer.data) : undefined;
  if (generated) {
    const text = ccdOf(payer.rules.documentIsAbout(generated, payer.data.resources), store.compartment(generated.id), today(guest));
    const wrapped = { resourceType: 'Binary', id, contentType: 'application/xml', data: Buffer.from(text).toString('base64') };
    return wantsFhir ? fhir(wrapped) : content(text, 'application/xml');
  }
  const stored = store.read('Binary', id);
  if (!stored) return gone('Binary');
  const bytes = payer.rules.contentOf(Buffer.from(asString(stored['data']) ?? '', 'base64'));
  return wantsFhir
    ? fhir({ ...stored, data: bytes.toString('base64') })
    : content(bytes.toString('utf8'), asString(stored['contentType']) ?? 'application/octet-stream');
}

function document(guest: Guest): MockReply {
  const { request, payer, store } = guest;
  const id = request.params['id'] ?? '';
  const patient = id.startsWith(onDemand.bundle) ? payer.rules.documentsFor(store, id.slice(onDemand.bundle.length), payer.data) : undefined;
  return patient ? fhir(fhirDocument(payer.origin, patient, payer.data.ground.payer, store.compartment(patient.id), today(guest))) : gone('Bundle');
}

/** Behind the authorization, but in whatever format the bytes have. */
const raw =
  (handle: (guest: Guest) => MockReply): Handler =>
  (request, payer) => {
    const token = authorize(request, payer, 'DocumentReference', 'r');
    return finish(isRefusal(token) ? token : handle({ request, payer, token, store: storeFor(payer, token.organization) }), request);
  };

const asDocument = () => 'DocumentReference';

export const documentRoutes: readonly Route[] = [
  { step: 'docref', method: 'GET', path: '/fhir/DocumentReference/$docref', handle: guarded('s', docref, asDocument) },
  { step: 'docref', method: 'POST', path: '/fhir/DocumentReference/$docref', handle: guarded('s', docref, asDocument) },
  { step: 'binary', method: 'GET', path: '/fhir/Binary/:id', handle: raw(binary) },
  { step: 'document', method: 'GET', path: '/fhir/Bundle/:id', handle: guarded('r', document, asDocument) },
];
