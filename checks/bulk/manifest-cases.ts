import { asArray, asObject, asString, at, isObject, type JsonObject, jsonOf } from '../../src/core/fhir.ts';
import {
  check,
  describeBody,
  fail,
  notApplicable,
  notReached,
  notTestable,
  pass,
  select,
  statusOf,
  unanswered,
  unasked,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { cutShort } from '../../src/core/sample.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { group } from '../group.ts';
import { bulkData, bulkData3 } from '../sources.ts';
import { onJson, onManifest, where } from './alter.ts';
import { beforeBulk4 } from './applies.ts';
import { whereTaken } from './controls.ts';
import {
  askedTypes,
  type Export,
  endedExports,
  exportOf,
  fileOf,
  filesOfKind,
  isExport,
  itemsOf,
  keyOf,
  lineOf,
  linesOf,
  onExport,
  reportsOutcome,
  rowsOf,
  some,
  typesOf,
  whenHad,
} from './exports.ts';
import { gist } from './manifest.ts';

/** Every field but those that differ from page to page. */
const rest = (manifest: JsonObject): string =>
  JSON.stringify(
    Object.entries(manifest)
      .filter(([name]) => !['output', 'deleted', 'error', 'link'].includes(name))
      .sort(),
  );

const deletedJudge = (job: Export, evidence: Evidence): Finding => {
  const unread = itemsOf(job.manifest, 'deleted').find((item) => statusOf(fileOf(job, item) ?? job.kickoff) !== 200);
  if (unread) return notTestable(`The file ${unread.url ?? ''} could not be downloaded (see bulk.file.accessible).`, 'payer');
  const odd = itemsOf(job.manifest, 'deleted').find((item) => item.type !== undefined && item.type !== 'Bundle');
  if (odd) return fail(job.final, 'type Bundle for a file of deletions', `type ${odd.type}`);
  const files = filesOfKind(job, 'deleted');
  const removed = select(evidence, { step: 'operation', variant: 'switch/remove', where: (each) => statusOf(each) < 300 && statusOf(each) > 0 })[0];
  const gone = new Set<string>();
  for (const file of files)
    for (const [index, row] of linesOf(file).entries()) {
      if (row?.resourceType !== 'Bundle' || row['type'] !== 'transaction')
        return fail(
          file,
          'a Bundle of type transaction on each line',
          `line ${lineOf(file, index)}: ${row?.resourceType ?? 'no resource'} ${asString(row?.['type']) ?? ''}`,
        );
      for (const entry of asArray(row['entry'])) {
        const [method, url] = [asString(at(entry, 'request', 'method')), asString(at(entry, 'request', 'url'))];
        if (method !== 'DELETE' || url === undefined)
          return fail(
            file,
            'entries with request.method DELETE and request.url',
            `line ${lineOf(file, index)}: ${method ?? 'no method'} ${url ?? 'no url'}`,
          );
        gone.add(url.replace(/^.*\/(?=[A-Z][A-Za-z]+\/[^/]+$)/, ''));
      }
    }
  const still = rowsOf(job)
    .map(keyOf)
    .filter((key) => gone.has(key));
  if (still.length > 0) return fail(job.final, 'deleted resources not in output', some(still));
  const reference = /"reference":"([^"]+)"/.exec(removed?.request.body ?? '')?.[1];
  if (reference !== undefined) {
    if (rowsOf(job).some((row) => keyOf(row) === reference)) return fail(job.final, `${reference} left out: it was deleted`, 'it is in output');
    const cut = files.map(cutShort).find((each) => each !== undefined);
    if (!gone.has(reference) && cut !== undefined) return notTestable(`${reference} was not seen among the deleted, but ${cut}.`, 'ours');
    if (!gone.has(reference))
      return warn(job.final, `${reference} in the deleted files`, `deleted: ${JSON.stringify(job.manifest['deleted'] ?? null)}`);
    return whenHad(job, () => pass);
  }
  if (gone.size > 0) return whenHad(job, () => pass);
  return unasked('bulk.controls.change', 'a way to delete something: nothing was reported as deleted');
};

/** A file that came, and holds no row; what was refused may hold any number. */
const isEmptyFile = (file: Exchange | undefined): boolean => file !== undefined && statusOf(file) === 200 && file.facts?.['file.lines'] === 0;

