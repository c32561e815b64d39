import { asArray, asString, at, isObject, literalReference, type Resource } from '../../src/core/fhir.ts';
import { check, describeBody, fail, notApplicable, notReached, notTestable, onFirst, pass, select, statusOf, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Because, Check, Evidence, Finding, Json } from '../../src/core/model.ts';
import { asynchronous, claimsExport } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { replaceText } from '../alter.ts';
import { allOf, declaresType } from '../applies.ts';
import { group } from '../group.ts';
import { bulkData } from '../sources.ts';
import { fewBytesKept, html, onJson, where } from './alter.ts';
import { declaresExport, named } from './applies.ts';
import {
  baseOf,
  countOf,
  type Export,
  endedExports,
  hadAny,
  isOurs,
  keyOf,
  lastUpdatedOf,
  onEveryDownload,
  onExport,
  referencesIn,
  rowsOf,
  some,
  typesOf,
  whenHad,
  whenWhole,
} from './exports.ts';
import { plain } from './files.ts';

/** Attachment.url without data, with the row it stands in. */
const attachments = (value: Json | undefined): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((each: Json) => attachments(each));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, each]) => {
    const url = name === 'attachment' || name === 'content' ? asString(at(each, 'url')) : undefined;
    return url !== undefined && at(each, 'data') === undefined ? [url] : attachments(each);
  });
};

/** Each resource once, and in one version, among rows that are stored whole. */
function eachOnce(job: Export): Finding {
  const seen = new Map<string, Resource>();
  const [differing, repeated]: [string[], string[]] = [[], []];
  for (const row of rowsOf(job)) {
    // Header rows of organized output stand for no resource.
    if (asString(row['id']) === undefined) continue;
    const before = seen.get(keyOf(row));
    if (before) (plain(before) === plain(row) ? repeated : differing).push(keyOf(row));
    seen.set(keyOf(row), row);
  }
  if (differing.length > 0) return fail(job.final, 'one version of each resource', `several of ${some(differing)}`);
  if (repeated.length > 0) return warn(job.final, 'each resource once', `the same rows again: ${some(repeated)}`);
  return hadAny(job, [...seen.values()], 'row');
}

/** "It SHOULD NOT include any resources modified after this instant": what is newer than transactionTime was missed or comes twice. */
function newerThanTold(job: Export): readonly Finding[] {
  const told = asString(job.manifest['transactionTime']) ?? '';
  // Told in whole seconds, it may mean any moment of its second.
  const end = Date.parse(told) + (/:\d\d\.\d/.test(told) ? 0 : 999);
  const newer = rowsOf(job).filter((row) => Date.parse(lastUpdatedOf(row) ?? '') > end);
  const [row] = newer;
  return row === undefined
    ? []
    : [
        warn(
          job.final,
          `no resource changed after transactionTime ${told}`,
          `${newer.length} rows, among them ${keyOf(row)} of ${lastUpdatedOf(row)}`,
        ),
      ];
}

/** References that are neither relative with a type, nor absolute below the server base, nor into the resource itself. */
const oddReferences = (row: Resource, base: string): readonly string[] =>
  referencesIn(row).filter(
    (each) => !each.startsWith('#') && !each.startsWith('urn:') && (literalReference(each) === undefined || !isOurs(each, base)),
  );

/** A reference that is not simply `Type/id`, `#id` or a URN: only then is it worth to walk through a row of a file of any size. */
const notPlain = /"reference"\s*:\s*"(?![A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}"|#|urn:)/;

const changeHook = 'way to change a resource (bulk.controls.change)';
const changeAllowed = ({ target }: Evidence): true | { readonly open: string; readonly because: Because } =>
  target.bulk?.controls?.change === undefined
    ? { open: `The target file names no ${changeHook}.`, because: 'target-file' }
    : target.allow?.writes === true || { open: 'The target file does not allow writes: add allow.writes.', because: 'target-file' };

