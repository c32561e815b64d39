import { asArray, asString, at, isResource, type JsonObject } from '../../core/fhir.ts';
import type { Json, WireRequest, WireResponse } from '../../core/model.ts';
import { type Records, readRecord, searchRecords } from '../requests/crd/records.ts';

/** What our EHR serves; it only reads. */
export const types = [
  ...['Patient', 'Coverage', 'Practitioner', 'PractitionerRole', 'Organization', 'Location', 'RelatedPerson', 'Appointment', 'Encounter', 'Task'],
  ...['ServiceRequest', 'DeviceRequest', 'MedicationRequest', 'NutritionOrder', 'VisionPrescription', 'CommunicationRequest', 'Medication', 'Device'],
  ...['Condition', 'Observation', 'Procedure', 'AllergyIntolerance', 'DiagnosticReport', 'DocumentReference', 'CarePlan', 'Goal', 'Immunization'],
  ...['Questionnaire', 'QuestionnaireResponse'],
] as const;
const isType = (name: string): boolean => (types as readonly string[]).includes(name);

const fhir = 'application/fhir+json';
export const json = (status: number, body: JsonObject): WireResponse => ({
  status,
  headers: { 'content-type': `${fhir}; charset=utf-8` },
  body: JSON.stringify(body),
});
export const outcome = (status: number, code: string, text: string): WireResponse =>
  json(status, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, details: { text }, diagnostics: text }] });

/** Profiles that our records claim. */
const usCore: Readonly<Record<string, string>> = {
  Patient: 'us-core-patient',
  Practitioner: 'us-core-practitioner',
  Organization: 'us-core-organization',
};

/** Source: http://hl7.org/fhir/R4/http.html#capabilities */
export const capability = (base: string, day: string): JsonObject => ({
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: day,
  kind: 'instance',
  software: { name: 'payer-assay, as a provider' },
  implementation: { description: 'The record around one order, for the CDS service that was called about it', url: base },
  fhirVersion: '4.0.1',
  format: ['json', fhir],
  rest: [
    {
      mode: 'server',
      security: { description: 'The access token of the hook call, as a bearer token' },
      resource: types.map((type) => ({
        type,
        ...(usCore[type] === undefined ? {} : { supportedProfile: [`http://hl7.org/fhir/us/core/StructureDefinition/${usCore[type]}`] }),
        interaction: [{ code: 'read' }, { code: 'search-type' }],
        searchInclude: ['*'],
        searchParam: [
          { name: '_id', type: 'token' },
          ...(type === 'Patient' || type === 'Practitioner' || type === 'Organization' ? [] : [{ name: 'patient', type: 'reference' }]),
        ],
      })),
      interaction: [{ code: 'batch' }],
    },
  ],
});

/** Why this form is not available here, or undefined. */
export function unreadable(request: WireRequest, url: URL): WireResponse | undefined {
  const format = url.searchParams.get('_format');
  const accept = request.headers['accept'] ?? '*/*';
  const json = /json|\*\/\*|application\/\*/;
  if (format === null ? !json.test(accept) : !/json/.test(format))
    return outcome(
      406,
      'not-supported',
      `This server speaks ${fhir} only; ${format === null ? `Accept was ${accept}` : `_format was ${format}`}. Ask for ${fhir}.`,
    );
  const sent = request.headers['content-type'] ?? '';
  if (request.method === 'POST' && sent !== '' && !/json|x-www-form-urlencoded/.test(sent))
    return outcome(415, 'not-supported', `This server reads ${fhir} and forms only; Content-Type was ${sent}.`);
  return undefined;
}

const mostOnAPage = 50;

