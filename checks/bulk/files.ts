import { versionOf } from '../../src/core/binding.ts';
import { beside, refusal } from '../../src/core/controls.ts';
import { asArray, asString, isObject, jsonOf, mediaTypeOf, type Resource } from '../../src/core/fhir.ts';
import {
  check,
  describeBody,
  fail,
  notApplicable,
  notReached,
  notTestable,
  onEach,
  onFirst,
  pass,
  select,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { unread } from '../../src/core/sample.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { isHttpUrl, parseUrl } from '../../src/core/url.ts';
import { compareVersions } from '../../src/core/versions.ts';
import { follows } from '../applies.ts';
import { group } from '../group.ts';
import { bulkData, bulkData3 } from '../sources.ts';
import { fewBytesKept, html, mainKickoff, onManifest, where, withHeader } from './alter.ts';
import { ownAnswer, refusedAccess } from './controls.ts';
import { type Export, filesOfKind, type Item, itemsOf, onEveryDownload, onExport, unreadable } from './exports.ts';

/** Files of every export, each judged; with the export they belong to. An export that lists no file says nothing of files. */
const onFiles =
  (judge: (file: Exchange, job: Export) => Finding) =>
  (evidence: Evidence): Finding =>
    onEveryDownload((job) => {
      const files = filesOfKind(job, 'output');
      return files.length === 0 ? noFile(job) : worst(files.map((file) => unanswered(file) ?? judge(file, job)));
    })(evidence);

const noFile = (job: Export): Finding =>
  itemsOf(job.manifest, 'output').length === 0
    ? notTestable(`The export "${job.variant}" lists no file.`, 'test-data')
    : notTestable(`No file of the export "${job.variant}" was asked for.`, 'ours');

const notHad = (file: Exchange): Finding =>
  notTestable(`${file.request.url} could not be downloaded: ${describeBody(file)} (see bulk.file.accessible).`, 'payer');

function ndjson(file: Exchange): Finding {
  if (statusOf(file) !== 200) return notHad(file);
  if (unreadable(file)) return notTestable(`${file.request.url} cannot be decoded (see bulk.file.encoding).`, 'payer');
  const { facts = {} } = file;
  const type = asString(facts['file.type']);
  const media = mediaTypeOf(file.response);
  if (media !== 'application/fhir+ndjson')
    return fail(file, 'Content-Type application/fhir+ndjson', `Content-Type ${media === '' ? 'absent' : media}`);
  const bad = facts['file.bad'];
  if (isObject(bad)) return fail(file, 'one JSON resource on each line', `line ${JSON.stringify(bad['line'])}: ${asString(bad['why']) ?? ''}`);
  const types = Object.keys(isObject(facts['file.types']) ? facts['file.types'] : {});
  if (type !== undefined && type !== '' && types.some((each) => each !== type))
    return fail(file, `${type} resources only`, `also ${types.filter((each) => each !== type).join(', ')}`);
  const unseen = unread(file);
  if (unseen !== undefined) return notTestable(`Nothing was found against it, but ${unseen}.`, 'ours');
  return facts['file.bom'] === true ? warn(file, 'no byte order mark (RFC 8259)', 'a byte order mark before the first line') : pass;
}

/** A file refused to whoever brings no valid token, where the same URL is served to the token of the kick-off. */
export const refusedFile = (exchange: Exchange, evidence: Evidence): Finding =>
  refusal(exchange, ownAnswer(evidence, exchange), 'The same file with the token of the kick-off', () =>
    refusedAccess(exchange, 'a file without a valid token'),
  );

/** A file that does not exist: an error whose body is what its Content-Type says. The same bytes again: the changed part of the URL is not looked at. */
function missingFile(exchange: Exchange, evidence: Evidence): Finding {
  const seen = statusOf(exchange);
  const served = select(evidence, { step: 'bulk.file', where: (each) => statusOf(each) === 200 && each.facts?.['file.sha256'] !== undefined });
  const control = served.find(({ request }) => exchange.request.url.startsWith(parseUrl(request.url)?.origin ?? ' '));
  return beside(control, 'A file that the manifest lists', () => {
    if (seen === 200 && served.some((each) => each.facts?.['file.sha256'] === exchange.facts?.['file.sha256']))
      return notTestable('The same file came again: the payer does not look at the part of the URL that was changed.', 'payer');
    if (seen < 400) return fail(exchange, 'a 4xx or 5xx status for a file that does not exist', describeBody(exchange));
    const media = mediaTypeOf(exchange.response);
    const named = exchange.response?.body !== '' && /json$/.test(media) && jsonOf(exchange.response) === undefined;
    return named ? warn(exchange, `an error body that is ${media}, as its Content-Type says`, describeBody(exchange)) : pass;
  });
}

const encodingJudge = (file: Exchange, evidence: Evidence): Finding => {
  const sent = file.response?.headers['content-encoding'];
  const finding = ((): Finding => {
    if (statusOf(file) !== 200) return notHad(file);
    if (sent !== undefined && !['identity', 'gzip', 'x-gzip'].includes(sent.toLowerCase()))
      return fail(file, 'an encoding that was offered, or gzip', `Content-Encoding: ${sent}`);
    const broken = asString(file.facts?.['file.decodeError']);
    if (broken !== undefined) return fail(file, `a body in ${sent ?? 'identity'} encoding`, broken);
    return check(
      file.facts?.['file.gzipBytes'] !== true || sent !== undefined,
      file,
      'Content-Encoding: gzip on gzip bytes',
      'gzip bytes without Content-Encoding',
    );
  })();
  const version = versionOf(evidence, guides.bulk);
  // Before Bulk Data 3.0 this is HTTP's rule, not the guide's.
  return finding.outcome === 'fail' && (version === undefined || compareVersions(version, '3.0.0') < 0)
    ? { ...finding, severity: 'warning' }
    : finding;
};

/** A listed file is served. Where nobody listens at the URL, that is the payer's word about its own file; a connection that breaks is not. */
function isServed(job: Export, item: Item): Finding {
  const expected = '200 for a file that the manifest lists';
  // The first answer, to the request as the manifest wants it.
  const file = job.tried.find((each) => each.request.url === item.url);
  if (!file) return notTestable(`${item.url} was not asked for.`, 'ours');
  if (file.error?.code === 'refused' || file.error?.code === 'dns')
    return fail(file, expected, `nobody answers at ${item.url}: ${file.error.message}`);
  return unanswered(file) ?? check(statusOf(file) === 200, file, expected, describeBody(file));
}

export const plain = (row: Resource): string => JSON.stringify(row);

export const fileChecks: readonly Check[] = group({ scenarios: asynchronous, holds: [{ ig: guides.bulk }] }, [
  {
    id: 'bulk.file.ndjson',
    level: 'SHALL',
    lines: ['L2'],
    text: 'Files are NDJSON with Content-Type application/fhir+ndjson, one resource of the declared type per line.',
    source: bulkData('export.html#bulk-data-output-file-request'),
    judge: onFiles(ndjson),
    faults: [
      { name: 'sends files as application/json', at: 'bulk.file', alter: withHeader('content-type', 'application/json') },
      {
        name: 'splits a resource over two lines',
        at: 'bulk.file',
        behaviour: 'splits-a-line',
        alsoFails: { 'bulk.manifest.count': 'one line too many' },
      },
      { name: 'sends a JSON array', at: 'bulk.file', behaviour: 'sends-an-array', alsoFails: { 'bulk.manifest.count': 'an array is one line' } },
      {
        name: 'mixes types in one file',
        at: 'bulk.file',
        behaviour: 'mixes-types',
        alsoFails: { 'payload.r4': 'a resource under another type has elements of the first' },
      },
      {
        name: 'ends a file too large to store with a row of another type',
        at: 'bulk.status',
        behaviour: 'ends-with-another-type',
        target: fewBytesKept,
        alsoFails: { 'payload.r4': 'a resource under another type has elements of the first' },
      },
      { name: 'begins a file with a byte order mark', at: 'bulk.file', behaviour: 'sends-a-bom' },
    ],
  },
  {
    id: 'bulk.file.token',
    level: 'SHALL',
    lines: ['L3'],
    text: 'When requiresAccessToken is true a file request without a valid token fails, and with the token succeeds.',
    source: bulkData('export.html#bulk-data-output-file-request'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    judge: onExport('group', (job, evidence) => {
      if (job.manifest['requiresAccessToken'] !== true) return notApplicable('The manifest says that files need no token.');
      return worst(['bulk.file.no-token', 'bulk.file.broken-token'].map((probe) => onEach({ step: 'bulk.file', probe }, refusedFile)(evidence)));
    }),
    faults: [{ name: 'serves files to everybody', at: 'bulk.file', behaviour: 'opens-main-files' }],
  },
  {
    id: 'bulk.file.capability-url',
    level: 'SHALL',
    lines: ['L3'],
    text: 'When requiresAccessToken is false the URL works without a token.',
    source: bulkData3('export.html#bulk-data-output-file-request'),
    holds: [{ ig: guides.bulk, from: '3.0.0' }],
    judge: onExport('group', (job, evidence) => {
      if (job.manifest['requiresAccessToken'] !== false) return notApplicable('The manifest says that files need a token.');
      return onEach({ step: 'bulk.file', probe: 'bulk.file.no-token' }, (exchange) =>
        check(statusOf(exchange) === 200, exchange, '200 without a token', describeBody(exchange)),
      )(evidence);
    }),
    faults: [
      {
        name: 'hands out capability URLs that do not work',
        at: 'bulk.status',
        alter: onManifest(mainKickoff, (manifest) => ({ ...manifest, requiresAccessToken: false })),
        alsoFails: {
          'bulk.manifest.requires-token-true': 'the same contradiction seen from the manifest',
          'bulk.file.accessible': 'asked for as flagged, the files are refused',
        },
      },
    ],
  },
  {
    id: 'bulk.file.encoding',
    level: 'SHALL',
    lines: ['L2'],
    text: 'Compressed files are announced by Content-Encoding.',
    source: bulkData3('export.html#bulk-data-output-file-request'),
    judge: (evidence) => {
      const files = select(evidence, { step: 'bulk.file', where: ({ variant }) => variant !== 'group/deleted' && variant !== 'attachment' });
      const had = files.filter((each) => statusOf(each) === 200 && (each.facts?.['file.lines'] !== undefined || unreadable(each)));
      if (had.length > 0) return worst(had.map((file) => encodingJudge(file, evidence)));
      const [first] = files;
      if (!first) return notReached(evidence, { step: 'bulk.file' });
      return unanswered(first) ?? (statusOf(first) === 200 ? notTestable('No file was read to its end.', 'ours') : notHad(first));
    },
    faults: [
      { name: 'compresses without saying so', at: 'bulk.file', behaviour: 'hides-gzip' },
      { name: 'cuts the compressed stream short', at: 'bulk.file', behaviour: 'cuts-gzip' },
    ],
  },
  {
    id: 'bulk.file.error',
    level: 'SHALL',
    lines: ['L7'],
    text: 'A file error is 4XX/5XX.',
    source: bulkData('export.html#bulk-data-output-file-request'),
    judge: onFirst({ step: 'bulk.file', probe: 'bulk.file.mangled' }, missingFile),
    faults: [{ name: 'answers 200 with a page for a file that does not exist', at: 'bulk.file', alter: where(/-no-such-file/, html(200)) }],
  },
  {
    id: 'bulk.tls',
    level: 'SHALL',
    lines: ['L3'],
    text: 'All exchanges (kick-off, status, manifest, file) use TLS 1.2 or newer.',
    source: bulkData3('export.html#privacy-and-security-considerations'),
    holds: [],
    applies: (evidence) => {
      const bound = follows(guides.bulk)(evidence);
      if (bound !== true) return bound;
      const { base } = evidence.target.fhir ?? {};
      const local = base !== undefined && parseUrl(base)?.scheme === 'http';
      return !local || evidence.target.statements?.['tls.always'] === true || 'The FHIR base is plain http: a local test server.';
    },
    judge: (evidence) => {
      const told = select(evidence, { step: 'bulk.kickoff' }).flatMap((exchange) => {
        const url = exchange.response?.headers['content-location'];
        return isHttpUrl(url) ? [{ exchange, url }] : [];
      });
      const listed = select(evidence, { step: 'bulk.status', where: (each) => statusOf(each) === 200 }).flatMap((exchange) =>
        itemsOf(jsonOf(exchange.response) ?? null).flatMap(({ url }) => (isHttpUrl(url) ? [{ exchange, url }] : [])),
      );
      const all = [...told, ...listed];
      if (all.length === 0) return notReached(evidence, { step: 'bulk.kickoff' });
      const open = all.find(({ url }) => parseUrl(url)?.scheme !== 'https');
      return open ? fail(open.exchange, 'https for status and file URLs', open.url) : pass;
    },
    faults: [
      {
        name: 'hands out plain http file URLs',
        // The second step asks for a payer on https.
        at: ['bulk.status', 'tls'],
        alter: onManifest(mainKickoff, (manifest) => ({
          ...manifest,
          output: asArray(manifest['output']).map((item) =>
            isObject(item) ? { ...item, url: (asString(item['url']) ?? '').replace(/^https:/, 'http:') } : item,
          ),
        })),
      },
    ],
  },
  {
    id: 'bulk.file.accessible',
    level: 'SHALL',
    lines: ['L2'],
    about: { lost: 'a URL at which nobody listens is what the payer listed; a connection that merely breaks decides nothing here either' },
    text: 'Every file listed in the manifest can be fetched at its url until Expires.',
    source: bulkData3('export.html#response---complete-status'),
    judge: onEveryDownload((job) => {
      const items = itemsOf(job.manifest).filter((item) => isHttpUrl(item.url));
      return items.length === 0 ? noFile(job) : worst(items.map((item) => isServed(job, item)));
    }),
    faults: [{ name: 'does not have a file that it lists', at: 'bulk.file', behaviour: 'loses-a-file' }],
  },
]);
