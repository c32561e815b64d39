import { gzipSync } from 'node:zlib';
import type { Dataset, Made } from '../../fixtures/dataset.ts';
import type { Json } from '../../src/core/model.ts';
import { outcome } from '../kernel/replies.ts';
import type { Job } from './jobs.ts';
import { type BulkRules, bulkRules, exportTypes } from './rules.ts';

/** The main export of the suites: three types of one Group, nothing else asked for. */
const isMain = (job: Job | undefined): boolean => /\$export\?_type=Patient%2CCoverage%2CExplanationOfBenefit$/.test(job?.request ?? '');

const isAtr = (exportType: string | undefined): boolean => exportType === 'hl7.fhir.us.davinci-atr';
/** The attribution list in full. */
const isRoster = (job: Job): boolean => isAtr(job.wanted.exportType) && job.wanted.patients === undefined;

/** The claims of the panel: three types, for a provider, all members. */
const isPanelClaims = (job: Job): boolean =>
  job.wanted.exportType?.startsWith('hl7.fhir.us.davinci-pdex') === true && job.wanted.types?.length === 3 && job.wanted.patients === undefined;

/** A claim of its own, served in 2009. */
const longAgo = (row: Made): Made => {
  const { item, ...rest } = row;
  const items = Array.isArray(item) ? (item as readonly Json[]).map((each) => ({ ...(each as object), servicedDate: '2009-05-04' }) as Json) : [];
  return {
    ...(rest as Made),
    id: 'of-long-ago',
    billablePeriod: { start: '2009-05-04', end: '2009-05-04' },
    ...(items.length > 0 ? { item: items } : {}),
  };
};

/** How often each file of a job was served. */
const served = new WeakMap<Job, Map<string, number>>();

/** With this time. */
function timesServed(job: Job, name: string): number {
  const counts = served.get(job) ?? new Map<string, number>();
  const times = (counts.get(name) ?? 0) + 1;
  served.set(job, counts.set(name, times));
  return times;
}

/** Changes one file of the main export. */
const mainFile = (name: string, change: (text: string) => string | undefined): Partial<BulkRules> => ({
  fileText: (text, job, file) => (isMain(job) && file === name ? change(text) : text),
});

/** Changes the last of the claims, in the main export and in generated ones. */
const lastClaim = (change: (line: string, data: Dataset) => string): Partial<BulkRules> => {
  const lastLine: BulkRules['lastLine'] = (line, type, data) => (type === 'ExplanationOfBenefit' ? change(line, data) : line);
  return {
    lastLine,
    rowsOf: (type, rows, job, data) =>
      isMain(job) && type === 'ExplanationOfBenefit'
        ? rows.map((row, index) => (index === rows.length - 1 ? (JSON.parse(change(JSON.stringify(row), data)) as Made) : row))
        : rows,
  };
};

/** Changes every file of rows. */
const everyFile = (change: (text: string) => string): Partial<BulkRules> => ({
  fileText: (text, _job, file) => (file.endsWith('.ndjson') ? change(text) : text),
});

/** One Patient with a name of this many characters, sent a megabyte at a time. */
function hugeLine(length: number): ReadableStream<Uint8Array> {
  const piece = Buffer.alloc(2 ** 20, 'x');
  let left = length;
  return new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.from('{"resourceType":"Patient","id":"huge","name":[{"text":"')),
    pull(controller) {
      const next = piece.subarray(0, Math.min(left, piece.length));
      left -= next.length;
      if (next.length > 0) controller.enqueue(Uint8Array.from(next));
      if (left > 0) return;
      controller.enqueue(Buffer.from('"}]}\n{"resourceType":"Patient","id":"after-it"}\n'));
      controller.close();
    },
  });
}

const secondVersion = (text: string): string => {
  const first = text.split('\n')[0] ?? '{}';
  return `${text}${first.replace(/"versionId":"[^"]*"/, '"versionId":"0"')}\n`;
};

