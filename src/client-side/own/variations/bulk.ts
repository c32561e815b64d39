import type { MockReply } from '../../../../mocks/kernel/payer.ts';
import type { Exchange, WireRequest } from '../../../core/model.ts';
import { answering, came, gap, header, of, status, type Variation, where, withHeader } from './variation.ts';

/** Exports: kick-off, polls, files. */

const isKickoff = /\$davinci-data-export$/;
/** The kick-off by GET: two values of one parameter repeated, two with a comma. */
const byGet = (request: WireRequest): WireRequest => {
  const { 'content-type': _type, ...headers } = request.headers;
  const filter = encodeURIComponent('Observation?category=laboratory');
  return {
    method: 'GET',
    url: `${request.url.replace('$davinci-data-export', '$export')}?_type=Group,Patient&_type=Coverage,Observation&_typeFilter=${filter}`,
    headers,
  };
};
/** Ms between one poll of a case and the next. */
const gaps = (heard: readonly Exchange[], about: string): readonly number[] => {
  const polls = of(heard, 'bulk.status').filter(({ suite }) => suite === about);
  return polls.slice(1).map((each, nth) => gap(polls[nth] ?? each, each));
};
const gone: MockReply = { status: 403, headers: { 'content-type': 'text/plain' }, body: 'This link is over. Read the manifest again.' };

