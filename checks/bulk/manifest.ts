import { decided } from '../../src/core/controls.ts';
import { asArray, asObject, asString, at, isObject, type JsonObject, jsonOf, mediaTypeOf } from '../../src/core/fhir.ts';
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
  together,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import { parseHttpDate } from '../../src/core/http-date.ts';
import type { Check, Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { isHttpUrl, parseUrl, queryOf } from '../../src/core/url.ts';
import { group } from '../group.ts';
import { bulkData, useCase } from '../sources.ts';
import { mainKickoff, onManifest, onStatus, withHeader, without } from './alter.ts';
import { beforeBulk4 } from './applies.ts';
import { exportOf, fileOf, filesOfKind, isExport, itemsOf, onEveryDownload, onEveryExport, onExport, unreadable } from './exports.ts';

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Judges the 200 that ended each job of the run, a manifest or not: `{}` when there is no JSON object in it. */
const onEnd =
  (judge: (manifest: JsonObject, final: Exchange, kickoff: Exchange) => Finding) =>
  (evidence: Evidence): Finding => {
    const ends = select(evidence, { step: 'bulk.kickoff', where: (each) => statusOf(each) === 202 }).flatMap((kickoff) => {
      const { variant } = kickoff;
      const last = variant === undefined ? undefined : select(evidence, { step: 'bulk.status', where: (each) => each.variant === variant }).at(-1);
      return last && statusOf(last) === 200 ? [judge(asObject(jsonOf(last.response)), last, kickoff)] : [];
    });
    if (ends.length > 0) return worst(ends);
    const none = exportOf(evidence, 'group');
    return isExport(none) ? notReached(evidence, { step: 'bulk.status' }) : none;
  };

/** What a manifest must carry: names and JSON types. */
export function fields(manifest: JsonObject, final: Exchange, kickoff: Exchange): Finding {
  if (final.response?.body === '') return fail(final, 'a manifest', describeBody(final));
  const { transactionTime, request, requiresAccessToken, output, error } = manifest;
  const told = (value: Json | undefined): string => (value === undefined ? 'absent' : JSON.stringify(value).slice(0, 80));
  return together(
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
export const gist = (manifest: Json | undefined): string =>
  JSON.stringify([
    at(manifest, 'transactionTime'),
    itemsOf(manifest ?? null)
      .map(({ kind, type, raw }) => [kind, type, at(raw, 'count')].join('|'))
      .sort(),
  ]);

export const manifestChecks: readonly Check[] = group({ scenarios: asynchronous, holds: [{ ig: guides.bulk }] }, [
  {
    id: 'bulk.manifest.complete',
    level: 'SHALL',
    lines: ['L5'],
    text: 'A finished job answers 200 with Content-Type application/json and the manifest.',
    source: bulkData('export.html#response---complete-status'),
    judge: onEnd((_manifest, final) => {
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
    text: 'The manifest has transactionTime (instant), request (full kick-off URL), requiresAccessToken (boolean), output and error arrays.',
    source: bulkData('export.html#response---complete-status'),
    holds: [beforeBulk4],
    judge: onEnd(fields),
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
    text: 'Each output item has url (absolute) and, unless output is organized by resource, type.',
    source: bulkData('export.html#response---complete-status'),
    judge: onEveryExport((job) => {
      const items = itemsOf(job.manifest, 'output');
      // Bulk Data 3.0: "type" is left out where output is organized by Patient.
      const typed = job.manifest['outputOrganizedBy'] === undefined;
      if (items.length === 0) return notTestable(`The export "${job.variant}" lists no file.`, 'test-data');
      return worst(
        items.map((item) =>
          all(
            () => check(!typed || item.type !== undefined, job.final, 'a type on each output item', JSON.stringify(item.raw)),
            () => check(isHttpUrl(item.url), job.final, 'an absolute url on each output item', `url ${item.url ?? 'absent'}`),
          ),
        ),
      );
    }),
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
    text: 'The complete answer has an Expires header in the future.',
    source: bulkData('export.html#response---complete-status'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    judge: onEveryExport(({ final }) => {
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
    text: 'requiresAccessToken is true when both API and file server use OAuth bearer tokens.',
    source: bulkData('export.html#response---complete-status'),
    judge: onExport('group', (job, evidence) => {
      const refused = select(evidence, { step: 'bulk.file', probe: 'bulk.file.no-token' })[0];
      if (!refused)
        return itemsOf(job.manifest, 'output').length === 0
          ? notApplicable('The export has no file.')
          : notReached(evidence, { step: 'bulk.file', probe: 'bulk.file.no-token' });
      const none = decided(refused);
      if (none) return none;
      if (statusOf(refused) === 200) return notApplicable('The files need no token: one was served without.');
      if (![401, 403].includes(statusOf(refused)))
        return notTestable(`It cannot be told whether the files need a token; without one: ${describeBody(refused)}.`, 'payer');
      const taken = [...filesOfKind(job, 'output'), ...select(evidence, { step: 'bulk.file', variant: 'group/with-token' })].some(
        (file) => statusOf(file) === 200,
      );
      if (typeof job.manifest['requiresAccessToken'] !== 'boolean')
        return notTestable('requiresAccessToken is neither true nor false (see bulk.manifest.fields).', 'payer');
      if (!taken) return notTestable('No file could be downloaded with the token of the kick-off.', 'payer');
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
    id: 'bulk.manifest.stable',
    level: 'FAST',
    lines: ['L5'],
    text: 'Polling a finished job again gives the same transactionTime and the same set of files (URLs may be renewed).',
    source: useCase('Scenario 6'),
    judge: onExport('group', (job, evidence) => {
      const again = select(evidence, { step: 'bulk.status', variant: 'group/again' })[0];
      if (!again) return notReached(evidence, { step: 'bulk.status', variant: 'group/again' });
      const none = unanswered(again);
      if (none) return none;
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
    id: 'bulk.manifest.count',
    level: 'MAY',
    lines: ['L2'],
    text: 'count, if present, equals the number of rows.',
    source: bulkData('export.html#response---complete-status'),
    judge: onEveryDownload((job) => {
      const counted = itemsOf(job.manifest).filter((item) => at(item.raw, 'count') !== undefined);
      if (counted.length === 0) return notApplicable('The manifest carries no count.');
      return worst(
        counted.map((item) => {
          const file = fileOf(job, item);
          const lines = file?.facts?.['file.lines'];
          if (!file || statusOf(file) !== 200 || typeof lines !== 'number' || unreadable(file))
            return (
              (file && unanswered(file)) ?? notTestable(`The file ${item.url ?? ''} could not be downloaded (see bulk.file.accessible).`, 'payer')
            );
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
]);
