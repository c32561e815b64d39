import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, at, type JsonObject, jsonOf } from '../../../src/core/fhir.ts';
import { check, notTestable, pass, warn, worst, worstOfAll } from '../../../src/core/findings.ts';
import type { Hearing } from '../../../src/core/heard.ts';
import type { Exchange, Finding } from '../../../src/core/model.ts';
import { sameBase } from '../../../src/core/url.ts';
import { cdsHooks, crd } from '../../sources.ts';
import { header, none, onCase, onEvery, at as step } from '../marks.ts';
import { altered, atSecond, bodyOf, carried, hook, member, resourcesIn, shared, signs } from './lib.ts';

const cds = step('cds.hook', 'cds.discovery', 'cds.feedback');
const trust = { ...shared, lines: ['L3'] } as const;
const claim = (each: Exchange, name: string) => at(each.facts?.['heard.jwt']?.claims, name);

/** Every call has a JWT, and no jti comes in two different ones. */
function perCall({ heard }: Hearing): Finding {
  const calls = heard.filter((each) => each.suite !== '' && cds(each));
  if (calls.length === 0) return notTestable('The client made no CDS Hooks call in this run.', 'not-offered');
  const seen = new Map<string, string>();
  return worstOfAll(
    calls.map((each) => {
      const jti = asString(claim(each, 'jti'));
      const [before, own] = [seen.get(jti ?? ''), header(each, 'authorization')];
      if (jti !== undefined) seen.set(jti, own);
      if (each.facts?.['heard.jwt'] === undefined)
        return check(false, each, 'Authorization: Bearer with a JWT', `${each.request.method} ${each.request.url} without`);
      if (before === undefined) return pass;
      return before === own
        ? warn(each, 'a JWT for each call', 'the same one again')
        : check(false, each, 'a jti of its own in each JWT', `${String(jti)} in two JWTs`);
    }),
  );
}

function claims(each: Exchange): Finding {
  const jwt = each.facts?.['heard.jwt'];
  if (jwt === undefined) return pass;
  const says = (name: string) => at(jwt.claims, name);
  const alg = asString(at(jwt.header, 'alg')) ?? 'none';
  const audiences = [says('aud')].flat().map((one) => asString(one) ?? '');
  const [iat, exp] = [Number(says('iat')), Number(says('exp'))];
  const arrival = Date.parse(each.startedAt) / 1000;
  const facts: readonly (readonly [boolean, string, string])[] = [
    [!/^(none|HS\d+)$/i.test(alg), 'an asymmetric algorithm', alg],
    [asString(at(jwt.header, 'kid')) !== undefined, 'kid in the header', 'none'],
    [/^jwt$/i.test(asString(at(jwt.header, 'typ')) ?? ''), 'typ JWT', String(at(jwt.header, 'typ') ?? 'none')],
    [asString(says('iss')) !== undefined, 'iss', 'none'],
    [audiences.some((one) => sameBase(one, each.request.url)), `aud with the URL of this call, ${each.request.url}`, audiences.join(', ') || 'none'],
    [Number.isFinite(iat), 'iat', 'none'],
    [exp > iat && exp > arrival - 60, 'exp after iat and after now', String(says('exp') ?? 'none')],
    [asString(says('jti')) !== undefined, 'jti', 'none'],
    [jwt.verified, 'a signature that a registered key verifies', `kid ${String(at(jwt.header, 'kid'))}, ${jwt.keys} keys of that name`],
  ];
  return worst(facts.map(([holds, wanted, saw]) => check(holds, each, wanted, saw)));
}

/** Identifier values of a resource that are in its id. A UUID tells nobody anything, and may be both. */
function telling(resource: JsonObject): string | undefined {
  const id = String(resource['id'] ?? '').toLowerCase();
  const values = asArray(resource['identifier']).flatMap((each) => asString(at(each, 'value')) ?? []);
  return values.find((each) => each.length >= 4 && id.includes(each.toLowerCase()) && !/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(each));
}