export const bulkVariations: readonly Variation[] = [
  {
    ids: ['cv-68'],
    text: 'Prefer with more than respond-async',
    cases: ['B1', 'B14'],
    rows: ['client.bulk.kickoff.headers', 'client.bulk.kickoff.pdex'],
    sends: where(isKickoff, (request) => withHeader(request, 'prefer', 'handling=lenient, respond-async, separate-export-status')),
    shows: came('bulk.kickoff', (each) => header(each, 'prefer').includes('separate-export-status') && status(each) === 202),
  },
  {
    ids: ['cv-69'],
    text: 'a kick-off by GET, with parameters repeated and with commas',
    cases: ['B1'],
    rows: ['client.bulk.kickoff.headers', 'client.bulk.kickoff.typefilter'],
    sends: where(isKickoff, byGet),
    shows: came('bulk.kickoff', (each) => each.request.method === 'GET' && status(each) === 202),
  },
  {
    ids: ['cv-70'],
    text: 'polls at its own slow pace, whatever is asked for',
    cases: ['B2', 'B4'],
    rows: ['client.bulk.poll.retry-after-seconds', 'client.bulk.poll.backoff'],
    differs: () => ({ rules: { waits: () => ({ ms: 1700 }) } }),
    shows: ({ heard }) =>
      gaps(heard, 'B2').length >= 3 && gaps(heard, 'B4').length >= 5 && [...gaps(heard, 'B2'), ...gaps(heard, 'B4')].every((ms) => ms > 1600),
  },
  {
    ids: ['cv-71'],
    text: 'intervals that double up to a bound, not exactly',
    cases: ['B4'],
    rows: ['client.bulk.poll.backoff'],
    differs: () => ({ rules: { waits: (_header, attempt) => ({ ms: Math.min(1000, 100 * 2 ** attempt) * (0.9 + 0.02 * (attempt % 6)) }) } }),
    shows: ({ heard }) => gaps(heard, 'B4').length >= 5 && gaps(heard, 'B4').every((ms) => ms < 1600),
  },
  {
    ids: ['cv-72'],
    text: 'the manifest again, since the links of its files are over',
    cases: ['B1'],
    rows: ['client.bulk.file.token-when-required', 'client.bulk.poll.stops-at-error'],
    differs: () => ({ decides: { asksManifestAgain: () => true } }),
    serves: (_stage, usual) => answering(usual, { 'bulk.file': (reply, nth) => (nth === 1 ? gone : reply) }),
    shows: ({ heard }) => {
      const lost = of(heard, 'bulk.file').find((each) => status(each) === 403);
      return of(heard, 'bulk.file').some((each) => each.request.url === lost?.request.url && status(each) === 200);
    },
    open: { 'client.bulk.poll.stops-at-error': 'no job fails here' },
  },
  {
    ids: ['cv-73'],
    text: 'eight files at once, and a torn file a second time',
    cases: ['L2', 'B12'],
    rows: ['client.load.concurrency', 'client.bulk.file.count'],
    differs: () => ({ rules: { parallel: () => 8 }, decides: { rate: () => 100 } }),
    shows: ({ heard }) => of(heard, 'bulk.file').some((each) => (each.facts?.['heard.open'] ?? 0) >= 6),
  },
  {
    ids: ['cv-73'],
    text: 'files by Range requests',
    cases: ['B6', 'B10'],
    rows: ['client.bulk.token-renewal', 'client.bulk.poll.transient'],
    sends: where(/\.ndjson/, (request) => withHeader(request, 'range', request.headers['range'] ?? 'bytes=0-')),
    serves: (_stage, usual) =>
      answering(usual, {
        'bulk.file': (reply, _nth, { headers }) => {
          const size = reply.body.length;
          return reply.status === 200 && headers['range'] !== undefined
            ? { ...reply, status: 206, headers: { ...reply.headers, 'content-range': `bytes 0-${size - 1}/${size}` } }
            : reply;
        },
      }),
    shows: came('bulk.file', (each) => header(each, 'range') === 'bytes=0-' && status(each) === 206),
  },
  {
    ids: ['cv-74'],
    text: 'begins with the files of a partial manifest while the job still runs',
    cases: ['B11'],
    rows: ['client.bulk.manifest.next'],
    differs: () => ({ decides: { beginsEarly: () => true } }),
    serves: (_stage, usual) => {
      let told = false;
      return answering(usual, {
        'bulk.status': (reply) => {
          if (told || reply.status !== 200) return reply;
          told = true;
          return { ...reply, status: 202 };
        },
      });
    },
    shows: ({ heard }) => {
      const early = of(heard, 'bulk.status').findIndex((each) => status(each) === 202 && (each.response?.body ?? '').includes('"output"'));
      const polls = of(heard, 'bulk.status');
      const over = polls.find((each) => status(each) === 200);
      return early >= 0 && heard.findIndex((each) => each.step === 'bulk.file') < heard.indexOf(over as (typeof heard)[number]);
    },
  },
  {
    ids: ['cv-75'],
    text: 'does not release the job',
    cases: ['B1'],
    rows: ['client.bulk.delete'],
    differs: () => ({ decides: { releases: () => false } }),
    shows: ({ heard }) => of(heard, 'bulk.file').length > 0 && of(heard, 'bulk.delete').length === 0,
    open: { 'client.bulk.delete': 'it need not' },
  },
  {
    ids: ['cv-76'],
    text: 'leaves deleted and error files alone, and says that errors were not read',
    cases: ['B11', 'B13', 'B1'],
    rows: ['client.bulk.manifest.next', 'client.bulk.incremental-since', 'client.bulk.error-files'],
    differs: () => ({
      decides: {
        kinds: (tell) => {
          tell('Lists of errors were not read: the export may be incomplete.');
          return ['output'];
        },
      },
    }),
    shows: ({ heard }) => of(heard, 'bulk.file').length > 0 && !heard.some((each) => /\/(error|deleted)\.ndjson/.test(each.request.url)),
  },
  {
    ids: ['cv-77'],
    text: 'repeats $member-match once after a reset',
    cases: ['E5', 'E5k'],
    rows: ['client.error.nonidempotent'],
    differs: () => ({
      rules: { asksAgain: (worth, step, sent, attempt) => worth || (step === 'member-match' && sent.error?.code === 'reset' && attempt === 0) },
    }),
    shows: ({ heard }) => of(heard, 'member-match').length === 2,
  },
];
