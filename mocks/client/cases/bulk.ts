import { gzipSync } from 'node:zlib';
import { asArray } from '../../../src/core/fhir.ts';
import type { Json } from '../../../src/core/model.ts';
import type { MockReply } from '../../kernel/payer.ts';
import { act, answers, first, held, later, laterByDate, redirect, refusal, withJson } from '../answers.ts';
import type { Asked, Case, Serving, Stage, Told } from '../case.ts';

const ndjson = (lines: readonly Json[], headers: Record<string, string> = {}): MockReply => ({
  status: 200,
  headers: { 'content-type': 'application/fhir+ndjson', ...headers },
  body: lines.map((each) => `${JSON.stringify(each)}\n`).join(''),
});
/** A file of the script's own: so many resources that nobody has seen before. */
const rows = (type: 'Patient' | 'Coverage' | 'Observation', count: number, word: string): readonly Json[] =>
  Array.from({ length: count }, (_, nth) => ({ resourceType: type, id: `${word}-${nth + 1}`, ...least[type] }));
const least = {
  Patient: {},
  Coverage: { status: 'active', beneficiary: { display: 'A member' }, payor: [{ display: 'Sunrise Health Plan' }] },
  Observation: { status: 'final', code: { text: 'Result' } },
} as const;
const warning = (stage: Stage): Json => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'warning', code: 'incomplete', details: { text: `Claims of one month are left out. (${stage.word})` } }],
});

