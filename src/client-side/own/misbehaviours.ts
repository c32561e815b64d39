import type { SigningKey } from '../../client/assertion.ts';
import type { Pace } from '../../client/manners/pace.ts';
import { waitFor } from '../../client/manners/patience.ts';
import { asArray, asObject, at, linkOf } from '../../core/fhir.ts';
import type { Misbehaviour } from './client.ts';
import { orderingMisbehaviours } from './crd/misbehaviours.ts';
import { udapMisbehaviours } from './udap-misbehaviours.ts';

/** Our own client with one rule replaced: what each judge of clients must notice. Made anew for each run, since some remember. */
type Make = () => Misbehaviour;

const restless: Pace = { turn: () => 0, due: () => 0, saw: () => undefined, exhausted: () => 0, gaveUp: () => undefined };
const unlimited = (): number => Number.POSITIVE_INFINITY;
/** Tokens and borders forgotten. */
const open = { carriesToken: () => true, guardsBorder: () => false } as const;

export const misbehaviours = {
  ...orderingMisbehaviours,
  ...udapMisbehaviours,
  'opens-no-documents': () => ({ decides: { opensDocuments: () => false } }),
  'stays-at-the-old-address': () => ({ decides: { goesTo: (fresh, old) => old ?? fresh } }),
  'takes-the-first-address': () => ({ decides: { inUse: () => true } }),
  'takes-any-connection': () => ({ decides: { speaksFhir: () => true } }),
  'asks-the-last-payer': () => ({ decides: { asksAll: () => true } }),
  'looks-up-by-member': () => ({ decides: { alsoAsks: (member) => ({ identifier: member }) } }),
  'trusts-every-certificate': () => ({ tls: { rejectUnauthorized: false } }),
  'compares-no-host': () => ({ tls: { careless: 'host' } }),
  'speaks-old-tls': () => ({ tls: { careless: 'version' } }),
  'publishes-a-private-key': () => ({ publishes: (set) => ({ keys: asArray(at(set, 'keys')).map((key) => ({ ...asObject(key), d: 'secret' })) }) }),
  'publishes-no-keys': () => ({
    publishes: (set) => ({
      keys: asArray(at(set, 'keys'))
        .map((key) => ({ ...asObject(key), kid: 'another' }))
        .slice(0, 1),
    }),
  }),
  'does-not-wait': () => ({ rules: { waits: () => ({ ms: 5 }), paced: () => restless } }),
  'reads-no-dates': () => ({
    rules: { waits: (header, attempt, patience) => (/^\d+$/.test(header ?? '') ? waitFor(header, attempt, patience) : { ms: 5 }) },
  }),
  'polls-steadily': () => ({ rules: { waits: () => ({ ms: 1200 }) } }),
  'starts-two-jobs': () => ({ decides: { startsAgain: (status) => status === 202 } }),
  'gives-up-at-429': () => ({
    rules: {
      pollsOn: (again, status) => again && status !== 429,
      asksAgain: (worth, step, sent) => worth && !(step === 'bulk.status' && sent.response?.status === 429),
    },
  }),
  'gives-up-at-503': () => ({
    rules: {
      pollsOn: (again, status) => again && status !== 503,
      asksAgain: (worth, step, sent) => worth && !(step === 'bulk.status' && sent.response?.status === 503),
    },
  }),
  'polls-for-ever': () => {
    let left = 8;
    return { rules: { pollsOn: (again, status) => again || (status >= 400 && left-- > 0), waits: () => ({ ms: 20 }) } };
  },
  'starts-again-after-failure': () => ({ decides: { startsAgain: (status) => status === 500 } }),
  'starts-again-after-403': () => ({ decides: { startsAgain: (status) => status === 403 } }),
  'counts-no-lines': () => ({ decides: { countsLines: () => false } }),
  'starts-again-after-401': () => ({ rules: { renewsToken: () => false }, decides: { startsAgain: (status) => status === 401 } }),
  'polls-after-delete': () => ({ decides: { pollsAfterDelete: () => true } }),
  'fetches-gzip-again': () => ({ decides: { fetchesTwice: () => true } }),
  'files-without-token': () => ({ rules: { bringsToken: () => false } }),
  'token-everywhere': () => ({ rules: { ...open, bringsToken: () => true } }),
  'polls-anywhere': () => ({ rules: open }),
  'one-manifest': () => ({ decides: { followsManifests: () => false } }),
  'no-error-files': () => ({ decides: { kinds: () => ['output', 'deleted'] } }),
  'takes-torn-files': () => ({ rules: { mendsFiles: () => false }, decides: { countsLines: () => false } }),
  'own-clock': () => ({ decides: { since: () => new Date().toISOString() } }),
  'audience-is-the-base': () => ({ rules: { assertion: (spec, { base }) => ({ ...spec, claims: { ...spec.claims, aud: base } }) } }),
  'other-subject': () => ({ rules: { assertion: (spec) => ({ ...spec, claims: { ...spec.claims, sub: 'somebody' } }) } }),
  'long-assertions': () => ({ rules: { assertion: (spec) => ({ ...spec, expOffset: 3600 }) } }),
  'same-assertion': () => ({ rules: { signsAfresh: () => false } }),
  'unknown-kid': () => ({ rules: { assertion: (spec) => ({ ...spec, header: { ...spec.header, kid: 'nobody' } }) } }),
  'no-typ': () => ({ rules: { assertion: (spec) => ({ ...spec, header: { ...spec.header, typ: undefined } }) } }),
  'one-algorithm': () => ({ decides: { signsWith: () => 'ES384' satisfies SigningKey['alg'] } }),
  'token-per-call': () => ({ decides: { tokenPerCall: () => true } }),
  'greedy-scopes': () => ({ decides: { scope: (wanted) => `${wanted} system/Immunization.rs system/CarePlan.rs` } }),
  'repeats-403': () => ({ decides: { repeats: (status) => (status === 403 ? 3 : 0) } }),
  'repeats-404': () => ({ decides: { repeats: (status) => (status === 404 ? 2 : 0) } }),
  'repeats-200': () => ({ decides: { repeats: (status) => (status === 200 ? 4 : 0) } }),
  'follows-references-anywhere': () => ({ rules: open, decides: { followsReference: () => true } }),
  'makes-up-pages': () => ({
    decides: { nextPage: (bundle, at, seen) => (linkOf(bundle, 'next') === undefined || seen.size > 2 ? undefined : `${at}&_page=${seen.size + 1}`) },
  }),
  'stops-at-empty-pages': () => ({ decides: { stopsWhenEmpty: () => true } }),
  'walks-in-circles': () => ({ decides: { remembersPages: () => false } }),
  'asks-again-after-304': () => ({ decides: { asksAgainAfter304: () => true } }),
  'follows-outcomes': () => ({ decides: { followsOutcomes: () => true } }),
  'metadata-per-call': () => ({ decides: { metadataPerCall: () => true } }),
  'drops-consent': () => ({ decides: { dropsConsent: () => true } }),
  respells: () => ({
    decides: { respells: (patient, status) => (status === 422 ? [{ ...patient, name: [{ family: 'Anders', given: ['Ann'] }] }] : []) },
  }),
  'keeps-the-card-number': () => ({ decides: { names: (_returned, card) => card } }),
  'compares-nobody': () => ({ decides: { isSame: () => true } }),
  'takes-the-first': () => ({ decides: { chooses: (found) => found[0] } }),
  'follows-strangers': () => ({ decides: { followsStrangers: () => true } }),
  'supports-anything': () => ({ decides: { supports: () => true } }),
  'no-metadata': () => ({ decides: { readsMetadata: () => false } }),
  'gives-up-on-bare-lists': () => ({ decides: { takesBare: () => false } }),
  'asks-again-for-bare-lists': () => ({ decides: { asksAgainForBare: () => true } }),
  'exports-the-first-match': () => ({ decides: { exportsGroup: (_fresh, first) => first } }),
  'renews-for-ever': () => {
    let left = 6;
    return { rules: { renewsToken: (_due, _step, status) => status === 401 && left-- > 0 } };
  },
  hammers: () => ({
    rules: {
      asksAgain: (worth, step, sent) => worth || (step === 'read' && sent.response?.status === 500),
      mostTries: () => 12,
      waits: () => ({ ms: 10 }),
    },
  }),
  'repeats-posts': () => ({ rules: { asksAgain: (worth, _step, sent) => worth || sent.error?.code === 'reset', waits: () => ({ ms: 10 }) } }),
  'forty-redirects': () => ({ rules: { redirects: () => 40 } }),
  'dies-of-silence': () => {
    let dead = false;
    return {
      decides: {
        repeats: (status) => {
          dead ||= status === 0;
          return 0;
        },
        supports: () => !dead,
      },
    };
  },
  'dies-of-html': () => {
    let dead = false;
    return {
      decides: {
        survives: (body) => {
          dead ||= body.startsWith('<!doctype');
          return !dead;
        },
        supports: () => !dead,
      },
    };
  },
  'loops-on-tokens': () => ({ decides: { insists: () => ({ tries: 5, asksWithout: false }) } }),
  'asks-without-token': () => ({ decides: { insists: () => ({ tries: 0, asksWithout: true }) } }),
  'tells-nothing': () => ({ decides: { shows: () => 'An error occurred' } }),
  'waits-for-ever': () => ({ rules: { patience: (timeout) => timeout * 2 } }),
  'forty-at-once': () => ({ rules: { parallel: () => 40 }, decides: { rate: unlimited } }),
  'as-fast-as-it-can': () => ({ decides: { rate: unlimited } }),
  storms: () => ({ rules: { parallel: () => 100, waits: () => ({ ms: 5 }) }, decides: { rate: unlimited } }),
  'sends-no-state': () => ({ decides: { authorization: ({ state: _state, ...query }) => query } }),
  'is-sent-back-elsewhere': () => ({
    decides: { authorization: (query) => ({ ...query, redirect_uri: 'https://elsewhere.example.org/signed-in' }) },
  }),
  'ignores-the-state': () => ({ decides: { stateFits: () => true } }),
  'hands-a-code-in-twice': () => ({ decides: { exchanges: () => 2 } }),
  'forgets-the-verifier': () => ({ decides: { exchange: ({ code_verifier: _verifier, ...form }) => form } }),
  'keeps-its-subscription': () => ({ decides: { endsSubscription: () => false } }),
} satisfies Readonly<Record<string, Make>>;

/** A misbehaviour by its name. Throws when there is none of that name. */
export function misbehaviourCalled(name: string): Misbehaviour {
  const make = (misbehaviours as Readonly<Record<string, Make>>)[name];
  if (make === undefined) throw new Error(`Our own client has no misbehaviour called ${name}. Known: ${Object.keys(misbehaviours).join(', ')}.`);
  return make();
}
