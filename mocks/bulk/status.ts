import type { Json } from '../../src/core/model.ts';
import { authorize, isRefusal } from '../auth/authorize.ts';
import type { Handler, MockReply, PayerState, Route } from '../kernel/payer.ts';
import { json, outcome } from '../kernel/replies.ts';
import { markExport } from '../roster/tracking.ts';
import { contentOf } from './content.ts';
import { generatedCount, generatedLines, typesGenerated } from './generated.ts';
import { bulkMemory, type Job, jobFor, progressOf } from './jobs.ts';

/** Status, manifest and DELETE. Source: http://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-status-request */

const unknownJob = (id: string | undefined): MockReply =>
  outcome({
    status: 404,
    code: 'not-found',
    text: `There is no export job ${id}: it was cancelled, has expired, or never was. Start a new export.`,
  });

const status: Handler = (request, payer) => {
  const { rules } = payer;
  const token = authorize(request, payer, 'Group', 'r');
  if (isRefusal(token) && rules.statusNeedsToken()) return token;
  const id = request.params['id'] ?? '';
  const job = isRefusal(token) ? bulkMemory(payer).jobs.get(id) : jobFor(payer, id, token.clientId);
  if (!job) return unknownJob(id);
  job.polls++;
  const progress = progressOf(job, payer);
  if (progress < 1)
    return separate(
      job,
      rules.inProgress(
        { status: 202, headers: { 'x-progress': `${Math.round(Math.max(0, progress) * 100)}% of the members done`, 'retry-after': '0' }, body: '' },
        job,
      ),
    );
  if (job.groupId === 'failing-a')
    return separate(
      job,
      outcome({
        status: 500,
        code: 'processing',
        text: 'The claims archive could not be read, so this export has failed. Start a new export; if that fails too, contact support.',
      }),
    );
  if (job.content === undefined && job.groupId !== undefined) markExport(payer, job);
  return separate(job, json(manifestOf(job, payer), 200, { expires: new Date((payer.now() + 3600) * 1000).toUTCString() }));
};

/** Bulk Data 3.0.0: the poll itself succeeded, and the job's state stands in a header. */
const separate = (job: Job, reply: MockReply): MockReply =>
  job.separateStatus ? { ...reply, status: 200, headers: { ...reply.headers, 'x-export-status': `${reply.status}` } } : reply;

type Item = { readonly [key: string]: Json };

function itemsOf(job: Job, payer: PayerState): readonly Item[] {
  const url = (name: string): string => `${payer.rules.filesAt(payer.origin)}/bulk-files/${job.id}/output/${name}.ndjson`;
  const lines = generatedLines(job.groupId);
  if (lines !== undefined)
    return [
      ...(job.wanted.types?.includes('Group') ? [{ type: 'Group', url: url('Group'), count: 1 }] : []),
      ...typesGenerated(job).map((type) => ({ type, url: url(type), count: generatedCount(type, lines) })),
    ];
  const content = contentOf(job, payer);
  if (job.wanted.organizedBy !== undefined) {
    const total = [...content.values()].reduce((sum, rows) => sum + rows.length, 0);
    return total === 0 ? [] : [{ url: url('all') }];
  }
  return [...content].flatMap(([type, rows]) => {
    const parts = Math.min(payer.rules.filesPerType(), rows.length);
    return Array.from({ length: parts }, (_, part) => ({
      type,
      url: url(parts === 1 ? type : `${type}-${part + 1}`),
      count: Math.floor(((part + 1) * rows.length) / parts) - Math.floor((part * rows.length) / parts),
    }));
  });
}

function manifestOf(job: Job, payer: PayerState): Json {
  const items = itemsOf(job, payer);
  const split = job.wanted.partialManifests ? Math.ceil(items.length / 2) : items.length;
  return page(job, payer, items.slice(0, split), split < items.length ? `${payer.origin}/fhir/jobs/${job.id}/manifests/2` : undefined);
}

function page(job: Job, payer: PayerState, output: readonly Item[], next: string | undefined): Json {
  const base = `${payer.rules.filesAt(payer.origin)}/bulk-files/${job.id}`;
  const failed = job.groupId === 'partial-a';
  return {
    transactionTime: payer.rules.transactionTimeOf(job),
    request: job.request,
    requiresAccessToken: payer.rules.saysTokenNeeded(job),
    ...(job.wanted.organizedBy === undefined || generatedLines(job.groupId) !== undefined ? {} : { outputOrganizedBy: job.wanted.organizedBy }),
    output,
    ...(deletedIn(job, payer).length === 0 ? {} : { deleted: [{ type: 'Bundle', url: `${base}/deleted/Bundle.ndjson` }] }),
    error: job.remarks.length > 0 || failed ? [{ type: 'OperationOutcome', url: `${base}/error/OperationOutcome.ndjson` }] : [],
    ...(next === undefined ? {} : { link: [{ relation: 'next', url: next }] }),
  };
}

/** Resources that went away since, as far as the job asked for such changes. */
export function deletedIn(job: Job, payer: PayerState): readonly string[] {
  const { since } = job.wanted;
  if (since === undefined || !payer.rules.showsDeleted()) return [];
  return [...bulkMemory(payer).removed].filter(([, at]) => Date.parse(at) > Date.parse(since)).map(([reference]) => reference);
}

const nextPage: Handler = (request, payer) => {
  const token = authorize(request, payer, 'Group', 'r');
  if (isRefusal(token)) return token;
  const job = jobFor(payer, request.params['id'] ?? '', token.clientId);
  if (!job) return unknownJob(request.params['id']);
  const items = itemsOf(job, payer);
  return json(page(job, payer, items.slice(Math.ceil(items.length / 2)), undefined), 200, {
    expires: new Date((payer.now() + 3600) * 1000).toUTCString(),
  });
};

const cancel: Handler = (request, payer) => {
  const token = authorize(request, payer, 'Group', 'r');
  const id = request.params['id'] ?? '';
  const open = isRefusal(token) && !payer.rules.cancelNeedsToken() && request.headers['authorization'] === undefined;
  if (isRefusal(token) && !open) return token;
  const job = jobFor(payer, id, isRefusal(token) ? (bulkMemory(payer).jobs.get(id)?.clientId ?? '') : token.clientId);
  if (!job) return unknownJob(request.params['id']);
  if (!payer.rules.mayCancel(job, progressOf(job, payer) < 1))
    return outcome({
      status: 409,
      code: 'conflict',
      text: 'This export is still running, so it cannot be cancelled. Wait until it has ended and try again.',
    });
  job.cancelled = true;
  return { status: 202, headers: {}, body: '' };
};

export const statusRoutes: readonly Route[] = [
  { step: 'bulk.status', method: 'GET', path: '/fhir/jobs/:id', handle: status },
  { step: 'bulk.manifest', method: 'GET', path: '/fhir/jobs/:id/manifests/:page', handle: nextPage },
  { step: 'bulk.delete', method: 'DELETE', path: '/fhir/jobs/:id', handle: cancel },
];
