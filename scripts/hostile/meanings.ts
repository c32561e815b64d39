import type { Case } from './played.ts';
import type { Answer, Turn } from './proxy.ts';
import { type Act, against, slug, spoiltAt } from './servers.ts';

type Change = (answer: Answer, turn: Turn) => Partial<Answer>;

/** Where an answer is read for what it means, and what may be meant badly there. */
interface Subject {
  readonly at: RegExp;
  /** Requests whose verdicts may be spoilt by it: all that are asked with what it says. */
  readonly spoils: RegExp;
  readonly args: readonly string[];
  readonly acts: Readonly<Record<string, Change>>;
}

/** A JSON answer with some members of its top replaced. */
const having =
  (members: Readonly<Record<string, unknown>> | ((old: Readonly<Record<string, unknown>>, turn: Turn) => object)): Change =>
  ({ status, body }, turn) => {
    if (status !== 200) return {};
    const old = JSON.parse(String(body)) as Readonly<Record<string, unknown>>;
    return { body: JSON.stringify({ ...old, ...(typeof members === 'function' ? members(old, turn) : members) }) };
  };
const saying =
  (name: string, value: string): Change =>
  ({ headers }) => ({ headers: { ...headers, [name]: value } });
const later =
  (retryAfter: string): Change =>
  ({ headers }) => ({ status: 429, headers: { ...headers, 'retry-after': retryAfter }, body: '' });

/** A next link, on whatever page it comes. */
const nextIs = (url: (turn: Turn) => string): Change => having((_, turn) => ({ link: [{ relation: 'next', url: url(turn) }] }));
const file = (url: unknown): Change =>
  having(({ output }) => ({ output: Array.isArray(output) ? output.map((each: object) => ({ ...each, url })) : [] }));

