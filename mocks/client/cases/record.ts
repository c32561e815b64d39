import { asArray, asObject, asString, at } from '../../../src/core/fhir.ts';
import type { Json } from '../../../src/core/model.ts';
import type { MockReply } from '../../kernel/payer.ts';
import { fhir } from '../../kernel/replies.ts';
import { answers, first, redirect, refusal, withJson } from '../answers.ts';
import type { Case, Serving, Stage } from '../case.ts';

const isSearch = (url: string, type: string): boolean => new RegExp(`/fhir/${type}(\\?|/_search|$)`).test(url);
/** `self`: the address of this page. */
const bundle = (entries: readonly Json[], self: string, links: readonly Json[] = []): Json => ({
  resourceType: 'Bundle',
  type: 'searchset',
  link: [{ relation: 'self', url: self }, ...links],
  ...(entries.length === 0 ? {} : { entry: entries }),
});
const next = (url: string): Json => ({ relation: 'next', url });
/** The same page, which goes on there. */
const goingOn = (reply: MockReply, url: string): MockReply =>
  withJson(reply, (json) => ({ ...json, link: [...asArray(json['link']).filter((each) => at(each, 'relation') === 'self'), next(url)] }));

/** Replaces the answer to searches of one type only. */
const onSearch = (type: string, change: (reply: MockReply, nth: number) => MockReply) => {
  let nth = 0;
  return answers({ search: (reply, _nth, request) => (reply.status === 200 && isSearch(request.url, type) ? change(reply, ++nth) : reply) });
};

/** Seven pages at random paths, the fourth empty, the third reached by a relative link. `loops`: page 3 leads back to page 1. */
const paged =
  (loops: boolean) =>
  (stage: Stage): Serving => {
    const name = (page: number): string => `/fhir/p-${stage.word}${page}`;
    let entries: readonly Json[] = [];
    const pageOf = (page: number, self = `${stage.root}${name(page)}`): Json => {
      const to = loops && page === 3 ? `${stage.root}${name(1)}` : page === 2 ? `p-${stage.word}3` : `${stage.root}${name(page + 1)}`;
      return bundle(page === 4 ? [] : entries.slice(0, 1), self, page === 7 ? [] : [next(to)]);
    };
    return {
      rules: onSearch('Observation', (reply) => {
        entries = asArray(at(JSON.parse(reply.body) as Json, 'entry'));
        return withJson(reply, (json) => pageOf(0, asString(at(json, 'link', 0, 'url'))));
      }),
      instead: ({ path, headers }) => {
        const page = path.startsWith(`/fhir/p-${stage.word}`) ? Number(path.slice(`/fhir/p-${stage.word}`.length)) : 0;
        if (page < 1 || page > 7) return undefined;
        if (headers['authorization'] === undefined) return { step: 'page', reply: refusal(stage, 401, 'login', 'Send the token.') };
        return { step: 'page', reply: fhir(pageOf(page)) };
      },
    };
  };

const withEntry = (reply: MockReply, entry: Json): MockReply =>
  withJson(reply, ({ total: _total, ...json }) => ({ ...json, entry: [...asArray(json['entry']).slice(0, 3), entry] }));

/** The other person whom an answer names by mistake. */
const stranger = (stage: Stage): Json => ({
  resourceType: 'Patient',
  id: `other-${stage.word}`,
  identifier: [{ system: 'urn:example:card', value: `other-${stage.word}` }],
  name: [{ family: 'Zwentibold', given: ['Quirin'] }],
  gender: 'male',
  birthDate: '1931-05-17',
});

const noMatch =
  (code: string, text: string) =>
  (stage: Stage): Serving => ({
    rules: answers({ 'member-match': () => refusal(stage, 422, code, text) }),
  });