export const fileContentChecks: readonly Check[] = group({ scenarios: asynchronous, lines: ['L2'], holds: [{ ig: guides.bulk }] }, [
  {
    id: 'bulk.file.latest-version',
    level: 'SHALL',
    text: 'Only the newest version of a resource is exported.',
    source: bulkData('export.html#bulk-data-output-file-request'),
    judge: onEveryDownload((job) =>
      whenWhole(job, () => eachOnce(job), [
        { question: 'ids.unique', expected: 'one version of each resource' },
        { question: 'rows.once', expected: 'each resource once', softly: true },
      ]),
    ),
    faults: [
      {
        name: 'exports an old version beside the new one',
        at: 'bulk.file',
        behaviour: 'exports-two-versions',
        alsoFails: { 'bulk.manifest.count': 'one row too many' },
      },
      {
        name: 'exports an old version at the end of a file too large to store',
        at: 'bulk.file',
        behaviour: 'exports-two-versions',
        target: fewBytesKept,
        alsoFails: { 'bulk.manifest.count': 'one row too many' },
      },
    ],
  },
  {
    id: 'bulk.file.transaction-time',
    level: 'SHALL',
    text: 'All matching resources changed up to transactionTime are in the export.',
    source: bulkData('export.html#response---complete-status'),
    judge: (evidence) => {
      const newer = endedExports(evidence).flatMap(newerThanTold)[0];
      if (newer) return newer;
      const open = changeAllowed(evidence);
      if (open !== true) return notTestable(open.open, open.because);
      const changed = select(evidence, { step: 'operation', variant: 'switch/change' })[0];
      const reference = /"reference":"([^"]+)"/.exec(changed?.request.body ?? '')?.[1];
      if (!changed || reference === undefined) return notReached(evidence, { step: 'operation', variant: 'switch/change' });
      return onExport('since/second', (job) =>
        whenWhole(job, () => {
          const present = rowsOf(job).some((row) => keyOf(row) === reference);
          const time = asString(job.manifest['transactionTime']) ?? '';
          if (Date.parse(time) < Date.parse(changed.startedAt))
            return notTestable(`transactionTime ${time} lies before the change; the export may leave it out.`, 'payer');
          return check(present, job.final, `${reference}, changed before transactionTime ${time}`, 'it is missing');
        }),
      )(evidence);
    },
    faults: [{ name: 'misses a change made before the export', at: 'bulk.status', behaviour: 'misses-changes' }],
  },
  {
    id: 'bulk.file.references',
    level: 'MAY',
    text: 'References are relative (Type/id) or absolute in the server base.',
    source: bulkData('export.html#bulk-data-kick-off-request'),
    judge: onEveryDownload((job) => {
      const odd = rowsOf(job).flatMap((row) => oddReferences(row, baseOf(job)));
      if (odd.length > 0) return warn(job.final, `references as Type/id, below ${baseOf(job)}, or # for contained`, some(odd));
      return hadAny(
        job,
        rowsOf(job).filter((row) => referencesIn(row).length > 0),
        'row with a reference',
      );
    }),
    mustSee: (row, { request }, text) => notPlain.test(text) && oddReferences(row, baseOf({ kickoff: { request } })).length > 0,
    faults: [
      {
        name: 'writes references without a type',
        at: 'bulk.file',
        behaviour: 'bares-references',
        alsoFails: { 'payload.r4': 'R4 itself says what a reference looks like' },
      },
    ],
  },
  {
    id: 'bulk.file.attachment-url',
    level: 'SHALL',
    text: 'An Attachment without data has an absolute url that works with the same token rule.',
    source: bulkData('export.html#attachments'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    judge: onExport('everything', (job, evidence) => {
      const urls = rowsOf(job).flatMap(attachments);
      if (urls.length === 0) return whenHad(job, () => notApplicable('No row has an Attachment by url.'));
      const relative = urls.filter((url) => !isHttpUrl(url));
      if (relative.length > 0) return fail(job.final, 'an absolute url on each Attachment without data', some(relative));
      return onFirst({ step: 'bulk.file', variant: 'attachment' }, (exchange) =>
        check(statusOf(exchange) === 200, exchange, '200 for the url of an Attachment', describeBody(exchange)),
      )(evidence);
    }),
    mustSee: (row, _place, text) => /"(attachment|content)"/.test(text) && attachments(row).some((url) => !isHttpUrl(url)),
    faults: [
      {
        name: 'gives attachments a relative url',
        at: 'bulk.file',
        alter: replaceText(/"url":"https?:\/\/[^"]*\/attachment\//g, '"url":"/attachment/'),
      },
      { name: 'does not serve attachments', at: 'bulk.file', alter: where(/\/attachment\//, html(404)) },
    ],
  },
  {
    id: 'bulk.provenance.default',
    level: 'SHALL',
    scenarios: claimsExport,
    text: 'Without includeAssociatedData for provenance, all Provenance that targets exported patient data is included unless _type excludes it.',
    source: bulkData('export.html#query-parameters'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    applies: allOf(
      declaresExport('Patient'),
      declaresType('Provenance'),
      named('members.known.holds', 'Provenance that the known member has', ({ target }) => target.members.known?.holds?.['Provenance']?.length),
    ),
    judge: onExport('patient-level', (job) =>
      check(
        typesOf(job).includes('Provenance') || countOf(job, 'Provenance') > 0,
        job.final,
        'Provenance among the files, as nothing excluded it',
        `types: ${typesOf(job).join(', ')}`,
      ),
    ),
    faults: [{ name: 'leaves Provenance out', at: 'bulk.status', behaviour: 'omits-provenance' }],
  },
  {
    id: 'bulk.file.no-binary',
    level: 'SHALL',
    text: 'Binary content of a patient is exported as DocumentReference with attachment, not as Binary.',
    source: bulkData('export.html#bulk-data-kick-off-request'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    judge: (evidence) => {
      const binary = endedExports(evidence).find((job) => typesOf(job).includes('Binary') || countOf(job, 'Binary') > 0);
      if (binary) return fail(binary.final, 'documents as DocumentReference with an attachment', 'an output item of type Binary');
      return onExport('everything', (job) =>
        whenHad(job, () =>
          typesOf(job).includes('DocumentReference') ? pass : notTestable('The export of all types holds no document.', 'test-data'),
        ),
      )(evidence);
    },
    faults: [
      {
        name: 'exports documents as Binary',
        alsoFails: {
          'bulk.file.ndjson': 'the file that it lists as Binary holds DocumentReference',
          'bulk.file.latest-version': 'the same file is listed twice',
        },
        at: 'bulk.status',
        alter: onJson((manifest) => {
          const output = asArray(manifest['output']);
          const document = output.find((item) => at(item, 'type') === 'DocumentReference');
          return isObject(document) ? { ...manifest, output: [...output, { ...document, type: 'Binary' }] } : manifest;
        }),
      },
    ],
  },
]);