export const crdTrustRows: readonly ClientRow[] = [
  {
    id: 'client.crd.jwt-per-call',
    text: 'Every call of discovery, hook and feedback carries a JWT; no jti is used for two of them.',
    source: cdsHooks('#trusting-cds-clients'),
    ...trust,
    cases: ['C6'],
    anywhere: true,
    judge: perCall,
    faults: [
      {
        name: 'reads the services without a JWT',
        sends: (request) => {
          const { authorization: _none, ...headers } = request.headers;
          return /\/cds-services$/.test(request.url) ? { ...request, headers } : request;
        },
      },
    ],
  },
  {
    id: 'client.crd.jwt-claims',
    text: 'The JWT names issuer, this URL as audience, times and jti, and a registered key verifies it.',
    source: cdsHooks('#trusting-cds-clients'),
    ...trust,
    cases: ['C1'],
    anywhere: true,
    judge: onEvery('CDS Hooks call with a JWT', (each) => cds(each) && each.facts?.['heard.jwt'] !== undefined, claims),
    faults: [{ name: 'names the base as audience of every call', behaves: 'base-as-hook-audience' }],
  },
  {
    id: 'client.crd.registration',
    text: 'The issuer stays the same, and each payer is known to the client by an id of its own.',
    source: cdsHooks('#trusting-cds-clients'),
    ...trust,
    cases: ['C4'],
    judge: onCase(['C4'], hook, ({ heard, seen }) => {
      const calls = heard.filter(hook);
      const issuers = new Set(calls.flatMap((each) => asString(claim(each, 'iss')) ?? []));
      const subjects = (second: boolean) =>
        calls.filter((each) => atSecond(each) === second).flatMap((each) => asString(at(bodyOf(each), 'fhirAuthorization', 'subject')) ?? []);
      const [own, other] = [subjects(false), subjects(true)];
      return worst([
        check(issuers.size <= 1, seen, 'one issuer', [...issuers].join(', ')),
        own.length === 0 || other.length === 0
          ? notTestable('Fewer than two payers got an id (fhirAuthorization.subject), so ids cannot be compared.', 'not-offered')
          : check(!other.some((each) => own.includes(each)), seen, 'another fhirAuthorization.subject for each payer', [...own, ...other].join(', ')),
      ]);
    }),
    faults: [{ name: 'knows every payer by the same id', behaves: 'one-subject-for-all' }],
  },
  {
    id: 'client.crd.tls',
    text: 'Hooks are called, and the FHIR server is offered, over https only.',
    source: crd('security.html', 'sec-2'),
    ...trust,
    cases: ['C1'],
    anywhere: true,
    judge: onEvery('CDS Hooks call', cds, (each) => {
      const server = asString(bodyOf(each)['fhirServer']) ?? '';
      const here = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(server);
      return worst([
        none(each.facts?.['heard.listener'] === 'plain' ? [each] : [], 'CDS Hooks call over plain http'),
        check(!server.startsWith('http:') || here, each, 'fhirServer with https', server),
      ]);
    }),
    faults: [
      {
        name: 'offers its FHIR server over plain http',
        sends: altered((body) => ({ ...body, fhirServer: 'http://ehr.example.org/fhir' }), ['order-sign']),
      },
    ],
  },
  {
    id: 'client.crd.resource-ids',
    text: 'Ids of resources tell no identifier of the person or thing.',
    source: crd('security.html', 'sec-7'),
    ...trust,
    cases: ['C1'],
    anywhere: true,
    judge: onEvery(
      'hook call with resources',
      (each) => (hook(each) && carried(each).length > 0) || each.step === 'ehr.callback',
      (each) => {
        const all = each.step === 'ehr.callback' ? resourcesIn(jsonOf(each.response)) : carried(each);
        const found = all.find((resource) => telling(resource) !== undefined);
        return check(
          found === undefined,
          each,
          'ids without identifiers in them',
          `${String(found?.['resourceType'])}/${String(found?.['id'])} has the identifier ${found ? telling(found) : ''}`,
        );
      },
    ),
    faults: [
      {
        name: 'takes the record number for the id of its patients',
        sends: altered((body) => JSON.parse(JSON.stringify(body).replace(/"value":"00817342"/g, '"value":"ehr-patient"'))),
      },
    ],
  },
  {
    id: 'client.crd.fhir-authorization',
    text: 'The call names the FHIR server, and a token for it with type, scope, subject and time.',
    source: crd('foundation.html#crd-access-tokens', 'found-20'),
    ...trust,
    cases: ['C3'],
    anywhere: true,
    judge: onEvery('order-sign call', signs, (each) => {
      const body = bodyOf(each);
      const says = (name: string) => at(body, 'fhirAuthorization', name);
      const scope = asString(says('scope')) ?? '';
      return worst([
        check(/^https?:\/\//.test(asString(body['fhirServer']) ?? ''), each, 'fhirServer, a URL', String(body['fhirServer'] ?? 'none')),
        check(asString(says('access_token')) !== undefined, each, 'fhirAuthorization.access_token', 'none'),
        check(says('token_type') === 'Bearer', each, 'token_type Bearer', String(says('token_type') ?? 'none')),
        check(
          Number.isInteger(says('expires_in')) && Number(says('expires_in')) > 0,
          each,
          'expires_in, a number of seconds',
          String(says('expires_in') ?? 'none'),
        ),
        check(
          scope !== '' && asString(says('subject')) !== undefined,
          each,
          'scope and subject',
          `scope ${scope || 'none'}, subject ${String(says('subject') ?? 'none')}`,
        ),
        !/(^| )patient\//.test(scope) || asString(says('patient')) !== undefined ? pass : warn(each, 'patient beside a scope of patient/', 'none'),
      ]);
    }),
    faults: [
      { name: 'calls the token type "bearer token"', behaves: 'strange-token-type' },
      { name: 'leaves the subject of the token out', sends: member('fhirAuthorization', ({ subject: _none, ...rest }) => rest) },
    ],
  },
];