export const recordCases: readonly Case[] = [
  { id: 'R1', group: 'G10', journey: 'record', does: 'seven more pages of results, one empty, one by a relative link', serves: paged(false) },
  { id: 'R2', group: 'G10', journey: 'record', does: 'a page whose next link leads back', serves: paged(true) },
  {
    id: 'R3',
    group: 'G10',
    journey: 'record',
    does: '304 to a conditional read, then 200 with another ETag',
    serves: () => {
      let conditional = 0;
      return {
        rules: answers({
          read: (reply, _nth, request) => {
            if (request.headers['if-none-match'] === undefined) return reply;
            return ++conditional === 1 || reply.status !== 304 ? reply : { ...reply, headers: { ...reply.headers, etag: 'W/"changed"' } };
          },
        }),
      };
    },
  },
  {
    id: 'R5',
    group: 'G10',
    journey: 'record',
    does: 'a warning among the results',
    serves: (stage) => ({
      rules: onSearch('Observation', (reply) =>
        withEntry(reply, {
          resource: {
            resourceType: 'OperationOutcome',
            id: `warning-${stage.word}`,
            issue: [
              { severity: 'warning', code: 'incomplete', details: { text: `Results of one laboratory are missing. Ask there. (${stage.word})` } },
            ],
          },
          search: { mode: 'outcome' },
        }),
      ),
    }),
  },
  {
    id: 'R6',
    group: 'G10',
    journey: 'record',
    scene: 'documents',
    does: 'a document whose text is in a Binary',
    serves: (stage) => ({
      instead: ({ method, path, search, headers }) => {
        if (method !== 'GET' || !/^\/fhir\/(DocumentReference|Binary\/d-)/.test(path)) return undefined;
        if (headers['authorization'] === undefined) return { step: 'docref', reply: refusal(stage, 401, 'login', 'Send the token.') };
        if (path.startsWith('/fhir/Binary/'))
          return {
            step: 'binary',
            reply: { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `Discharge letter (${stage.word})` },
          };
        const document: Json = {
          resourceType: 'DocumentReference',
          id: `doc-${stage.word}`,
          status: 'current',
          type: { text: 'Discharge letter' },
          content: [{ attachment: { contentType: 'text/plain', url: `${stage.root}/fhir/Binary/d-${stage.word}` } }],
        };
        return {
          step: 'docref',
          reply: fhir(
            bundle(
              [{ fullUrl: `${stage.root}/fhir/DocumentReference/doc-${stage.word}`, resource: document, search: { mode: 'match' } }],
              `${stage.root}${path}${search}`,
            ),
          ),
        };
      },
    }),
  },
  {
    id: 'I1',
    group: 'G6',
    journey: 'record',
    does: 'the match answers an identifier that stands on no card',
    serves: () => ({}),
  },
  {
    id: 'I2',
    group: 'G6',
    journey: 'record',
    does: 'the identifier leads to another person',
    serves: (stage) => ({
      rules: answers({
        search: (reply, _nth, request) =>
          isSearch(request.url, 'Patient')
            ? fhir(
                bundle(
                  [{ fullUrl: `${stage.root}/fhir/Patient/other-${stage.word}`, resource: stranger(stage), search: { mode: 'match' } }],
                  request.url,
                ),
              )
            : reply,
      }),
      instead: ({ method, path }) =>
        method === 'GET' && path === `/fhir/Patient/other-${stage.word}` ? { step: 'read', reply: fhir(stranger(stage)) } : undefined,
    }),
  },
  {
    id: 'I3a',
    group: 'G6',
    journey: 'record',
    does: 'no member fits (422)',
    serves: noMatch('not-found', 'No member fits. Check the card and ask the member.'),
  },
  {
    id: 'I3b',
    group: 'G6',
    journey: 'record',
    does: 'several members fit (422)',
    serves: noMatch('multiple-matches', 'Several members fit. Add the member number.'),
  },
  {
    id: 'I3c',
    group: 'G6',
    journey: 'record',
    does: 'the consent is not enough (422)',
    serves: noMatch('suppressed', 'The consent does not cover this. Ask the member for another.'),
  },
  {
    id: 'I4a',
    group: 'G6',
    journey: 'record',
    does: 'the search for the member finds two',
    serves: (stage) => ({
      rules: onSearch('Patient', (reply) =>
        withEntry(reply, { fullUrl: `${stage.root}/fhir/Patient/other-${stage.word}`, resource: stranger(stage), search: { mode: 'match' } }),
      ),
    }),
  },
  {
    id: 'I4b',
    group: 'G6',
    journey: 'record',
    scene: 'idi-match',
    does: '$IDI-match finds two',
    serves: (stage) => ({
      rules: answers({
        'idi-match': (reply) =>
          withJson(reply, (json) => {
            const found = asObject(at(json, 'parameter', 0, 'resource'));
            const [first, ...others] = asArray(found['entry']);
            const second = {
              ...asObject(first),
              fullUrl: `${stage.root}/fhir/Patient/other-${stage.word}`,
              resource: stranger(stage),
            };
            const whole = { ...found, total: Number(found['total'] ?? 0) + 1, entry: [first ?? second, second, ...others] };
            return reply.status === 200 ? { ...json, parameter: [{ name: 'IDIMatchBundle', resource: whole }] } : json;
          }),
      }),
    }),
  },
  {
    id: 'I5',
    group: 'G6',
    journey: 'record',
    does: 'a result of another member among those of this one',
    breaks: ['id.authz.compartment'],
    serves: (stage) => ({
      rules: onSearch('Observation', (reply) =>
        withEntry(reply, {
          fullUrl: `${stage.root}/fhir/Observation/o-${stage.word}`,
          resource: {
            resourceType: 'Observation',
            id: `o-${stage.word}`,
            status: 'final',
            code: { text: 'Result' },
            subject: { reference: `Patient/other-${stage.word}` },
          },
          search: { mode: 'match' },
        }),
      ),
    }),
  },
  ...(['3.0.1', '5.0.0'] as const).map(
    (version, nth): Case => ({
      id: `V1${'ab'[nth]}`,
      group: 'G2',
      journey: 'record',
      does: `metadata declares FHIR ${version}`,
      breaks: ['cc3.metadata.valid'],
      serves: () => ({ rules: answers({ metadata: (reply) => withJson(reply, (json) => ({ ...json, fhirVersion: version })) }) }),
    }),
  ),
  {
    id: 'T4',
    group: 'G4',
    journey: 'record',
    does: 'a token URL with capitals and a slash at its end; 503 to the first request',
    serves: (stage) => ({
      rewrite: (path) => (path === '/as/Token/' ? '/as/token' : path),
      rules: answers({
        'smart.configuration': (reply) => withJson(reply, (json) => ({ ...json, token_endpoint: `${stage.root}/as/Token/` })),
        token: first(1, () => ({ status: 503, headers: { 'retry-after': '1' }, body: '' })),
      }),
    }),
  },
  ...(['ES384', 'RS384'] as const).map(
    (alg, nth): Case => ({
      id: `T4${'bc'[nth]}`,
      group: 'G4',
      journey: 'record',
      does: `the token endpoint lists ${alg} only`,
      serves: () => ({
        rules: answers({
          'smart.configuration': (reply) => withJson(reply, (json) => ({ ...json, token_endpoint_auth_signing_alg_values_supported: [alg] })),
        }),
      }),
    }),
  ),
  {
    id: 'T5',
    group: 'G4',
    journey: 'record',
    does: 'tokens that live 60 s',
    serves: (stage) => ({ rules: { tokenLifetime: () => Math.max(10, stage.seconds(60)), pageSize: () => 2 } }),
  },
  {
    id: 'T6',
    group: 'G4',
    journey: 'record',
    does: 'the token covers Patient and Coverage only',
    serves: () => ({ rules: { scopesGranted: () => ['system/Patient.rs', 'system/Coverage.rs'] } }),
  },
  {
    id: 'T7a',
    group: 'G5',
    journey: 'record',
    does: 'results name a performer at another origin',
    serves: (stage) => ({
      rules: onSearch('Observation', (reply) =>
        withJson(reply, (json) => ({
          ...json,
          entry: asArray(json['entry']).map((each) => ({
            ...(each as object),
            resource: { ...(at(each, 'resource') as object), performer: [{ reference: `${stage.canary}/Practitioner/1` }] },
          })),
        })),
      ),
    }),
  },
  {
    id: 'T7b',
    group: 'G5',
    journey: 'record',
    does: 'a next link to another origin',
    serves: (stage) => ({
      rules: onSearch('Observation', (reply) => goingOn(reply, `${stage.canary}/page-2`)),
    }),
  },
  {
    id: 'T7c',
    group: 'G5',
    journey: 'record',
    does: 'a redirect of a search to another origin',
    serves: (stage) => ({
      rules: answers({ search: (reply, _nth, request) => (isSearch(request.url, 'Observation') ? redirect(`${stage.canary}/Observation`) : reply) }),
    }),
  },
  {
    id: 'T7c3',
    group: 'G5',
    journey: 'record',
    does: 'a redirect of the token request to another origin',
    breaks: ['cc2.token.success', 'cc2.token.error-json', 'cc2.token.error-status'],
    serves: (stage) => ({ rules: answers({ token: () => redirect(`${stage.canary}/job-token`) }) }),
  },
  {
    id: 'T8',
    group: 'G5',
    journey: 'record',
    does: 'a next link to plain http elsewhere',
    serves: (stage) => ({
      rules: onSearch('Observation', (reply) => goingOn(reply, `${stage.plain}/page-2`)),
    }),
  },
];