export const manifestCaseChecks: readonly Check[] = group({ scenarios: asynchronous, holds: [{ ig: guides.bulk }] }, [
  {
    id: 'bulk.manifest.partial-success',
    level: 'SHALL',
    lines: ['L7'],
    text: 'A job with some failed resources ends with 200 and OperationOutcome rows in error files.',
    source: bulkData('export.html#response---error-status-1'),
    judge: (evidence) => {
      // Any export that ended with errors shows it.
      if (
        endedExports(evidence).some(
          (job) =>
            job.variant !== 'partly-failing' && itemsOf(job.manifest, 'output').length > 0 && reportsOutcome(job, /"severity":"(error|fatal)"/),
        )
      )
        return pass;
      if (evidence.target.bulk?.partialGroup === undefined)
        return notTestable(
          'No export of this run succeeded in part, and the target file names no Group whose export does (bulk.partialGroup).',
          'target-file',
        );
      const last = select(evidence, { step: 'bulk.status', variant: 'partly-failing' }).at(-1);
      if (last && statusOf(last) >= 400) return unanswered(last) ?? notApplicable('The job failed as a whole.');
      return onExport('partly-failing', (job) => {
        const files = filesOfKind(job, 'error');
        if (reportsOutcome(job, /./)) return pass;
        const lost = job.files.flatMap((file) => unanswered(file) ?? [])[0];
        // Listed, and not among what came.
        if (lost && files.length === 0 && itemsOf(job.manifest, 'error').length > 0) return lost;
        const unread = files.find((file) => statusOf(file) !== 200);
        if (unread)
          return (
            unanswered(unread) ?? notTestable(`The error file could not be downloaded: ${describeBody(unread)} (see bulk.file.accessible).`, 'payer')
          );
        return fail(job.final, 'error files with an OperationOutcome for what is missing', `error: ${JSON.stringify(job.manifest['error'] ?? null)}`);
      })(evidence);
    },
    faults: [
      { name: 'hides that resources are missing', at: 'bulk.status', alter: onManifest(/partial-a/, (manifest) => ({ ...manifest, error: [] })) },
    ],
  },
  {
    id: 'bulk.manifest.empty',
    level: 'SHOULD',
    lines: ['L2'],
    text: 'A job without data gives output: [].',
    source: bulkData('export.html#response---complete-status'),
    judge: onExport('empty', (job) => {
      const items = itemsOf(job.manifest, 'output');
      return check(
        items.length === 0,
        job.final,
        'output: [] for an export without data',
        `${items.length} items: ${items.map((item) => item.type).join(', ')}`,
      );
    }),
    faults: [
      {
        name: 'lists an empty file when there is no data',
        at: 'bulk.status',
        alter: onManifest(/_type=Patient&_since=/, (manifest) => ({
          ...manifest,
          output: [{ type: 'Patient', url: `${asString(manifest['request'])}/empty.ndjson` }],
        })),
        alsoFails: { 'bulk.file.accessible': 'the file that it lists does not exist' },
      },
    ],
  },
  {
    id: 'bulk.manifest.deleted',
    level: 'SHALL',
    lines: ['L2'],
    text: 'Where deleted[] has files, each line is a Bundle of type transaction whose entries have request.method DELETE and request.url, and these resources are not in output.',
    source: bulkData('export.html#response---complete-status'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    judge: onExport('since/second', deletedJudge),
    faults: [
      {
        name: 'reports deletions as PUT',
        at: 'bulk.file',
        alter: where(/\/deleted\//, (response) => ({ ...response, body: response.body.replaceAll('"DELETE"', '"PUT"') })),
      },
      { name: 'keeps a deleted resource in output', at: 'bulk.status', behaviour: 'keeps-deleted' },
      {
        name: 'gives a file of deletions the type of what was deleted',
        at: 'bulk.status',
        alter: onJson((value) =>
          Array.isArray(value['deleted'])
            ? { ...value, deleted: asArray(value['deleted']).map((item) => ({ ...asObject(item), type: 'Coverage' })) }
            : value,
        ),
      },
    ],
  },
  {
    id: 'bulk.manifest.link-next',
    level: 'SHALL',
    lines: ['L5'],
    text: 'With allowPartialManifests=true, link has a single relation next, linked manifests repeat the other fields, and listed files do not change.',
    source: bulkData3('export.html#response---complete-status'),
    holds: [{ ig: guides.bulk, from: '3.0.0' }],
    judge: (evidence) => {
      const first = exportOf(evidence, 'partial');
      if (!isExport(first)) return whereTaken(['partial'], 'allowPartialManifests', () => pass)(evidence);
      const links = asArray(first.manifest['link']);
      if (links.length === 0) return notApplicable('The payer gave one whole manifest.');
      if (links.length !== 1 || at(links[0], 'relation') !== 'next' || !isHttpUrl(at(links[0], 'url')))
        return fail(first.final, 'link with one object {relation: next, url}', JSON.stringify(links));
      const pages = select(evidence, { step: 'bulk.manifest', variant: 'partial' });
      if (pages.length === 0) return notReached(evidence, { step: 'bulk.manifest', variant: 'partial' });
      for (const page of pages) {
        const value = jsonOf(page.response);
        const none = unanswered(page);
        if (none) return none;
        if (!isObject(value)) return fail(page, 'the next part of the manifest', describeBody(page));
        if (rest(value) !== rest(first.manifest)) return fail(page, `the fields of the first manifest: ${rest(first.manifest)}`, rest(value));
      }
      const again = select(evidence, { step: 'bulk.status', variant: 'partial/again' })[0];
      return again
        ? (unanswered(again) ??
            check(gist(first.manifest) === gist(jsonOf(again.response)), again, 'the same files in the first manifest', gist(jsonOf(again.response))))
        : notReached(evidence, { step: 'bulk.status', variant: 'partial/again' });
    },
    faults: [
      {
        name: 'changes transactionTime from one partial manifest to the next',
        at: 'bulk.manifest',
        alter: onJson((value) => ({ ...value, transactionTime: '2020-01-01T00:00:00Z' })),
      },
    ],
  },
  {
    id: 'bulk.manifest.error-files',
    level: 'SHALL',
    lines: ['L7'],
    text: 'Files in error[] have the same format as output files and hold OperationOutcome resources.',
    source: bulkData3('export.html#response---complete-status'),
    holds: [beforeBulk4],
    judge: (evidence) => {
      const jobs = endedExports(evidence);
      const listed = jobs.flatMap((job) => itemsOf(job.manifest, 'error').map((item) => ({ job, item })));
      if (jobs.length === 0) return notReached(evidence, { step: 'bulk.status' });
      if (listed.length === 0) return notApplicable('No manifest lists an error file.');
      return worst(
        listed.map(({ job, item }) => {
          if (item.type !== 'OperationOutcome') return fail(job.final, 'type OperationOutcome on each error item', `type ${item.type ?? 'absent'}`);
          const file = fileOf(job, item);
          if (!file || statusOf(file) !== 200)
            return (
              (file && unanswered(file)) ??
              notTestable(`The error file ${item.url ?? ''} could not be downloaded (see bulk.file.accessible).`, 'payer')
            );
          if (linesOf(file).length === 0) return warn(file, 'an OperationOutcome on each line', 'an error file without a line');
          const odd = linesOf(file).findIndex((row) => row?.resourceType !== 'OperationOutcome');
          return check(
            odd < 0,
            file,
            'an OperationOutcome on each line',
            `line ${lineOf(file, odd)} is ${linesOf(file)[odd]?.resourceType ?? 'no resource'}`,
          );
        }),
      );
    },
    mustSee: (row, { kind }) => kind === 'error' && row.resourceType !== 'OperationOutcome',
    faults: [
      {
        name: 'lists an error file as Patient',
        at: 'bulk.status',
        alter: onManifest(/partial-a/, (manifest) => ({
          ...manifest,
          error: asArray(manifest['error']).map((item) => (isObject(item) ? { ...item, type: 'Patient' } : item)),
        })),
      },
    ],
  },
  {
    id: 'bulk.manifest.no-empty-items',
    level: 'SHOULD',
    lines: ['L2'],
    text: 'A type without data has no output item.',
    source: bulkData3('export.html#response---complete-status'),
    judge: (evidence) => {
      const jobs = endedExports(evidence);
      for (const job of jobs)
        for (const item of itemsOf(job.manifest, 'output'))
          if (at(item.raw, 'count') === 0 || isEmptyFile(fileOf(job, item)))
            return fail(
              job.final,
              `no item of type ${item.type ?? ''}, as there is no data`,
              `an item that points to an empty file: ${item.url ?? ''}`,
            );
      // A type that was asked for, and of which there was nothing.
      const [silent] = jobs.filter((job) => typesOf(job).length > 0 && askedTypes(job)?.some((type) => !typesOf(job).includes(type)));
      if (silent) return pass;
      return jobs.length > 0
        ? notTestable('No export of this run asked for a type without data: name one that the members have none of (bulk.emptyType).', 'target-file')
        : notReached(evidence, { step: 'bulk.status' });
    },
    faults: [
      {
        name: 'lists a type without data',
        at: 'bulk.status',
        alter: onManifest(/RelatedPerson/, (manifest) =>
          /exportType/.test(asString(manifest['request']) ?? '')
            ? manifest
            : {
                ...manifest,
                output: [...asArray(manifest['output']), { type: 'RelatedPerson', url: `${asString(manifest['request'])}-no-file`, count: 0 }],
              },
        ),
        alsoFails: { 'bulk.file.accessible': 'the file that it lists does not exist' },
      },
    ],
  },
]);