/** Answers one authorised request. `base` without a slash at its end. */
export function serve(request: WireRequest, base: string, records: Records): WireResponse {
  const url = new URL(request.url);
  const parts = url.pathname
    .slice(new URL(base).pathname.length)
    .split('/')
    .filter((part) => part !== '');
  const [type = '', id = '', ...more] = parts.map(decodeURIComponent);
  if (type === '')
    return request.method === 'POST' ? batch(request, base, records) : outcome(405, 'not-supported', 'At the base only a batch is taken, by POST.');
  if (!isType(type)) return outcome(404, 'not-supported', `This server has no ${type}.`);
  if (id === '_search' && more.length === 0) {
    if (request.method !== 'POST') return outcome(405, 'not-supported', `_search is asked by POST; this was ${request.method}.`);
    return search(base, records, type, [...url.searchParams, ...new URLSearchParams(request.body ?? '')]);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return outcome(403, 'forbidden', `The access token of a hook call reads; ${request.method} ${type} is not within its scope.`);
  if (id === '') return search(base, records, type, [...url.searchParams]);
  const [inside, ...beyond] = more;
  if (inside !== undefined && beyond.length === 0 && type === 'Patient' && isType(inside))
    return search(base, records, inside, [['patient', id], ...url.searchParams]);
  const resource = more.length === 0 ? readRecord(records, `${type}/${id}`) : undefined;
  return resource ? json(200, resource) : outcome(404, 'not-found', `There is no ${parts.join('/')} here.`);
}

function search(base: string, records: Records, type: string, pairs: readonly (readonly [string, string])[]): WireResponse {
  const { matches, included } = searchRecords(records, type, pairs);
  const number = (name: string, otherwise: number): number => {
    const text = pairs.find(([each]) => each === name)?.[1] ?? '';
    return /^\d{1,6}$/.test(text) ? Number(text) : otherwise;
  };
  const [size, from] = [Math.min(mostOnAPage, number('_count', mostOnAPage)), number('_offset', 0)];
  const page = matches.slice(from, from + size);
  const link = (relation: string, offset: number): JsonObject => {
    const query = new URLSearchParams();
    for (const [name, value] of pairs) if (name !== '_offset') query.append(name, value);
    if (offset > 0) query.set('_offset', String(offset));
    return { relation, url: `${base}/${type}${String(query) === '' ? '' : `?${query}`}` };
  };
  const more = size > 0 && from + size < matches.length;
  const item = (resource: JsonObject, mode: string): JsonObject => ({
    fullUrl: `${base}/${resource['resourceType']}/${resource['id']}`,
    resource,
    search: { mode },
  });
  // What is included belongs to the matches of its page; with few of either, each page may carry all of it.
  const entry = [...page.map((each) => item(each, 'match')), ...(size === 0 ? [] : included.map((each) => item(each, 'include')))];
  return json(200, {
    resourceType: 'Bundle',
    type: 'searchset',
    total: matches.length,
    link: [link('self', from), ...(more ? [link('next', from + size)] : [])],
    ...(entry.length === 0 ? {} : { entry }),
  });
}

/** A batch of reads and searches. Source: http://hl7.org/fhir/R4/http.html#transaction */
function batch(request: WireRequest, base: string, records: Records): WireResponse {
  let bundle: Json;
  try {
    bundle = JSON.parse(request.body ?? '') as Json;
  } catch {
    return outcome(400, 'structure', 'The body is no JSON. Send a Bundle of type batch.');
  }
  if (!isResource(bundle, 'Bundle') || !['batch', 'transaction'].includes(asString(bundle['type']) ?? ''))
    return outcome(400, 'invalid', 'At the base only a Bundle of type batch is taken.');
  const entry = asArray(bundle['entry']).map((each) => {
    const [method, path] = [asString(at(each, 'request', 'method')) ?? '', asString(at(each, 'request', 'url')) ?? ''];
    const inner = { method, url: `${base}/${path.replace(/^\//, '').replace(`${base}/`, '')}`, headers: {} };
    const answer = method === 'GET' && path !== '' ? serve(inner, base, records) : outcome(403, 'forbidden', 'Only GET is allowed in a batch here.');
    const status = `${answer.status} ${answer.status === 200 ? 'OK' : 'Refused'}`;
    const resource = JSON.parse(answer.body) as JsonObject;
    return answer.status === 200 ? { resource, response: { status } } : { response: { status, outcome: resource } };
  });
  return json(200, { resourceType: 'Bundle', type: `${String(bundle['type'])}-response`, ...(entry.length === 0 ? {} : { entry }) });
}
