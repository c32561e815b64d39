import { isObject, type JsonObject, jsonOf } from '../../src/core/fhir.ts';
import type { Json, Target } from '../../src/core/model.ts';
import { type Alter, headers, requestId, whenAsked } from '../alter.ts';

/** Small parts of which the faults of this area are made. */
export { type Alter, without } from '../alter.ts';

/** So little of each file is stored that nearly every row is judged on its way only. */
export const fewBytesKept: Partial<Target> = { bulk: { storedBytes: 1024 } };

/** The kick-off of the main export, and it alone. */
export const mainKickoff = /\$export\?_type=Patient%2CCoverage%2CExplanationOfBenefit$/;

export const where = whenAsked;

export const onStatus =
  (status: number, change: Alter): Alter =>
  (response, request) =>
    response.status === status ? change(response, request) : response;

export const withHeader = (name: string, value: string | undefined): Alter => headers({ [name]: value });

export const answer =
  (status: number, type: string, body: string): Alter =>
  () => ({ status, headers: { 'content-type': type }, body });

/** A well-made refusal: nothing about it is wrong but that it happens. */
export const refuse =
  (status: number, code: string, text: string): Alter =>
  (_response, request) => ({
    status,
    headers: { 'content-type': 'application/fhir+json', 'x-request-id': requestId(request), ...(status === 405 ? { allow: 'OPTIONS' } : {}) },
    body: JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, details: { text } }] }),
  });

/** An error body that is no OperationOutcome, though a helpful one. */
export const bareError =
  (status: number): Alter =>
  (_response, request) => ({
    status,
    headers: { 'content-type': 'application/json', 'x-request-id': requestId(request) },
    body: '{"error":"invalid_request","message":"Correct the request and send it again."}',
  });

export const html = (status: number): Alter => answer(status, 'text/html', '<html><body><h1>Error</h1></body></html>');

/** Pretends to accept; the job does not exist. */
export const accept: Alter = (_response, request) => ({
  status: 202,
  headers: { 'content-location': `${/^https?:\/\/[^/]+/.exec(request.url)?.[0] ?? ''}/fhir/jobs/0` },
  body: '',
});

/** Changes a JSON object in a 200 answer. */
export const onJson = (change: (value: JsonObject) => Json): Alter =>
  onStatus(200, (response) => {
    const value = jsonOf(response);
    return isObject(value) ? { ...response, body: JSON.stringify(change(value)) } : response;
  });

/** Changes the manifests of exports whose kick-off URL fits. */
export const onManifest = (pattern: RegExp, change: (manifest: JsonObject) => Json): Alter =>
  onJson((value) => (typeof value['request'] === 'string' && pattern.test(value['request']) ? change(value) : value));

/** Changes each row of this type in the files of every export. */
export const rowsOfType = (type: string, change: (row: JsonObject) => Json): Alter =>
  where(new RegExp(`/output/${type}\\.ndjson$`), (response) => ({
    ...response,
    body: response.body
      .split('\n')
      .map((line) => {
        if (line === '') return line;
        const row = JSON.parse(line) as Json;
        return JSON.stringify(isObject(row) ? change(row) : row);
      })
      .join('\n'),
  }));