const everything = /./;
const subjects: Readonly<Record<string, Subject>> = {
  token: {
    ...{ at: /\/token$/, spoils: everything, args: ['--only', 'cc2.token,rest.read'] },
    acts: {
      'gives tokens that end at once': having({ expires_in: 0 }),
      'gives tokens that ended before': having({ expires_in: -3600 }),
      'gives tokens that end in 10^300 seconds': ({ body }) => ({ body: String(body).replace(/"expires_in":\d+/, '"expires_in":1e300') }),
      'says the end of a token in words': having({ expires_in: 'soon' }),
      'gives a token of 1 MB': having({ access_token: 'x'.repeat(2 ** 20) }),
      'gives a token with line breaks': having({ access_token: 'abc\r\nx-evil: 1\r\n\r\n' }),
      'gives a list for a token': having({ access_token: ['a', 'b'] }),
      'gives an empty token': having({ access_token: '' }),
      'gives the word null as token': having({ access_token: 'null' }),
      'gives a scope of 100,000 words': having({ scope: 'system/Patient.rs '.repeat(100_000) }),
    },
  },
  discovery: {
    ...{ at: /\/\.well-known\/smart-configuration/, spoils: everything, args: ['--only', 'cc2.smart,cc2.token,rest.read'] },
    acts: {
      'names a token endpoint in another scheme': having({ token_endpoint: 'javascript:alert(1)' }),
      'names a token endpoint on a metadata address': having({ token_endpoint: 'http://169.254.169.254/latest/api/token' }),
      'names a token endpoint with a password in it': having({ token_endpoint: 'http://user:secret@127.0.0.1:1/token' }),
      'names a token endpoint that is a number': having({ token_endpoint: 42 }),
      'names a token endpoint on a port where nobody listens': having({ token_endpoint: 'http://127.0.0.1:1/token' }),
      'knows 100,000 scopes': having({ scopes_supported: Array.from({ length: 100_000 }, (_, nth) => `system/X${nth}.rs`) }),
      'says capabilities as an object': having({ capabilities: { a: 1 } }),
    },
  },
  pages: {
    ...{ at: /\/fhir\/[A-Z]\w+(\/_search)?(\?|$)/, spoils: /\/fhir/, args: ['--only', 'rest.search'] },
    acts: {
      'names each page as its own next': nextIs(({ origin, path }) => `${origin}${path}`),
      'always has one more page': nextIs(({ origin, nth, path }) => `${origin}${path.split('?')[0]}?page=${nth}`),
      'names a next page on a metadata address': nextIs(() => 'http://169.254.169.254/latest/meta-data'),
      'names a next page that is a file': nextIs(() => 'file:///etc/passwd'),
      'names a next page that is no text': having({ link: [{ relation: 'next', url: { a: 1 } }, null, 7, { relation: ['next'] }] }),
      'names a next page of 1 MB': nextIs(({ origin }) => `${origin}/fhir/Patient?x=${'y'.repeat(2 ** 20)}`),
      'says entries as an object': having({ entry: { resource: { resourceType: 'Patient' } } }),
      'says entries of null, numbers and lists': having({ entry: [null, 7, [], 'x', { resource: null }, { resource: 7 }, { fullUrl: {} }] }),
      'gives every entry the same id': having(({ entry }) => ({
        entry: Array.isArray(entry) ? entry.map((each: { resource?: object }) => ({ ...each, resource: { ...each.resource, id: 'same' } })) : [],
      })),
    },
  },
  waits: {
    ...{ at: /\/fhir\/(Patient|Coverage)\/[^/$?]+$/, spoils: /\/fhir\/(Patient|Coverage)\//, args: ['--only', 'rest.read'] },
    acts: {
      'says later, with a wait below zero': later('-5'),
      'says later, with a wait in words': later('in a while'),
      'says later, until a day in the past': later('Thu, 01 Jan 1970 00:00:00 GMT'),
      'says later, until the year 9999': later('Fri, 31 Dec 9999 23:59:59 GMT'),
      'says later, with a wait of 10^400 seconds': later('9'.repeat(400)),
      'says later, with a wait of half a second': later('0.5'),
      'has no quota left until the year 9999': saying('ratelimit', 'limit=1, remaining=0, reset=253402300799'),
      'has a quota that is no number': saying('ratelimit', 'limit=a, remaining=b, reset=c'),
      'says a date that is none': saying('date', 'yesterday'),
      'says a length of a media type': saying('content-type', `application/fhir+json; ${'x=y; '.repeat(5000)}`),
    },
  },
  job: {
    ...{
      at: /\/fhir\/jobs\//,
      spoils: /\/fhir\/(jobs|Group)\/|bulk-files/,
      args: ['--only', 'bulk.manifest.stable,bulk.status.in-progress,bulk.file.capability-url'],
    },
    acts: {
      'names files in other schemes': file('file:///etc/passwd'),
      'names files on a metadata address': file('http://169.254.169.254/latest/user-data'),
      'names files that are no text': file({ a: 1 }),
      'names files relative to nothing': file('//'),
      'ends jobs with lists where texts belong': having({ transactionTime: [], request: {}, requiresAccessToken: 'yes' }),
      'ends jobs with nothing': having(() => ({ output: null, error: null, deleted: null })),
      'ends jobs with files of 10^9 lines each': having(({ output }) => ({
        output: Array.isArray(output) ? output.map((each: object) => ({ ...each, count: 1e9 })) : [],
      })),
      'says the progress of a job in 60 kB': saying('x-progress', 'x'.repeat(60_000)),
    },
  },
  kickoff: {
    ...{
      at: /\$(export|davinci-data-export)/,
      spoils: /\/fhir\/(jobs|Group|Patient)\/|export|bulk-files/,
      args: ['--only', 'bulk.kickoff.own-url,bulk.status.in-progress'],
    },
    acts: {
      'names a job on a metadata address': saying('content-location', 'http://169.254.169.254/jobs/1'),
      'names a job that is a file': saying('content-location', 'file:///etc/passwd'),
      'names a job that is no address': saying('content-location', 'http://['),
      'names the kick-off itself as its job': (_, { origin, path }) => ({
        status: 202,
        headers: { 'content-location': `${origin}${path}` },
        body: '',
      }),
      'takes every kick-off and names no job': () => ({ status: 202, headers: {}, body: '' }),
    },
  },
  hook: {
    ...{ at: /\/cds-services/, spoils: /cds-services|\/fhir/, args: ['--only', 'crd.discovery,crd.invoke,crd.card'] },
    acts: {
      'wants a prefetch of 10,000 keys': having(({ services }) => ({
        services: Array.isArray(services)
          ? services.map((each: object) => ({
              ...each,
              prefetch: Object.fromEntries(Array.from({ length: 10_000 }, (_, nth) => [`k${nth}`, 'Patient/{{context.patientId}}'])),
            }))
          : [],
      })),
      'wants a prefetch on another host': having(({ services }) => ({
        services: Array.isArray(services)
          ? services.map((each: object) => ({ ...each, prefetch: { a: 'http://169.254.169.254/{{context.patientId}}', b: '{{'.repeat(5000) } }))
          : [],
      })),
      'shows 10,000 cards': having(() => ({
        cards: Array.from({ length: 10_000 }, (_, nth) => ({ summary: `${nth}`, indicator: 'info', source: { label: 'x' } })),
      })),
      'shows cards of null, numbers and lists': having({ cards: [null, 7, [], 'x', { summary: {}, links: 7, suggestions: [{ actions: {} }] }] }),
      'says systemActions as a text': having({ cards: [], systemActions: 'all of them' }),
    },
  },
};

/** Answers that HTTP and JSON carry well, and that mean trouble to whoever follows them. */
export const meanings: readonly Case[] = Object.entries(subjects).flatMap(([subject, { at, spoils, args, acts }]) =>
  Object.entries(acts).map(([title, change]) => {
    const act: Act = (turn) => turn.answer((answer) => change(answer, turn));
    return {
      ...{ id: `meaning.${subject}.${slug(title)}`, kind: `meaning of ${subject}`, title, within: 240 },
      play: against({ act, at, args, honest: spoiltAt(spoils) }),
    };
  }),
);
