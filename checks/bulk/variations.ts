import { asArray, isObject } from '../../src/core/fhir.ts';
import type { Variation } from '../area.ts';
import { type Alter, onJson, onStatus, refuse, where, withHeader, without } from './alter.ts';

const manifest = (change: Parameters<typeof onJson>[0]): Alter => onJson((value) => (value['transactionTime'] === undefined ? value : change(value)));
const informed =
  '{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational","details":{"text":"The export is under way."}}]}';
const withBody: Alter = onStatus(202, (response) => ({
  ...response,
  headers: { ...response.headers, 'content-type': 'application/fhir+json' },
  body: informed,
}));

/** What Bulk Data leaves to the payer. None of it may count against it. */
export const bulkVariations: readonly Variation[] = [
  {
    name: 'says when to poll again as an HTTP date',
    at: 'bulk.status',
    alter: onStatus(202, (response, request) => withHeader('retry-after', new Date().toUTCString())(response, request)),
  },
  { name: 'sends no X-Progress', at: 'bulk.status', alter: withHeader('x-progress', undefined) },
  { name: 'sends a body with a kick-off that it accepts', at: 'bulk.kickoff', alter: withBody },
  { name: 'sends a body with an in-progress answer', at: 'bulk.status', alter: withBody },
  { name: 'sends a body when an export is cancelled', at: 'bulk.delete', alter: withBody },
  {
    name: 'lists the files of an export in another order',
    at: 'bulk.status',
    alter: manifest((value) => ({ ...value, output: [...asArray(value['output'])].reverse() })),
  },
  {
    name: 'adds an extension to the manifest',
    at: ['bulk.status', 'bulk.manifest'],
    alter: manifest((value) => ({ ...value, extension: { 'https://example.org/job': 1 }, deleted: value['deleted'] ?? [] })),
  },
  {
    name: 'does not count the rows of a file',
    at: 'bulk.status',
    alter: manifest((value) => ({ ...value, output: asArray(value['output']).map((item) => (isObject(item) ? without(item, 'count') : item)) })),
  },
  {
    name: 'sends the manifest with a charset',
    at: 'bulk.status',
    alter: onStatus(200, withHeader('content-type', 'application/json; charset=utf-8')),
  },
  {
    name: 'tells transactionTime in whole seconds',
    at: ['bulk.status', 'bulk.manifest'],
    alter: manifest((value) => ({ ...value, transactionTime: String(value['transactionTime']).replace(/\.\d+Z$/, 'Z') })),
  },
  {
    name: 'writes absolute references in files',
    at: 'bulk.file',
    alter: where(/\/output\//, (response, request) => ({
      ...response,
      body: response.body.replace(/"reference":"(?=[A-Z][A-Za-z]+\/)/g, `"reference":"${/^https?:\/\/[^/]+/.exec(request.url)?.[0] ?? ''}/fhir/`),
    })),
  },
  {
    name: 'says of files that are not there that they are gone',
    at: 'bulk.file',
    alter: (response) => (response.status === 404 ? { ...response, status: 410 } : response),
  },
  { name: 'writes each type into two files', at: 'bulk.status', behaviour: 'splits-types' },
  { name: 'ends an export before the first poll', at: 'bulk.status', behaviour: 'ends-at-once' },
  { name: 'takes seven polls to end an export', at: 'bulk.status', behaviour: 'takes-its-time' },
  { name: 'throttles polls and says for how long', at: 'bulk.status', behaviour: 'throttles-politely' },
  { name: 'stumbles over a passing fault while an export runs', at: 'bulk.status', behaviour: 'stumbles-with-transient' },
  { name: 'hands out capability URLs that work without a token', at: ['bulk.status', 'bulk.file'], behaviour: 'hands-out-capability-urls' },
  { name: 'treats a kick-off without Prefer as asynchronous', at: 'bulk.kickoff', behaviour: 'assumes-async' },
  { name: 'answers a whole record at once whatever Prefer says', at: 'everything', behaviour: 'answers-whole-records-at-once' },
  { name: 'does not compress files', at: 'bulk.file', behaviour: 'never-compresses' },
  {
    name: 'sends files with a charset',
    at: 'bulk.file',
    alter: where(/\/output\//, onStatus(200, withHeader('content-type', 'application/fhir+ndjson; charset=utf-8'))),
  },
  { name: 'ends lines with CR LF', at: 'bulk.file', behaviour: 'ends-lines-with-crlf' },
  { name: 'leaves blank lines in files', at: 'bulk.file', behaviour: 'leaves-blank-lines' },
  { name: 'ends a file without a newline', at: 'bulk.file', behaviour: 'ends-without-newline' },
  { name: 'sends files larger than what is stored of them', at: 'bulk.file', target: { bulk: { storedBytes: 1024 } } },
  {
    name: 'serves files without ranges',
    at: 'bulk.file',
    alter: (response, request) => withHeader('accept-ranges', undefined)(withHeader('etag', undefined)(response, request), request),
  },
  {
    name: 'does not offer to cancel an export',
    at: 'bulk.delete',
    alter: refuse(405, 'not-supported', 'Exports cannot be cancelled here; they expire by themselves. Correct the request: leave DELETE out.'),
  },
  {
    name: 'refuses parameters of Bulk Data 3.0',
    at: 'bulk.kickoff',
    alter: where(
      /organizeOutputBy|allowPartialManifests|_until/,
      refuse(400, 'not-supported', 'This parameter is not supported. Leave it out and send the request again.'),
    ),
  },
  {
    name: 'refuses unknown parameters from lenient clients too',
    at: 'bulk.kickoff',
    alter: where(
      /noSuchParameter/,
      refuse(400, 'not-supported', 'The parameter noSuchParameter is not supported. Leave it out and send the request again.'),
    ),
  },
  {
    name: 'refuses a foreign Group with 403',
    at: 'bulk.kickoff',
    alter: where(/roster-clinic-b/, refuse(403, 'forbidden', 'You may not export this Group. Use a Group of your own, or contact the plan.')),
  },
];
