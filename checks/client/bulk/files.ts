import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, jsonOf, linkOf, at as path } from '../../../src/core/fhir.ts';
import { check, fail, notApplicable, notTestable, pass, worst, worstOfAll } from '../../../src/core/findings.ts';
import type { Exchange, Finding, Json } from '../../../src/core/model.ts';
import { asynchronous, panel } from '../../../src/core/steps.ts';
import { bulkData, bulkData3, useCase } from '../../sources.ts';
import { at, atMost, due, header, none, onCase, onEvery, onPlayed, repeatsOf, served, status } from '../marks.ts';
import { since30 } from './holds.ts';

const file = at('bulk.file');
const manifests = (heard: readonly Exchange[]): readonly Json[] =>
  heard.flatMap((each) => (at('bulk.status', 'bulk.manifest')(each) && status(each) === 200 ? (jsonOf(each.response) ?? []) : []));
const urlsIn = (manifest: Json, kind: string): readonly string[] =>
  asArray(path(manifest, kind)).flatMap((each) => asString(path(each, 'url')) ?? []);
const asked = (heard: readonly Exchange[], url: string): readonly Exchange[] => heard.filter((each) => each.request.url === url);
const missing = (heard: readonly Exchange[], urls: readonly string[], seen: Exchange, what: string): Finding => {
  const left = urls.filter((url) => asked(heard, url).length === 0);
  return check(left.length === 0, seen, `every ${what} of the manifest asked for`, `${left.length} of ${urls.length} never were, e.g. ${left[0]}`);
};
const gotManifest = (each: Exchange): boolean => at('bulk.status')(each) && status(each) === 200;
const fileRequest = bulkData3('export.html#bulk-data-output-file-request');

