import { asArray, asString, at, isObject, type JsonObject, jsonOf, mediaTypeOf } from '../../src/core/fhir.ts';
import {
  all,
  check,
  describeBody,
  fail,
  notApplicable,
  notReached,
  notTestable,
  pass,
  select,
  statusOf,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { parseHttpDate } from '../../src/core/http-date.ts';
import type { Check, Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { isHttpUrl, parseUrl, queryOf } from '../../src/core/url.ts';
import { allOf } from '../applies.ts';
import { bulkFrom, declaresBulk, named } from './applies.ts';
import {
  type Export,
  exportOf,
  fileOf,
  filesOfKind,
  isExport,
  itemsOf,
  keyOf,
  linesOf,
  mainExports,
  onExport,
  onExports,
  rowsOf,
  some,
  typesOf,
  unreadable,
} from './exports.ts';
import { mainKickoff, onJson, onManifest, onStatus, where, withHeader, without } from './plant.ts';

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** What a manifest must carry: names and JSON types. */
function fields({ manifest, final, kickoff }: Export): Finding {
  const { transactionTime, request, requiresAccessToken, output, error } = manifest;
  const told = (value: Json | undefined): string => (value === undefined ? 'absent' : JSON.stringify(value).slice(0, 80));
  return all(
    () =>
      check(
        instant.test(asString(transactionTime) ?? ''),
        final,
        'transactionTime, an instant with a time zone',
        `transactionTime ${told(transactionTime)}`,
      ),
    () =>
      check(
        typeof requiresAccessToken === 'boolean',
        final,
        'requiresAccessToken, true or false',
        `requiresAccessToken ${told(requiresAccessToken)}`,
      ),
    () => check(Array.isArray(output), final, 'output, an array', `output ${told(output)}`),
    () => check(Array.isArray(error), final, 'error, an array', `error ${told(error)}`),
    () => sameRequest(asString(request), kickoff, final),
  );
}

/** `request` names the kick-off: same path and, by GET, the same parameters in any order. A proxy may change the host. */
function sameRequest(request: string | undefined, kickoff: Exchange, final: Exchange): Finding {
  const [told, asked] = [parseUrl(request ?? ''), parseUrl(kickoff.request.url)];
  if (request === undefined || !told || !asked) return fail(final, 'request, the full kick-off URL', `request ${request ?? 'absent'}`);
  const set = (url: string): string =>
    queryOf(url)
      .map((pair) => pair.join('='))
      .sort()
      .join('&');
  const same =
    decodeURIComponent(told.path) === decodeURIComponent(asked.path) &&
    (kickoff.request.method !== 'GET' || set(request) === set(kickoff.request.url));
  if (!same) return fail(final, `request ${kickoff.request.url}`, `request ${request}`);
  return told.origin === asked.origin ? pass : warn(final, `request at ${asked.origin}`, `request at ${told.origin}`);
}

/** What must not change between two looks: transactionTime and the files by type and count; URLs may be renewed. */
const gist = (manifest: Json | undefined): string =>
  JSON.stringify([
    at(manifest, 'transactionTime'),
    itemsOf(manifest ?? null)
      .map(({ kind, type, raw }) => [kind, type, at(raw, 'count')].join('|'))
      .sort(),
  ]);

/** Every field but those that differ from page to page. */
const rest = (manifest: JsonObject): string =>
  JSON.stringify(
    Object.entries(manifest)
      .filter(([name]) => !['output', 'deleted', 'error', 'link'].includes(name))
      .sort(),
  );

const deletedJudge = (job: Export, evidence: Evidence): Finding => {
  const files = filesOfKind(job, 'deleted');
  const removed = select(evidence, { step: 'operation', variant: 'switch/remove', where: (each) => statusOf(each) < 300 && statusOf(each) > 0 })[0];
  const gone = new Set<string>();
  for (const file of files)
    for (const [index, row] of linesOf(file).entries()) {
      if (row?.resourceType !== 'Bundle' || row['type'] !== 'transaction')
        return fail(
          file,
          'a Bundle of type transaction on each line',
          `line ${index + 1}: ${row?.resourceType ?? 'no resource'} ${asString(row?.['type']) ?? ''}`,
        );
      for (const entry of asArray(row['entry'])) {
        const [method, url] = [asString(at(entry, 'request', 'method')), asString(at(entry, 'request', 'url'))];
        if (method !== 'DELETE' || url === undefined)
          return fail(file, 'entries with request.method DELETE and request.url', `line ${index + 1}: ${method ?? 'no method'} ${url ?? 'no url'}`);
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
    if (!gone.has(reference))
      return warn(job.final, `${reference} in the deleted files`, `deleted: ${JSON.stringify(job.manifest['deleted'] ?? null)}`);
    return pass;
  }
  return files.length > 0 ? pass : notApplicable('Nothing was reported as deleted, and the target file offers no way to delete something.');
};

export const manifestChecks: readonly Check[] = [
  {
    id: 'bulk.manifest.complete',
    level: 'SHALL',
    lines: ['L5'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'A finished job answers 200 with Content-Type application/json and the manifest.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: declaresBulk,
    judge: onExports(mainExports, ({ final }) => {
      const media = mediaTypeOf(final.response);
      return check(media === 'application/json', final, '200 with Content-Type application/json', `Content-Type ${media === '' ? 'absent' : media}`);
    }),
    faults: [
      {
        name: 'sends the manifest as application/fhir+json',
        at: 'bulk.status',
        alter: onStatus(200, withHeader('content-type', 'application/fhir+json')),
      },
    ],
  },
  {
    id: 'bulk.manifest.fields',
    level: 'SHALL',
    lines: ['L2', 'L5'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'The manifest has transactionTime (instant), request (full kick-off URL), requiresAccessToken (boolean), output and error arrays.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: declaresBulk,
    judge: onExports(mainExports, fields),
    faults: [
      { name: 'leaves error out of the manifest', at: 'bulk.status', alter: onManifest(mainKickoff, (manifest) => without(manifest, 'error')) },
      {
        name: 'writes requiresAccessToken as text',
        at: 'bulk.status',
        alter: onManifest(mainKickoff, (manifest) => ({ ...manifest, requiresAccessToken: 'true' })),
      },
      {
        name: 'names another request in the manifest',
        at: 'bulk.status',
        alter: onManifest(mainKickoff, (manifest) => ({ ...manifest, request: `${asString(manifest['request'])}&_since=2020-01-01T00:00:00Z` })),
      },
    ],
  },
  {
    id: 'bulk.manifest.output-items',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Each output item has url (absolute) and, unless output is organized by resource, type.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '2.0.0; 3.0.0 adds organizeOutputBy; 1.0.1 without absolute',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: declaresBulk,
    judge: onExports(mainExports, (job) =>
      worst([
        pass,
        ...itemsOf(job.manifest, 'output').map((item) =>
          all(
            () => check(item.type !== undefined, job.final, 'a type on each output item', JSON.stringify(item.raw)),
            () => check(isHttpUrl(item.url), job.final, 'an absolute url on each output item', `url ${item.url ?? 'absent'}`),
          ),
        ),
      ]),
    ),
    faults: [
      {
        name: 'lists a relative file url',
        at: 'bulk.status',
        alter: onManifest(mainKickoff, (manifest) => ({
          ...manifest,
          output: asArray(manifest['output']).map((item, index) =>
            index > 0 || !isObject(item) ? item : { ...item, url: (asString(item['url']) ?? '').replace(/^https?:\/\/[^/]+/, '') },
          ),
        })),
      },
    ],
  },
  {
    id: 'bulk.manifest.expires',
    level: 'SHOULD',
    lines: ['L6'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'The complete answer has an Expires header in the future.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '2.0.0; unchanged in 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: bulkFrom('2.0.0'),
    judge: onExports(mainExports, ({ final }) => {
      const seen = final.response?.headers['expires'];
      const value = parseHttpDate(seen);
      return check(
        value !== undefined && value > Date.parse(final.startedAt),
        final,
        'Expires, an HTTP date that lies ahead',
        `Expires: ${seen ?? 'absent'}`,
      );
    }),
    faults: [
      { name: 'sends no Expires with the manifest', at: 'bulk.status', alter: onStatus(200, withHeader('expires', undefined)) },
      { name: 'sends a manifest that has expired', at: 'bulk.status', alter: onStatus(200, withHeader('expires', 'Mon, 05 Jan 2026 08:00:00 GMT')) },
    ],
  },
  {
    id: 'bulk.manifest.requires-token-true',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'requiresAccessToken is true when both API and file server use OAuth bearer tokens.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: declaresBulk,
    judge: onExport('group', (job, evidence) => {
      const refused = select(evidence, { step: 'bulk.file', probe: 'bulk.file.no-token' })[0];
      if (!refused)
        return itemsOf(job.manifest, 'output').length === 0
          ? notApplicable('The export has no file.')
          : notReached(evidence, { step: 'bulk.file', probe: 'bulk.file.no-token' });
      if (![401, 403].includes(statusOf(refused))) return notApplicable('The files do not need a token.');
      const taken = [...filesOfKind(job, 'output'), ...select(evidence, { step: 'bulk.file', variant: 'group/with-token' })].some(
        (file) => statusOf(file) === 200,
      );
      if (typeof job.manifest['requiresAccessToken'] !== 'boolean')
        return notTestable('requiresAccessToken is neither true nor false (see bulk.manifest.fields).');
      if (!taken) return notTestable('No file could be had with the token of the kick-off.');
      return check(
        job.manifest['requiresAccessToken'] === true,
        job.final,
        'requiresAccessToken: true, as the files need the token',
        `requiresAccessToken: ${JSON.stringify(job.manifest['requiresAccessToken'])}`,
      );
    }),
    faults: [
      {
        name: 'says that files need no token, and refuses them without one',
        at: 'bulk.status',
        alter: onManifest(mainKickoff, (manifest) => ({ ...manifest, requiresAccessToken: false })),
        alsoFails: {
          'bulk.file.capability-url': 'the same contradiction seen from the file',
          'bulk.file.accessible': 'asked for as flagged, the files are refused',
        },
      },
    ],
  },
  {
    id: 'bulk.manifest.partial-success',
    level: 'SHALL',
    lines: ['L7'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'A job with some failed resources ends with 200 and OperationOutcome rows in error files.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---error-status-1',
      section: '#response---error-status-1',
    },
    applies: allOf(
      declaresBulk,
      named('Group whose export succeeds in part (bulk.partialGroup)', ({ target }) => target.bulk?.partialGroup),
    ),
    judge: (evidence) => {
      const last = select(evidence, { step: 'bulk.status', variant: 'partly-failing' }).at(-1);
      if (last && statusOf(last) >= 400) return notApplicable('The job failed as a whole.');
      return onExport('partly-failing', (job) => {
        const files = filesOfKind(job, 'error');
        return check(
          files.length > 0,
          job.final,
          'error files with an OperationOutcome for what is missing',
          `error: ${JSON.stringify(job.manifest['error'] ?? null)}`,
        );
      })(evidence);
    },
    faults: [
      { name: 'hides that resources are missing', at: 'bulk.status', alter: onManifest(/partial-a/, (manifest) => ({ ...manifest, error: [] })) },
    ],
  },
  {
    id: 'bulk.manifest.stable',
    level: 'FAST',
    lines: ['L5'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Polling a finished job again gives the same transactionTime and the same set of files (URLs may be renewed).',
    source: { ig: 'FAST use case: provider requests patient information from plan', version: '', url: '', section: 'Scenario 6' },
    applies: declaresBulk,
    judge: onExport('group', (job, evidence) => {
      const again = select(evidence, { step: 'bulk.status', variant: 'group/again' })[0];
      if (!again) return notReached(evidence, { step: 'bulk.status', variant: 'group/again' });
      if ([404, 410].includes(statusOf(again))) {
        const expires = parseHttpDate(job.final.response?.headers['expires']);
        if (expires !== undefined && expires <= Date.parse(again.startedAt)) return notApplicable('The manifest had expired before the second look.');
      }
      const later = jsonOf(again.response);
      return check(
        gist(job.manifest) === gist(later),
        again,
        `the same manifest again: ${gist(job.manifest)}`,
        isObject(later) ? gist(later) : describeBody(again),
      );
    }),
    faults: [{ name: 'gives a new transactionTime at each poll', at: 'bulk.status', behaviour: 'moves-transaction-time' }],
  },
  {
    id: 'bulk.manifest.empty',
    level: 'SHOULD',
    lines: ['L2'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'A job without data gives output: [].',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: declaresBulk,
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
      },
    ],
  },
  {
    id: 'bulk.manifest.count',
    level: 'MAY',
    lines: ['L2'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'count, if present, equals the number of rows.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: declaresBulk,
    judge: onExports(mainExports, (job) => {
      const counted = itemsOf(job.manifest, 'output').filter((item) => at(item.raw, 'count') !== undefined);
      if (counted.length === 0) return notApplicable('The manifest carries no count.');
      return worst(
        counted.map((item) => {
          const file = fileOf(job, item);
          const lines = file?.facts?.['file.lines'];
          if (!file || statusOf(file) !== 200 || typeof lines !== 'number' || unreadable(file))
            return notTestable(`The file ${item.url ?? ''} was not had.`);
          return at(item.raw, 'count') === lines
            ? pass
            : warn(file, `${JSON.stringify(at(item.raw, 'count'))} rows of ${item.type ?? ''}, as the manifest counts`, `${lines} rows`);
        }),
      );
    }),
    faults: [
      {
        name: 'counts wrongly',
        at: 'bulk.status',
        alter: onManifest(mainKickoff, (manifest) => ({
          ...manifest,
          output: asArray(manifest['output']).map((item) => (isObject(item) ? { ...item, count: Number(item['count']) + 1 } : item)),
        })),
      },
    ],
  },
  {
    id: 'bulk.manifest.deleted',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Where deleted[] has files, each line is a Bundle of type transaction whose entries have request.method DELETE and request.url, and these resources are not in output.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '2.0.0; unchanged in 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: bulkFrom('2.0.0'),
    judge: onExport('since/second', deletedJudge),
    faults: [
      {
        name: 'reports deletions as PUT',
        at: 'bulk.file',
        alter: where(/\/deleted\//, (response) => ({ ...response, body: response.body.replaceAll('"DELETE"', '"PUT"') })),
      },
      { name: 'keeps a deleted resource in output', at: 'bulk.status', behaviour: 'keeps-deleted' },
    ],
  },
  {
    id: 'bulk.manifest.link-next',
    level: 'SHALL',
    lines: ['L5'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'With allowPartialManifests=true, link has a single relation next, linked manifests repeat the other fields, and listed files do not change.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: bulkFrom('3.0.0'),
    judge: (evidence) => {
      const first = exportOf(evidence, 'partial');
      if (!isExport(first)) {
        const started = select(evidence, { step: 'bulk.kickoff', variant: 'partial' })[0];
        return started && statusOf(started) >= 400 && statusOf(started) < 500 ? notApplicable('The payer refuses allowPartialManifests.') : first;
      }
      const links = asArray(first.manifest['link']);
      if (links.length === 0) return notApplicable('The payer gave one whole manifest.');
      if (links.length !== 1 || at(links[0], 'relation') !== 'next' || !isHttpUrl(at(links[0], 'url')))
        return fail(first.final, 'link with one object {relation: next, url}', JSON.stringify(links));
      const pages = select(evidence, { step: 'bulk.manifest', variant: 'partial' });
      if (pages.length === 0) return notReached(evidence, { step: 'bulk.manifest', variant: 'partial' });
      for (const page of pages) {
        const value = jsonOf(page.response);
        if (!isObject(value)) return fail(page, 'the next part of the manifest', describeBody(page));
        if (rest(value) !== rest(first.manifest)) return fail(page, `the fields of the first manifest: ${rest(first.manifest)}`, rest(value));
      }
      const again = select(evidence, { step: 'bulk.status', variant: 'partial/again' })[0];
      return again
        ? check(gist(first.manifest) === gist(jsonOf(again.response)), again, 'the same files in the first manifest', gist(jsonOf(again.response)))
        : pass;
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
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Files in error[] have the same format as output files and hold OperationOutcome resources.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: declaresBulk,
    judge: (evidence) => {
      const jobs = [...mainExports, 'lenient', 'partly-failing'].map((variant) => exportOf(evidence, variant)).filter(isExport);
      const listed = jobs.flatMap((job) => itemsOf(job.manifest, 'error').map((item) => ({ job, item })));
      if (jobs.length === 0) return notReached(evidence, { step: 'bulk.status' });
      if (listed.length === 0) return notApplicable('No manifest lists an error file.');
      return worst(
        listed.map(({ job, item }) => {
          if (item.type !== 'OperationOutcome') return fail(job.final, 'type OperationOutcome on each error item', `type ${item.type ?? 'absent'}`);
          const file = fileOf(job, item);
          if (!file || statusOf(file) !== 200) return notTestable(`The error file ${item.url ?? ''} was not had.`);
          const odd = linesOf(file).findIndex((row) => row?.resourceType !== 'OperationOutcome');
          return check(odd < 0, file, 'an OperationOutcome on each line', `line ${odd + 1} is ${linesOf(file)[odd]?.resourceType ?? 'no resource'}`);
        }),
      );
    },
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
    scenarios: ['S3', 'S5', 'S6'],
    text: 'A type without data has no output item.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: declaresBulk,
    judge: onExport('repeated-type', (job, { target }) => {
      const type = target.bulk?.emptyType ?? 'RelatedPerson';
      if (!typesOf(job).includes(type)) return pass;
      const rows = rowsOf(job, type);
      if (rows.length > 0) return notApplicable(`The members have ${type} resources; name a type that they have none of (bulk.emptyType).`);
      return fail(job.final, `no item of type ${type}, as there is no data`, 'an item that points to an empty file');
    }),
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
      },
    ],
  },
];