/** Files at `/files/NAME`, served with a token or without. */
const filesAt =
  (table: Readonly<Record<string, () => MockReply>>) =>
  (asked: Asked): Told | undefined => {
    const make = table[asked.path.replace(/^\/files\//, '')];
    return asked.path.startsWith('/files/') && make !== undefined ? { step: 'bulk.file', reply: make() } : undefined;
  };
const listed = (root: string, type: string, name: string, count?: number): Json => ({
  type,
  url: `${root}/files/${name}`,
  ...(count === undefined ? {} : { count }),
});
/** The manifest with other files in it. */
const manifest = (reply: MockReply, change: (json: { readonly [key: string]: Json }) => Json): MockReply =>
  reply.status === 200 ? withJson(reply, change) : reply;

/** Job states on the first polls, then what the payer says. */
const states =
  (...made: readonly ((stage: Stage) => MockReply)[]) =>
  (stage: Stage): Serving => ({
    rules: answers({ 'bulk.status': (reply, nth) => made[nth - 1]?.(stage) ?? reply }),
  });

/** One file more than the job has, which is not whole the first time: it breaks off, or is shorter than the manifest says. */
const unwhole =
  (name: 'torn' | 'short') =>
  (stage: Stage): Serving => {
    let times = 0;
    const make = (): MockReply => {
      const whole = ndjson(rows('Coverage', 8, stage.word));
      if (++times > 1) return whole;
      return name === 'torn' ? act('cut', whole) : ndjson(rows('Coverage', 5, stage.word));
    };
    return {
      rules: answers({
        'bulk.status': (reply) =>
          manifest(reply, (json) => ({ ...json, output: [listed(stage.root, 'Coverage', `${name}.ndjson`, 8), ...asArray(json['output'])] })),
      }),
      instead: filesAt({ [`${name}.ndjson`]: make }),
    };
  };

const inPages = (stage: Stage): Serving => {
  let asked = false;
  const part = (nth: number): Json => ({
    transactionTime: new Date().toISOString(),
    request: `${stage.root}/fhir`,
    requiresAccessToken: true,
    output: [1, 2].map((each) => listed(stage.root, 'Patient', `p${nth}-${each}.ndjson`)),
    ...(nth === 2 ? { deleted: [listed(stage.root, 'Bundle', 'deleted.ndjson')] } : {}),
    error: nth === 3 ? [listed(stage.root, 'OperationOutcome', 'error.ndjson')] : [],
    ...(nth === 3 ? {} : { link: [{ relation: 'next', url: `${stage.root}/part/${nth + 1}` }] }),
  });
  const files = Object.fromEntries(
    [1, 2, 3].flatMap((nth) => [1, 2].map((each) => [`p${nth}-${each}.ndjson`, () => ndjson(rows('Patient', 3, `${stage.word}-${nth}${each}`))])),
  );
  const file = filesAt({
    ...files,
    'deleted.ndjson': () =>
      ndjson([{ resourceType: 'Bundle', type: 'transaction', entry: [{ request: { method: 'DELETE', url: `Patient/${stage.word}-gone` } }] }]),
    'error.ndjson': () => ndjson([warning(stage)]),
  });
  return {
    rules: answers({
      'bulk.kickoff': (reply, _nth, request) => {
        asked ||= /allowPartialManifests/.test(`${decodeURIComponent(request.url)} ${request.body}`);
        return reply;
      },
      'bulk.status': (reply) => (asked ? manifest(reply, () => part(1)) : reply),
    }),
    instead: (request) => {
      const nth = Number(/^\/part\/([23])$/.exec(request.path)?.[1] ?? 0);
      if (nth === 0) return file(request);
      return { step: 'bulk.manifest', reply: { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(part(nth)) } };
    },
  };
};

/** Every file of the job packed in another way: plain, gzip, gzip in two members. */
const packed = (): Serving => ({
  rules: {
    ...answers({
      'bulk.file': (reply, nth) => {
        const { 'content-encoding': _said, etag: _tag, 'accept-ranges': _ranges, ...headers } = reply.headers;
        const { pack: _pack, ...plain } = { ...reply, headers };
        if (reply.status !== 200 || nth % 3 === 1) return plain;
        const half = plain.body.indexOf('\n', plain.body.length >> 1) + 1;
        const pieces = nth % 3 === 2 ? [plain.body] : [plain.body.slice(0, half), plain.body.slice(half)];
        return {
          ...plain,
          headers: { ...headers, 'content-encoding': 'gzip' },
          pack: () => new Uint8Array(Buffer.concat(pieces.map((each) => gzipSync(each)))),
        };
      },
    }),
  },
});

const elsewhere = (stage: Stage): Serving => ({
  rules: answers({
    'bulk.status': (reply) =>
      manifest(reply, (json) => ({
        ...json,
        requiresAccessToken: false,
        output: ['a', 'b'].map((name) => ({ type: 'Patient', url: `${stage.canary}/${name}.ndjson?sig=${stage.word}%2F%3D&exp=9` })),
        error: [],
      })),
  }),
  canary: () => ndjson(rows('Patient', 4, stage.word)),
});

const withErrorFile = (stage: Stage): Serving => ({
  rules: answers({
    'bulk.status': (reply) =>
      manifest(reply, (json) => ({ ...json, error: [...asArray(json['error']), listed(stage.root, 'OperationOutcome', 'error.ndjson')] })),
  }),
  instead: filesAt({ 'error.ndjson': () => ndjson([warning(stage)]) }),
});

const many = (stage: Stage): Serving => {
  const names = Array.from({ length: 40 }, (_, nth) => `f${nth + 1}.ndjson`);
  return {
    rules: answers({
      'bulk.status': (reply) => manifest(reply, (json) => ({ ...json, output: names.map((name) => listed(stage.root, 'Observation', name)) })),
    }),
    instead: filesAt(Object.fromEntries(names.map((name) => [name, () => held(ndjson(rows('Observation', 20, `${stage.word}-${name}`)), 250)]))),
  };
};

/** More small files than fit into ten seconds at the agreed rate. */
const crowd = (stage: Stage): Serving => {
  const names = Array.from({ length: 230 }, (_, nth) => `c${nth + 1}.ndjson`);
  return {
    rules: answers({
      'bulk.status': (reply) => manifest(reply, (json) => ({ ...json, output: names.map((name) => listed(stage.root, 'Patient', name)) })),
    }),
    instead: filesAt(Object.fromEntries(names.map((name) => [name, () => ndjson(rows('Patient', 1, `${stage.word}-${name.slice(0, -7)}`))]))),
  };
};

/** After six of sixty files the payer is away: whatever comes is read, and the connection broken off. */
const away = (stage: Stage): Serving => {
  const names = Array.from({ length: 60 }, (_, nth) => `a${nth + 1}.ndjson`);
  const serve = filesAt(Object.fromEntries(names.map((name) => [name, () => ndjson(rows('Patient', 1, `${stage.word}-${name.slice(0, -7)}`))])));
  let served = 0;
  let backAt: number | undefined;
  return {
    rules: answers({
      'bulk.status': (reply) => manifest(reply, (json) => ({ ...json, output: names.map((name) => listed(stage.root, 'Patient', name)) })),
    }),
    instead: (asked) => {
      const isFile = asked.path.startsWith('/files/');
      if (isFile && served >= 6) backAt ??= performance.now() + stage.seconds(60) * 1000;
      if (backAt !== undefined && performance.now() < backAt) return { step: isFile ? 'bulk.file' : 'elsewhere', reply: act('reset') };
      if (isFile) served++;
      return serve(asked);
    },
  };
};

/** Twenty polls of the catalogue's time without Retry-After; fewer where the run is shortened. */
const silentPolls = (stage: Stage): Serving => ({
  rules: answers({ 'bulk.status': first(stage.share < 1 ? 6 : 12, () => later(202)) }),
});

export const bulkCases: readonly Case[] = [
  { id: 'B1', group: 'G11', journey: 'bulk', does: 'a whole job, with an error file beside the data', serves: withErrorFile },
  {
    id: 'B2',
    group: 'G11',
    journey: 'bulk',
    does: 'the job wants 7, then 20, then 3 seconds (Retry-After)',
    serves: states(...[7, 20, 3].map((full) => (stage: Stage) => later(202, stage.seconds(full)))),
  },
  {
    id: 'B3',
    group: 'G11',
    journey: 'bulk',
    does: 'Retry-After as a date 15 s ahead, then as a date that has passed',
    breaks: ['bulk.status.retry-after'],
    serves: states(
      // A date has whole seconds: a shorter wait looks like none.
      (stage) => laterByDate(202, Math.max(3, stage.seconds(15))),
      () => laterByDate(202, -3600),
    ),
  },
  {
    id: 'B4',
    group: 'G11',
    journey: 'bulk',
    does: 'a dozen polls without Retry-After',
    breaks: ['bulk.status.retry-after'],
    serves: silentPolls,
  },
  {
    id: 'B5',
    group: 'G11',
    journey: 'bulk',
    does: '429 with Retry-After 10 at the kick-off and at the third poll',
    serves: (stage) => ({
      rules: answers({
        'bulk.kickoff': first(1, () => refusal(stage, 429, 'throttled', 'Too many exports. Wait.', { 'retry-after': String(stage.seconds(10)) })),
        'bulk.status': (reply, nth) =>
          nth < 3
            ? later(202, 1)
            : nth === 3
              ? refusal(stage, 429, 'throttled', 'Too many polls. Wait.', { 'retry-after': String(stage.seconds(10)) })
              : reply,
      }),
    }),
  },
  {
    id: 'B6',
    group: 'G11',
    journey: 'bulk',
    does: 'passing faults while polling: 503, 500 transient, a reset; then the manifest',
    serves: states(
      (stage) => later(503, stage.seconds(5)),
      (stage) => refusal(stage, 500, 'transient', 'The archive is busy. Ask again.'),
      () => act('reset'),
    ),
  },
  {
    id: 'B7',
    group: 'G11',
    journey: 'bulk',
    does: 'the job ends with 500 and the issue code processing',
    serves: (stage) => ({
      rules: answers({ 'bulk.status': () => refusal(stage, 500, 'processing', 'The claims archive cannot be read. Call support.') }),
    }),
  },
  {
    id: 'B7b',
    group: 'G11',
    journey: 'bulk',
    does: 'the job is gone: its status answers 404',
    serves: (stage) => ({ rules: answers({ 'bulk.status': () => refusal(stage, 404, 'not-found', 'There is no such job. Start a new one.') }) }),
  },
  { id: 'B8', group: 'G11', journey: 'bulk', does: 'files plain, in gzip, and in gzip of two members', serves: packed },
  { id: 'B9', group: 'G11', journey: 'bulk', does: 'files at another origin that need no token', serves: elsewhere },
  {
    id: 'B10',
    group: 'G11',
    journey: 'bulk',
    does: 'tokens live 20 s, the job takes 60 s',
    serves: (stage) => ({
      rules: {
        tokenLifetime: () => Math.max(3, stage.seconds(20)),
        ...answers({ 'bulk.status': (reply, nth) => (nth <= 3 && reply.status !== 401 ? later(202, Math.max(2, stage.seconds(20))) : reply) }),
      },
    }),
  },
  { id: 'B11', group: 'G11', journey: 'bulk', does: 'three manifests, linked by next', serves: inPages },
  { id: 'B12', group: 'G11', journey: 'bulk', does: 'a file breaks off in the middle', serves: unwhole('torn') },
  { id: 'B12b', group: 'G11', journey: 'bulk', does: 'a file has fewer lines than the manifest says', serves: unwhole('short') },
  {
    id: 'B13',
    group: 'G11',
    journey: 'bulk-again',
    does: 'transactionTime lies 40 minutes behind; a second export follows',
    serves: () => ({ rules: { transactionTimeOf: (job) => new Date(Date.parse(job.transactionTime) - 2_400_000).toISOString() } }),
  },
  { id: 'B14', group: 'G11', journey: 'roster', does: 'a healthy payer: the export of the attribution list itself' },
  {
    id: 'I6',
    group: 'G6',
    journey: 'panel',
    does: 'a healthy payer: each $provider-member-match gives a Group of its own',
  },
  { id: 'L2', group: 'G13', journey: 'bulk', does: 'a manifest of 40 files', serves: many },
  { id: 'L2r', group: 'G13', journey: 'bulk', does: 'a manifest of 230 small files', serves: crowd },
  { id: 'L3', group: 'G13', journey: 'bulk', does: 'the payer is away for 60 s while files are fetched', serves: away },
  {
    id: 'E5k',
    group: 'G12',
    journey: 'bulk',
    does: 'the connection of the kick-off is reset after the request was read',
    serves: () => ({ rules: answers({ 'bulk.kickoff': () => act('reset') }) }),
  },
];

/** Addresses of jobs and files at other origins, and on plain http. */
export const foreignCases: readonly Case[] = [
  {
    id: 'T7d',
    group: 'G5',
    journey: 'bulk',
    does: 'Content-Location at another origin',
    serves: (stage) => ({
      rules: answers({ 'bulk.kickoff': (reply) => polledAt(reply, `${stage.canary}/job`) }),
      canary: first404(),
    }),
  },
  {
    id: 'T7c2',
    group: 'G5',
    journey: 'bulk',
    does: 'a redirect of the status of a job to another origin',
    serves: (stage) => ({ rules: answers({ 'bulk.status': () => redirect(`${stage.canary}/job`) }), canary: first404() }),
  },
  {
    id: 'T8b',
    group: 'G5',
    journey: 'bulk',
    does: 'Content-Location on plain http elsewhere',
    serves: (stage) => ({ rules: answers({ 'bulk.kickoff': (reply) => polledAt(reply, `${stage.plain}/plain-job`) }) }),
  },
  {
    id: 'T8c',
    group: 'G5',
    journey: 'bulk',
    does: 'a file on plain http elsewhere',
    serves: (stage) => ({
      rules: answers({
        'bulk.status': (reply) =>
          manifest(reply, (json) => ({
            ...json,
            output: [{ type: 'Patient', url: `${stage.plain}/plain-file.ndjson` }, ...asArray(json['output'])],
          })),
      }),
    }),
  },
];
const polledAt = (reply: MockReply, url: string): MockReply =>
  reply.status === 202 ? { ...reply, headers: { ...reply.headers, 'content-location': url } } : reply;

/** Nobody is kept waiting without end at a place where nothing is. */
function first404(): () => MockReply {
  let polls = 0;
  return () => (++polls <= 2 ? later(202, 1) : { status: 404, headers: {}, body: '' });
}