export const fileRows: readonly ClientRow[] = [
  {
    id: 'client.bulk.file.accept-encoding',
    level: 'SHOULD',
    text: 'File requests offer gzip.',
    source: fileRequest,
    holds: since30,
    lines: ['L2', 'L6'],
    scenarios: asynchronous,
    judge: onEvery('file request', file, (each) =>
      check(/\bgzip\b/i.test(header(each, 'accept-encoding')), each, 'Accept-Encoding with gzip', header(each, 'accept-encoding') || 'none'),
    ),
    faults: [
      {
        name: 'asks for files as they are',
        sends: (request) => (/\.ndjson/.test(request.url) ? { ...request, headers: { ...request.headers, 'accept-encoding': 'identity' } } : request),
      },
    ],
  },
  {
    id: 'client.bulk.file.gzip',
    level: 'SHALL',
    text: 'Plain and gzip files are both accepted.',
    source: fileRequest,
    holds: since30,
    lines: ['L2'],
    scenarios: asynchronous,
    cases: ['B8'],
    judge: onCase(
      ['B8'],
      (each) => file(each) && each.response?.headers['content-encoding'] === 'gzip',
      ({ heard }) =>
        none(
          heard.filter((each) => file(each) && each.response?.headers['content-encoding'] === 'gzip').flatMap((each) => repeatsOf(each, heard)),
          'second request for a file that had come in gzip',
        ),
    ),
    faults: [
      {
        name: 'asks for each gzip file again as it is',
        behaves: 'fetches-gzip-again',
        alsoFails: { 'client.bulk.file.accept-encoding': 'the second request offers no gzip' },
      },
    ],
  },
  {
    id: 'client.bulk.file.token-when-required',
    level: 'SHALL',
    text: 'Files of a manifest with requiresAccessToken true are fetched with a valid token.',
    source: bulkData('export.html#bulk-data-output-file-request'),
    lines: ['L3'],
    scenarios: asynchronous,
    cases: ['B1'],
    anywhere: true,
    judge: ({ heard }) => {
      const needed = new Set(
        heard.filter(gotManifest).flatMap((each) => (path(jsonOf(each.response), 'requiresAccessToken') === false ? [] : [each.suite])),
      );
      const files = heard.filter((each) => file(each) && needed.has(each.suite) && each.facts?.['heard.listener'] === 'payer');
      if (files.length === 0) return notTestable('The client fetched no file of such a manifest in this run.', 'not-offered');
      // One that ended on the way is renewed and asked again: what counts is whether each file was asked for with a good one.
      const good = (each: Exchange): boolean => {
        const token = each.facts?.['heard.token'];
        return typeof token === 'object' && token.left > 0;
      };
      return worstOfAll(
        files.map((each) =>
          check(
            good(each) || repeatsOf(each, files).some(good),
            each,
            'an access token that is still alive',
            `${JSON.stringify(each.facts?.['heard.token'] ?? 'no Authorization')} (${each.suite})`,
          ),
        ),
      );
    },
    faults: [{ name: 'fetches files without the token', behaves: 'files-without-token' }],
  },
  {
    id: 'client.bulk.file.no-token',
    level: 'SHALL',
    text: 'Files of a manifest with requiresAccessToken false are fetched without the token.',
    source: fileRequest,
    holds: [...since30, { ig: since30[0].ig, to: '2.0.0', level: 'FAST' }],
    lines: ['L3'],
    scenarios: asynchronous,
    cases: ['B9'],
    judge: onCase(['B9'], gotManifest, ({ heard, seen }) => {
      const files = heard.filter((each) => each.facts?.['heard.listener'] === 'canary');
      if (files.length === 0) return notTestable('The client fetched no file of the manifest.', 'not-offered');
      const urls = manifests(heard).flatMap((each) => urlsIn(each, 'output'));
      return worst([
        none(
          files.filter((each) => header(each, 'authorization') !== ''),
          'Authorization at the host of the files',
        ),
        check(
          files.every((each) => urls.includes(each.request.url)),
          seen,
          'the address as the manifest gives it, query included',
          files.find((each) => !urls.includes(each.request.url))?.request.url ?? '',
        ),
      ]);
    }),
    faults: [{ name: 'sends the token to the host of the files', behaves: 'token-everywhere' }],
  },
  {
    id: 'client.bulk.token-renewal',
    level: 'FAST',
    text: 'A token that ends in the middle is renewed and the same job goes on.',
    source: useCase('Requirement line L3 trust'),
    lines: ['L3', 'L5'],
    scenarios: asynchronous,
    cases: ['B10'],
    judge: onCase(['B10'], at('bulk.status'), (scene) => {
      const { heard, seen } = scene;
      const over = heard.some((each) => status(each) === 401) || heard.filter((each) => each.facts?.['heard.gave'] !== undefined).length > 1;
      if (!over) return notTestable('The job ended before the token did.', 'ours');
      const files = heard.filter((each) => file(each) && served(each));
      const twice = files.filter((each) => status(each) === 200).flatMap((each) => repeatsOf(each, files));
      return worst([
        atMost(1, heard.filter(at('bulk.kickoff')), 'kick-off', seen),
        due(scene, check(files.length > 0, seen, 'the files of the job, with a new token', 'no file came')),
        none(twice, 'second fetch of a file that had come whole'),
      ]);
    }),
    faults: [{ name: 'starts the export anew when its token is over', behaves: 'starts-again-after-401' }],
  },
  {
    id: 'client.bulk.manifest.next',
    level: 'FAST',
    text: 'All linked manifests and all their files are fetched.',
    source: useCase('Requirement line L2 payload'),
    lines: ['L2'],
    scenarios: asynchronous,
    cases: ['B11'],
    judge: onCase(['B11'], gotManifest, (scene) => {
      const { heard, seen } = scene;
      const all = manifests(heard);
      const next = all.flatMap((each) => linkOf(each, 'next') ?? []);
      if (next.length === 0) return notApplicable('The kick-off did not ask for partial manifests.');
      return worst([
        due(scene, missing(heard, next, seen, 'linked manifest')),
        due(
          scene,
          missing(
            heard,
            all.flatMap((each) => urlsIn(each, 'output')),
            seen,
            'output file',
          ),
        ),
      ]);
    }),
    faults: [{ name: 'fetches the files of the first manifest only', behaves: 'one-manifest' }],
  },
  {
    id: 'client.bulk.error-files',
    level: 'FAST',
    text: 'The error files of a manifest are read.',
    source: useCase('Requirement line L7 errors'),
    lines: ['L7'],
    scenarios: asynchronous,
    cases: ['B1'],
    ours: 'What an export left out is said in its error files only; whoever does not read them takes a part for the whole.',
    judge: onCase(['B1'], gotManifest, (scene) => {
      const { heard, seen, play } = scene;
      const unread = missing(
        heard,
        manifests(heard).flatMap((each) => urlsIn(each, 'error')),
        seen,
        'error file',
      );
      if (unread.outcome !== 'fail' || play.cut) return due(scene, unread);
      if (play.shown === undefined)
        return notTestable('The error files were not read, and nobody told whether the export was called incomplete.', 'test-data');
      return play.shown.some((each) => /incomplete|left out|not read|errors?\b/i.test(each)) ? pass : unread;
    }),
    faults: [{ name: 'reads no error files', behaves: 'no-error-files' }],
  },
  {
    id: 'client.bulk.file.count',
    level: 'FAST',
    text: 'The client checks that each file is whole before it uses it.',
    source: useCase('Requirement line L2 payload'),
    lines: ['L2', 'L7'],
    scenarios: asynchronous,
    cases: ['B12', 'B12b'],
    judge: onPlayed(
      ['B12', 'B12b'],
      (each) => each.facts?.['heard.end'] === 'broken off by the script' || (file(each) && each.request.url.endsWith('/short.ndjson')),
      ({ heard, seen, play }) => {
        const again = repeatsOf(seen, heard).length;
        if (again > 0) return atMost(3, repeatsOf(seen, heard), 'more requests for the file', seen);
        if (play.shown === undefined)
          return notTestable(`Case ${play.case}: the file was not fetched again, and nobody told whether the loss was reported.`, 'test-data');
        return play.shown.some((each) => /torn|whole|incomplete|broke|missing|fewer|short/i.test(each))
          ? pass
          : fail(seen, 'the file that is not whole again, or a word about it', 'it was fetched once and nothing was told');
      },
    ),
    faults: [
      { name: 'takes a torn file as it came', behaves: 'takes-torn-files', in: ['B12'] },
      { name: 'counts no lines', behaves: 'counts-no-lines', in: ['B12b'] },
    ],
  },
  {
    id: 'client.bulk.incremental-since',
    level: 'FAST',
    text: 'The next export starts at transactionTime of the last one, not at the client clock.',
    source: useCase('Requirement line L2 payload'),
    lines: ['L2', 'L6'],
    scenarios: panel,
    cases: ['B13'],
    judge: onCase(['B13'], gotManifest, ({ after, seen }) => {
      const second = after.find(at('bulk.kickoff'));
      if (second === undefined) return notTestable('No second export followed.', 'not-offered');
      const since = /[?&"]_since(?:=|","valueInstant":")([^&"]+)/.exec(`${second.request.url} ${second.request.body ?? ''}`)?.[1];
      const time = asString(path(jsonOf(seen.response), 'transactionTime'));
      const equal = since !== undefined && time !== undefined && Date.parse(decodeURIComponent(since)) === Date.parse(time);
      return check(equal, second, `_since ${time} (transactionTime of the last export)`, since ?? 'no _since');
    }),
    faults: [{ name: 'starts the next export at its own clock', behaves: 'own-clock' }],
  },
];
