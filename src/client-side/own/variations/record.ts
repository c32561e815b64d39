import { act } from '../../../../mocks/client/answers.ts';
import { Stop } from '../../../client/provider.ts';
import { asArray, asObject, at as path } from '../../../core/fhir.ts';
import type { Json, WireRequest } from '../../../core/model.ts';
import { scopes } from '../record.ts';
import { honestDecisions } from '../rules.ts';
import { answering, bodyOf, came, header, of, status, telling, type Variation, where, withHeader, without } from './variation.ts';

/** Who the member is, and the record. */

const isMatch = /\$member-match$/;
/** Another body of the match. */
const matching =
  (change: (parameters: readonly Json[]) => readonly Json[]) =>
  (request: WireRequest): WireRequest => {
    if (!isMatch.test(request.url)) return request;
    const body = JSON.parse(request.body ?? '{}') as Json;
    return { ...request, body: JSON.stringify({ ...asObject(body), parameter: change(asArray(path(body, 'parameter'))) }) };
  };
const named = (each: Json, name: string): boolean => path(each, 'name') === name;
const resource = (each: Json): Readonly<Record<string, Json>> => asObject(path(each, 'resource'));
const birthSex = { url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex', valueCode: 'F' };

function demographics(each: Json): Json {
  if (!named(each, 'MemberPatient')) return each;
  const { gender: _gender, ...rest } = resource(each);
  const [name] = asArray(rest['name']);
  return {
    name: 'MemberPatient',
    resource: {
      ...rest,
      extension: [birthSex],
      name: [{ ...asObject(name), given: [...asArray(path(name, 'given')), 'Alexis'] }],
      address: [{ line: ['1 Main Street'], city: 'Springfield', state: 'MA', postalCode: '01101' }],
    },
  };
}

/** Each of the two parties discloses and receives. */
function mutual(each: Json): Json {
  if (!named(each, 'Consent')) return each;
  const consent = resource(each);
  const provision = asObject(consent['provision']);
  const actors = asArray(provision['actor']);
  const both = actors.flatMap((actor) => actors.map((other) => ({ ...asObject(actor), role: path(other, 'role') ?? {} })));
  return { name: 'Consent', resource: { ...consent, provision: { ...provision, actor: both } } };
}

export const recordVariations: readonly Variation[] = [
  {
    ids: ['cv-02'],
    text: 'a Content-Type with charset and fhirVersion',
    cases: ['I1'],
    rows: ['client.version.content-type'],
    sends: where(isMatch, (request) => withHeader(request, 'content-type', 'application/fhir+json; charset=UTF-8; fhirVersion=4.0')),
    shows: came('member-match', (each) => header(each, 'content-type').includes('fhirVersion=4.0')),
  },
  {
    ids: ['cv-03'],
    text: 'searches by POST',
    cases: ['R5', 'E5', 'E5k'],
    rows: ['client.version.content-type', 'client.record.search-values', 'client.error.nonidempotent'],
    sends: where(/\/Observation\?/, (request) => {
      const [url = '', query = ''] = request.url.split('?');
      return {
        method: 'POST',
        url: `${url}/_search`,
        headers: { ...request.headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: query,
      };
    }),
    shows: came('search', (each) => each.request.method === 'POST' && status(each) === 200),
  },
  {
    ids: ['cv-59'],
    text: 'no Consent, at a payer of HRex 1.1.0',
    cases: ['I1', 'I3c'],
    rows: ['client.identity.match.shape', 'client.identity.consent.present'],
    sends: matching((all) => all.filter((each) => !named(each, 'Consent'))),
    shows: came('member-match', (each) => !bodyOf(each).includes('"Consent"')),
    open: { 'client.identity.consent.present': 'HRex 1.1.0 leaves the Consent open' },
  },
  {
    ids: ['cv-59'],
    text: 'CoverageToLink beside CoverageToMatch',
    cases: ['I1', 'I3c'],
    rows: ['client.identity.match.shape', 'client.identity.consent.present'],
    sends: matching((all) => [
      ...all,
      ...all
        .filter((each) => named(each, 'CoverageToMatch'))
        .map((each) => ({ name: 'CoverageToLink', resource: { ...resource(each), id: 'to-link' } })),
    ]),
    shows: came('member-match', (each) => bodyOf(each).includes('"CoverageToLink"') && status(each) === 200),
  },
  {
    ids: ['cv-60'],
    text: 'birth sex in place of gender, two given names, an address',
    controls: 'honest',
    cases: ['I1'],
    rows: ['client.identity.match.content'],
    sends: matching((all) => all.map(demographics)),
    shows: came('member-match', (each) => bodyOf(each).includes('us-core-birthsex')),
  },
  {
    ids: ['cv-61'],
    text: 'a Consent in which both organisations disclose and receive',
    cases: ['I1'],
    rows: ['client.identity.consent.content'],
    sends: matching((all) => all.map(mutual)),
    shows: came('member-match', (each) => bodyOf(each).split('"IRCP"').length === 3 && status(each) === 200),
  },
  {
    ids: ['cv-62'],
    text: 'goes on by the id of the Patient that the identifier led to',
    cases: ['I1'],
    rows: ['client.identity.uses-umb'],
    shows: ({ heard }) => of(heard, 'search').filter((each) => /[?&]patient=/.test(each.request.url)).length >= 2,
  },
  {
    ids: ['cv-62'],
    text: 'names the member by the value alone: identifier=|UMB',
    controls: 'honest',
    cases: ['I1'],
    rows: ['client.identity.uses-umb'],
    differs: () => ({ decides: { names: (returned) => `|${returned.split('|').at(-1) ?? ''}` } }),
    shows: came('search', (each) => /identifier=(%7C|\|)/i.test(each.request.url)),
  },
  {
    ids: ['cv-63'],
    text: 'no $member-match: the attribution list, and an export of it',
    cases: ['B14', 'B1'],
    rows: ['client.identity.match.shape', 'client.identity.uses-umb'],
    shows: ({ heard }) => of(heard, 'bulk.file').length > 0 && of(heard, 'member-match').length === 0,
    open: {
      'client.identity.match.shape': 'no match was asked for',
      'client.identity.uses-umb': 'no match was asked for',
    },
  },
  {
    ids: ['cv-64'],
    text: 'a person chooses one of two, and the client goes on with that one',
    cases: ['I4a'],
    rows: ['client.identity.two-matches'],
    differs: () => ({
      decides: {
        chooses: (found, tell) => {
          const [first] = found;
          if (found.length > 1) tell(`chosen: Patient/${String(first?.['id'])}, by the person at the desk`);
          return first;
        },
      },
    }),
    shows: ({ heard }) => of(heard, 'search').some((each) => /\/Observation\?/.test(each.request.url)),
  },
  {
    ids: ['cv-65'],
    text: 'next links with %7E are asked for with ~',
    cases: ['R1'],
    rows: ['client.record.paging.opaque', 'client.record.paging.to-end'],
    serves: (stage, usual) => {
      const mark = (body: string): string => body.replace(new RegExp(`(p-${stage.word}\\d)"`, 'g'), '$1?mark=%7Ea"');
      return telling(answering(usual, { search: (reply) => ({ ...reply, body: mark(reply.body) }) }), (reply) => ({
        ...reply,
        body: mark(reply.body),
      }));
    },
    differs: () => ({ decides: { nextPage: (bundle, now, seen) => honestDecisions.nextPage(bundle, now, seen)?.replace('%7E', '~') } }),
    shows: came('page', (each) => each.request.url.endsWith('?mark=~a')),
  },
  {
    ids: ['cv-66'],
    text: 'stops after three pages, and says so',
    cases: ['R1'],
    rows: ['client.record.paging.to-end'],
    differs: () => ({
      decides: {
        nextPage: (bundle, now, seen) => {
          if (seen.size > 3) throw new Stop('There are more results than the three pages that were read.', 'ours');
          return honestDecisions.nextPage(bundle, now, seen);
        },
      },
    }),
    shows: ({ heard }) => of(heard, 'page').length === 3,
  },
  {
    ids: ['cv-67'],
    text: 'never reads conditionally',
    cases: ['R3'],
    rows: ['client.record.conditional-304'],
    sends: (request) => without(request, 'if-none-match'),
    shows: ({ heard }) => of(heard, 'read').length > 0 && !heard.some((each) => header(each, 'if-none-match') !== ''),
    open: { 'client.record.conditional-304': 'the client does not read conditionally' },
  },
  {
    ids: ['cv-78'],
    text: 'a GET at once again when the connection was dropped',
    cases: ['R3'],
    rows: ['client.record.no-rerequest', 'client.error.4xx-no-repeat'],
    serves: (_stage, usual) => answering(usual, { search: (reply, nth) => (nth === 1 ? act('reset') : reply) }),
    shows: ({ heard }) => {
      const [first, second] = of(heard, 'search');
      return first?.response === null && first.request.url === second?.request.url;
    },
    open: { 'client.error.4xx-no-repeat': 'its cases refuse, and drop no connection' },
  },
  {
    ids: ['cv-79'],
    text: 'after 403 a token with other scopes, and once more',
    cases: ['E1'],
    rows: ['client.error.403-no-repeat'],
    differs: () => ({ decides: { widens: (code) => (code === 403 ? `${scopes} system/Group.rs` : undefined) } }),
    shows: ({ heard }) => {
      const refused = of(heard, 'search').find((each) => status(each) === 403);
      return of(heard, 'search').some((each) => each !== refused && each.request.url === refused?.request.url) && of(heard, 'token').length === 2;
    },
  },
  {
    ids: ['cv-80'],
    text: 'after 401 it stops, and asks for a login',
    cases: ['E2', 'E3'],
    rows: ['client.error.401-once'],
    shows: ({ heard }) => of(heard, 'search').some((each) => status(each) === 401) && of(heard, 'token').length === 2,
  },
  {
    ids: ['cv-81'],
    text: 'traceparent, and a User-Agent of its own',
    cases: ['L2', 'R1'],
    rows: ['client.load.concurrency'],
    sends: (request) => ({
      ...request,
      headers: {
        ...request.headers,
        'user-agent': 'Example-EHR/7 (+https://ehr.example.org)',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      },
    }),
    shows: ({ heard }) =>
      heard.length > 0 && heard.every((each) => header(each, 'traceparent') !== '' && header(each, 'user-agent').startsWith('Example-EHR')),
  },
];
