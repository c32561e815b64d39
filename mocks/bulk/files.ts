import { createHash } from 'node:crypto';
import type { Made } from '../../fixtures/dataset.ts';
import type { Json } from '../../src/core/model.ts';
import { authorize, isRefusal } from '../auth/authorize.ts';
import type { Handler, MockReply, MockRequest, PayerState, Route } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import { groupFor } from '../roster/store.ts';
import { asDelivered, contentOf } from './content.ts';
import { generatedLines, generatedStream, typesGenerated } from './generated.ts';
import { bulkMemory, type Job } from './jobs.ts';
import { deletedIn } from './status.ts';

/** Files of a job. They die with it. Source: http://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-output-file-request */
const file: Handler = (request, payer) => {
  const { rules } = payer;
  const { job: id = '', kind = '', name = '' } = request.params;
  const token = authorize(request, payer, 'Group', 'r');
  const job = bulkMemory(payer).jobs.get(id);
  const [, type] = kind === 'output' ? (/^([A-Z][A-Za-z]+)(?:-\d+)?\.ndjson$/.exec(name) ?? []) : [];
  if (!isRefusal(token) && type !== undefined && type !== 'Parameters' && !rules.fileWithinScope(token.scope, type)) return uncovered(type);
  if (isRefusal(token) && rules.filesNeedToken(job)) return token;
  const there = job && (!job.cancelled || rules.servesDeleted(job));
  const mine = there && (isRefusal(token) || rules.mayUseFiles(job.clientId, token.clientId));
  const whole = mine ? textOf(job, kind, name.replace(/\.ndjson$/, ''), payer) : undefined;
  const text = job && typeof whole === 'string' ? rules.fileText(whole, job, name) : whole;
  if (!job || text === undefined)
    return outcome({ status: 404, code: 'not-found', text: 'There is no such file: its export job has ended or never was. Start a new export.' });
  const headers = { 'content-type': 'application/fhir+ndjson', 'cache-control': 'no-store' };
  if (typeof text !== 'string') return { status: 200, headers, body: '', stream: text };
  return sliced(request, packed(request, payer, job, { status: 200, headers, body: text }));
};

const uncovered = (type: string): MockReply =>
  outcome({
    status: 403,
    code: 'forbidden',
    text: `The access token does not cover this file. Ask for system/${type}.r at the token endpoint and send the request again.`,
    expression: 'http.Authorization',
    headers: { 'www-authenticate': `Bearer realm="payer", error="insufficient_scope", scope="system/${type}.r"` },
  });

function packed(request: MockRequest, payer: PayerState, job: Job, reply: MockReply): MockReply {
  const how = payer.rules.pack(request.headers['accept-encoding'] ?? '', job);
  if (how === undefined) return reply;
  return { ...reply, headers: { ...reply.headers, ...(how.encoding === undefined ? {} : { 'content-encoding': how.encoding }) }, pack: how.pack };
}

/** Answers a Range request that carries our ETag with the rest of the file. */
function sliced(request: MockRequest, reply: MockReply): MockReply {
  const etag = `"${createHash('sha256').update(reply.body).digest('base64url').slice(0, 16)}"`;
  const whole = { ...reply, headers: { ...reply.headers, etag, 'accept-ranges': 'bytes' } };
  const from = /^bytes=(\d+)-$/.exec(request.headers['range'] ?? '')?.[1];
  if (from === undefined || request.headers['if-range'] !== etag) return whole;
  const bytes = reply.pack?.(reply.body) ?? new Uint8Array(Buffer.from(reply.body));
  if (Number(from) >= bytes.length) return { status: 416, headers: { 'content-range': `bytes */${bytes.length}` }, body: '' };
  return {
    ...whole,
    status: 206,
    headers: { ...whole.headers, 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` },
    pack: () => bytes.slice(Number(from)),
  };
}

function textOf(job: Job, kind: string, name: string, payer: PayerState): string | ReadableStream<Uint8Array> | undefined {
  const { rules } = payer;
  if (kind === 'attachment') return documentText(payer.data.resources.get(`DocumentReference/${name}`));
  if (kind === 'deleted') return rules.join(deletedIn(job, payer).map(deletion));
  if (kind === 'error') return rules.join([...job.remarks, ...(job.groupId === 'partial-a' ? [partial] : [])].map((each) => JSON.stringify(each)));
  const hostile = rules.fileStream(job, name);
  if (hostile !== undefined) return hostile;
  const claims = generatedLines(job.groupId);
  if (claims !== undefined) {
    if (name === 'Group') return rules.join([JSON.stringify(groupFor(payer, job.groupId ?? '', job.organization))]);
    return typesGenerated(job).includes(name) ? generatedStream({ type: name, claims, shape: (row) => asDelivered(row, job) }, payer) : undefined;
  }
  const content = contentOf(job, payer);
  if (name === 'all') return rules.join(byPatient(content, payer));
  const [, type = '', part] = /^([A-Za-z]+)(?:-(\d+))?$/.exec(name) ?? [];
  const rows = content.get(type);
  if (rows === undefined) return undefined;
  const parts = Math.min(rules.filesPerType(), rows.length);
  const index = Number(part ?? 1);
  const slice = rows.slice(Math.floor(((index - 1) * rows.length) / parts), Math.floor((index * rows.length) / parts));
  return rules.join(slice.map((row) => JSON.stringify(row)));
}

const documentText = (document: Made | undefined): string | undefined => {
  const content = document?.['content'] as readonly { readonly attachment: { readonly data?: string } }[] | undefined;
  const data = content?.[0]?.attachment.data;
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
};

const deletion = (reference: string): string =>
  JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: [{ request: { method: 'DELETE', url: reference } }] });

const partial: Json = {
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'incomplete', details: { text: 'Some claims of 2018 could not be read and are missing from this export.' } }],
};

/** Rows in blocks by Patient, each block behind its header row. Source: http://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-output-file-organization */
function byPatient(content: ReadonlyMap<string, readonly Made[]>, payer: PayerState): readonly string[] {
  const blocks = new Map<string, string[]>();
  for (const rows of content.values())
    for (const row of rows) {
      const owner = payer.data.owner.get(`${row.resourceType}/${row.id}`) ?? '';
      const block = blocks.get(owner) ?? [header(owner)];
      blocks.set(owner, block);
      block.push(JSON.stringify(row));
    }
  return [...blocks.values()].flat();
}

const header = (patient: string): string =>
  JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'header', valueReference: { reference: `Patient/${patient}` } }] });

export const fileRoutes: readonly Route[] = [{ step: 'bulk.file', method: 'GET', path: '/bulk-files/:job/:kind/:name', handle: file }];