/** Defects and peculiarities of exports; each replaces some rules. */
export const bulkBehaviours = {
  'drops-remarks': { remarksOf: () => [] },
  'exports-beyond-scope': { scopeOf: () => exportTypes },
  'exports-foreign-groups': { mayExportGroup: () => true },
  'reads-first-type-only': {
    wantedOf: (wanted, request) => (request.query.getAll('_type').length > 1 ? { ...wanted, types: (wanted.types ?? []).slice(0, 1) } : wanted),
  },
  'ignores-future-since': {
    changedSince: (lastUpdated, since, job) => Date.parse(since) > Date.now() || bulkRules.changedSince(lastUpdated, since, job),
  },
  'cancels-for-everybody': { cancelNeedsToken: () => false },
  'gives-files-to-any-scope': { fileWithinScope: () => true },
  'ignores-since': {
    changedSince: (lastUpdated, since, job) => (job.wanted.types?.length === 1 ? bulkRules.changedSince(lastUpdated, since, job) : true),
  },
  'adds-a-type': {
    wantedOf: (wanted, request) =>
      /\$export\?_type=Patient%2CCoverage%2CExplanationOfBenefit$/.test(request.url)
        ? { ...wanted, types: [...(wanted.types ?? []), 'Condition'] }
        : wanted,
  },
  'ignores-type-filter': { wantedOf: (wanted, request) => (request.url.includes('$export') ? { ...wanted, typeFilters: [] } : wanted) },
  'ignores-patient': {
    wantedOf: (wanted, request) => {
      const { patients: _patients, ...rest } = wanted;
      return /Group\/[^/]+\/\$export$/.test(request.url) ? rest : wanted;
    },
  },
  'ignores-until': {
    wantedOf: (wanted) => {
      const { until: _until, ...rest } = wanted;
      return rest;
    },
  },
  'empty-manifest-first': {
    pollsUntilDone: () => 1,
    inProgress: (reply, job) =>
      isMain(job)
        ? {
            status: 200,
            headers: { 'content-type': 'application/json', expires: new Date(Date.now() + 3_600_000).toUTCString() },
            body: JSON.stringify({ transactionTime: job.transactionTime, request: job.request, requiresAccessToken: true, output: [], error: [] }),
          }
        : reply,
  },
  'throttles-without-retry-after': {
    inProgress: () => outcome({ status: 429, code: 'throttled', text: 'You ask too often. Wait and try again.' }),
  },
  'polls-without-token': { statusNeedsToken: () => false },
  'stumbles-with-processing': {
    pollsUntilDone: () => 1,
    inProgress: (reply, job) =>
      isMain(job)
        ? outcome({ status: 500, code: 'processing', text: 'The export could not be read. Start a new export, or contact support.' })
        : reply,
  },
  'stumbles-with-transient': {
    inProgress: () =>
      outcome({ status: 500, code: 'transient', text: 'The export is busy with itself. Try again in a moment.', headers: { 'retry-after': '0' } }),
  },
  'moves-transaction-time': {
    transactionTimeOf: (job) => new Date(Date.parse(job.transactionTime) - (isMain(job) ? job.polls * 1000 : 0)).toISOString(),
  },
  'keeps-deleted': { keepsDeleted: () => true },
  'misses-changes': {
    rowsOf: (type, rows, job) => (type === 'Patient' && job.wanted.since !== undefined ? [] : rows),
  },
  'splits-a-line': mainFile('Patient.ndjson', (text) => text.replace(',"name":', ',\n"name":')),
  'sends-an-array': mainFile('Patient.ndjson', (text) => `[${text.trim().split('\n').join(',')}]`),
  'mixes-types': mainFile('Patient.ndjson', (text) => text.replace('"resourceType":"Patient"', '"resourceType":"Person"')),
  'ends-lines-with-crlf': everyFile((text) => text.replaceAll('\n', '\r\n')),
  'leaves-blank-lines': everyFile((text) => text.replaceAll('\n', '\n\n')),
  'ends-without-newline': everyFile((text) => text.replace(/\n$/, '')),
  'sends-a-huge-line': { fileStream: (job, name) => (isMain(job) && name === 'Patient' ? hugeLine(300e6) : undefined) },
  'ends-with-a-stranger': lastClaim((line, { roles }) =>
    line.replace(/"patient":\{"reference":"[^"]*"/, `"patient":{"reference":"Patient/${roles.notAttributed}"`),
  ),
  'ends-with-another-version': lastClaim((line) => line.replace(/"id":"[^"]*"/, '"id":"g0"')),
  'ends-with-an-invalid-line': lastClaim((line) => line.replace('{', '{"mood":"sunny",')),
  'ends-with-another-type': lastClaim((line) => line.replace('"ExplanationOfBenefit"', '"Claim"')),
  'sends-a-bom': mainFile('Patient.ndjson', (text) => `\uFEFF${text}`),
  'exports-two-versions': mainFile('Patient.ndjson', secondVersion),
  'bares-references': mainFile('Coverage.ndjson', (text) => text.replaceAll('"reference":"Patient/', '"reference":"')),
  'exports-one-claim-each': {
    rowsOf: (type, rows, job) =>
      isMain(job) && type === 'ExplanationOfBenefit'
        ? [...new Map(rows.map((row) => [JSON.stringify(row['patient']), row] as const).toReversed()).values()]
        : rows,
  },
  'exports-no-coverage': { rowsOf: (type, rows, job) => (isMain(job) && type === 'Coverage' ? [] : rows) },
  'loses-a-file': mainFile('Coverage.ndjson', () => undefined),
  'opens-main-files': { filesNeedToken: (job) => !isMain(job) },
  'hides-gzip': { pack: (accept, job) => (isMain(job) ? { pack: (body) => new Uint8Array(gzipSync(body)) } : bulkRules.pack(accept, job)) },
  'cuts-gzip': {
    pack: (accept, job) =>
      isMain(job) ? { encoding: 'gzip', pack: (body) => new Uint8Array(gzipSync(body)).slice(0, -24) } : bulkRules.pack(accept, job),
  },
  'omits-provenance': { rowsOf: (type, rows, job) => (type === 'Provenance' && job.level === 'patient' ? [] : rows) },
  'roster-loses-a-member': { rowsOf: (type, rows, job) => (type === 'Patient' && isRoster(job) ? rows.slice(1) : rows) },
  'roster-loses-a-coverage': { rowsOf: (type, rows, job) => (type === 'Coverage' && isRoster(job) ? rows.slice(1) : rows) },
  'roster-ignores-patient': {
    wantedOf: (wanted) => {
      const { patients: _patients, ...rest } = wanted;
      return isAtr(wanted.exportType) ? rest : wanted;
    },
  },
  'roster-exports-strangers': { takesForeignPatients: (job) => isAtr(job?.wanted.exportType) },
  'opens-roster-files': { filesNeedToken: (job) => !isAtr(job?.wanted.exportType) },
  'caches-consent': { optedOutNow: (standing) => standing },
  'provider-exports-strangers': { takesForeignPatients: (job) => job?.operation === '$davinci-data-export' && !isAtr(job.wanted.exportType) },
  'tracks-no-exports': { tracksExports: () => false },
  'exports-patient-by-default': {
    wantedOf: (wanted) =>
      wanted.types === undefined && wanted.exportType?.endsWith('#provider-snapshot') === true ? { ...wanted, types: ['Patient'] } : wanted,
  },
  'omits-prior-authorizations': { rowsOf: (_type, rows) => rows.filter((row) => row['use'] !== 'preauthorization') },
  'exports-opted-out': { exportsOptedOut: () => true },
  'claims-lose-half': {
    rowsOf: (type, rows, job) => (type === 'ExplanationOfBenefit' && isPanelClaims(job) ? rows.filter((_row, nth) => nth % 2 === 1) : rows),
  },
  'claims-lose-coverage': { rowsOf: (type, rows, job) => (type === 'Coverage' && isPanelClaims(job) ? rows.slice(0, 0) : rows) },
  'claims-from-long-ago': {
    rowsOf: (type, rows, job) =>
      type === 'ExplanationOfBenefit' && isPanelClaims(job) ? [...rows, ...rows.slice(0, 1).map((row) => longAgo(row))] : rows,
  },
  'claims-of-strangers': {
    rowsOf: (type, rows, job, data) =>
      type === 'ExplanationOfBenefit' && isPanelClaims(job)
        ? [
            ...rows,
            ...rows.slice(0, 1).map((row) => ({ ...row, id: 'of-a-stranger', patient: { reference: `Patient/${data.roles.notAttributed}` } })),
          ]
        : rows,
  },
  'goes-backwards': {
    pollsUntilDone: () => 3,
    inProgress: (reply, job) => ({ ...reply, headers: { ...reply.headers, 'x-progress': `${95 - 15 * job.polls}% of the members done` } }),
  },
  'shows-jobs-to-all': { mayUseJob: () => true },
  'gives-files-to-all': { mayUseFiles: () => true },
  // One form of export only: jobs that stay would soon be too many.
  'cancels-ended-jobs-only': { mayCancel: (job, running) => !running || !job.request.includes('_outputFormat=ndjson') },
  'keeps-files': { servesDeleted: isMain },
  'serves-files-twice': { fileText: (text, job, name) => (isMain(job) && timesServed(job, name) > 2 ? undefined : text) },
  'serves-fewer-rows-again': {
    fileText: (text, job, name) => (isMain(job) && timesServed(job, name) > 2 ? text.slice(text.indexOf('\n') + 1) : text),
  },
  'splits-types': { filesPerType: () => 2 },
  'ends-at-once': { pollsUntilDone: () => 0 },
  'takes-its-time': { pollsUntilDone: () => 6 },
  'throttles-politely': {
    inProgress: () => outcome({ status: 429, code: 'throttled', text: 'You ask too often. Wait and try again.', headers: { 'retry-after': '0' } }),
  },
  'hands-out-capability-urls': { saysTokenNeeded: (job) => isAtr(job.wanted.exportType), filesNeedToken: (job) => isAtr(job?.wanted.exportType) },
  'assumes-async': { withoutPrefer: () => undefined },
  'never-compresses': { pack: () => undefined },
  'never-ends': { pollsUntilDone: () => Number.MAX_SAFE_INTEGER },
} satisfies Record<string, Partial<BulkRules>>;
