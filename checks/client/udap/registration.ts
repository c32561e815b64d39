import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asObject, asString, at, jsonOf, requestJsonOf } from '../../../src/core/fhir.ts';
import { check, notApplicable, notTestable, worst, worstOfAll } from '../../../src/core/findings.ts';
import { came, type Hearing, left } from '../../../src/core/heard.ts';
import type { Exchange, Finding, Json } from '../../../src/core/model.ts';
import { fhirApi } from '../../../src/core/steps.ts';
import { sameBase } from '../../../src/core/url.ts';
import { udapSecurity } from '../../sources.ts';
import { header, onCase, onEvery, status, at as step } from '../marks.ts';

const shared = { lines: ['L3'], scenarios: fhirApi, level: 'SHALL' } as const;
const registers = step('register');
const tokens = step('udap.token');
const claim = (each: Exchange, name: string): Json | undefined => at(each.facts?.['heard.jwt']?.claims, name);
/** An empty list of grants ends a registration. */
const ends = (each: Exchange): boolean => Array.isArray(claim(each, 'grant_types')) && asArray(claim(each, 'grant_types')).length === 0;
const texts = (value: Json | undefined): readonly string[] => asArray(value).flatMap((each) => asString(each) ?? []);

function statement(each: Exchange): Finding {
  const jwt = each.facts?.['heard.jwt'];
  if (jwt === undefined) return check(false, each, 'a software_statement', 'none that can be read');
  const says = (name: string) => claim(each, name);
  const grants = texts(says('grant_types'));
  if (ends(each)) return notApplicable('An empty list of grants ends a registration.');
  const life = Number(says('exp')) - Number(says('iat'));
  const audience = [says('aud')].flat().map((one) => asString(one) ?? '');
  const code = grants.includes('authorization_code');
  const facts: readonly (readonly [boolean, string, string])[] = [
    [jwt.verified, 'a signature that x5c[0] verifies', 'it does not'],
    [
      jwt.x5c?.uris.includes(String(says('iss'))) === true,
      'iss: a URI of the certificate',
      `${String(says('iss'))}; the certificate names ${jwt.x5c?.uris.join(', ') ?? 'none'}`,
    ],
    [says('sub') === says('iss'), 'sub equal to iss', String(says('sub'))],
    [audience.length === 1 && sameBase(audience[0] ?? '', each.request.url), 'aud: the registration URL', audience.join(', ')],
    [life > 0 && life <= 300, 'exp at most 300 s after iat', `${life} s`],
    [asString(says('jti')) !== undefined, 'jti', 'none'],
    [asString(says('client_name')) !== undefined, 'client_name', 'none'],
    [texts(says('contacts')).some((one) => one.startsWith('mailto:')), 'contacts with a mailto', texts(says('contacts')).join(', ') || 'none'],
    [
      says('token_endpoint_auth_method') === 'private_key_jwt',
      'token_endpoint_auth_method private_key_jwt',
      String(says('token_endpoint_auth_method') ?? 'none'),
    ],
    [asString(says('scope')) !== undefined, 'scope', 'none'],
    [code !== grants.includes('client_credentials'), 'one of authorization_code and client_credentials', grants.join(', ') || 'none'],
    [
      code || (says('redirect_uris') === undefined && says('response_types') === undefined),
      'no redirect_uris with client_credentials',
      JSON.stringify(says('redirect_uris') ?? null),
    ],
    [
      !code || (texts(says('redirect_uris')).length > 0 && texts(says('response_types')).join() === 'code'),
      'redirect_uris and response_types ["code"]',
      JSON.stringify(says('response_types') ?? null),
    ],
  ];
  return worst(facts.map(([holds, wanted, saw]) => check(holds, each, wanted, saw)));
}

const scopesOf = (each: Exchange): readonly string[] =>
  `${asString(claim(each, 'scope')) ?? ''} ${decodeURIComponent((/(?:^|&)scope=([^&]*)/.exec(each.request.body ?? '')?.[1] ?? '').replace(/\+/g, ' '))}`
    .split(' ')
    .filter((one) => one !== '');

function wildcards({ heard }: Hearing): Finding {
  const asks = heard.filter((each) => each.suite !== '' && (registers(each) || tokens(each)));
  if (asks.length === 0) return notTestable('The client did not register and fetched no token by UDAP in this run.', 'not-offered');
  return worstOfAll(
    asks.map((each) => {
      const listed = heard
        .filter((one) => one.suite === each.suite && step('udap.metadata')(one))
        .flatMap((one) => texts(at(jsonOf(one.response), 'scopes_supported')));
      const wild = scopesOf(each).filter((scope) => scope.includes('*') && !listed.includes(scope));
      return check(wild.length === 0, each, 'wildcard scopes only where scopes_supported lists them', wild.join(' '));
    }),
  );
}

export const registrationRows: readonly ClientRow[] = [
  {
    id: 'client.trust.reg.statement',
    text: 'The software statement is signed by the certificate, short-lived, for this endpoint, and says who the client is and what it wants.',
    source: udapSecurity('registration.html#software-statement'),
    ...shared,
    cases: ['T3'],
    anywhere: true,
    judge: onEvery('registration', registers, statement),
    faults: [{ name: 'lets its statement live an hour', behaves: 'hour-long-statement' }],
  },
  {
    id: 'client.trust.reg.body',
    text: 'The registration is JSON with software_statement and udap "1".',
    source: udapSecurity('registration.html#request-body'),
    ...shared,
    cases: ['T3'],
    anywhere: true,
    judge: onEvery('registration', registers, (each) => {
      const body = asObject(requestJsonOf(each.request));
      const certifications = body['certifications'];
      return worst([
        check(
          /^application\/json\b/i.test(header(each, 'content-type')),
          each,
          'Content-Type application/json',
          header(each, 'content-type') || 'none',
        ),
        check(asString(body['software_statement']) !== undefined, each, 'software_statement', 'none'),
        check(body['udap'] === '1', each, 'udap: "1"', JSON.stringify(body['udap'] ?? null)),
        check(
          certifications === undefined || Array.isArray(certifications),
          each,
          'certifications as a list',
          JSON.stringify(certifications ?? null).slice(0, 80),
        ),
      ]);
    }),
    faults: [
      {
        name: 'leaves udap out',
        sends: (request) =>
          request.url.endsWith('/udap/register') ? { ...request, body: (request.body ?? '').replace(/"udap":"1",?/, '') } : request,
      },
    ],
  },
  {
    id: 'client.trust.reg.client-id',
    text: 'After a later registration the new client_id is used.',
    source: udapSecurity('registration.html#modifying-and-cancelling-registrations'),
    ...shared,
    cases: ['T3'],
    judge: onCase(['T3'], registers, ({ heard }) => {
      const given = heard
        .filter((each) => registers(each) && status(each) < 300 && !ends(each))
        .flatMap((each) => {
          const id = asString(at(jsonOf(each.response), 'client_id'));
          return id === undefined ? [] : [{ each, id }];
        });
      const last = given.at(-1);
      if (last === undefined || given.length < 2)
        return notTestable('Case T3: the client registered once only. Register again, or start it anew.', 'set-up');
      const later = heard.filter((each) => tokens(each) && came(each) > left(last.each));
      if (later.length === 0) return notTestable('Case T3: no token was asked for after the second registration.', 'not-offered');
      return worstOfAll(
        later.map((each) =>
          check(claim(each, 'iss') === last.id && claim(each, 'sub') === last.id, each, `iss and sub ${last.id}`, `${String(claim(each, 'iss'))}`),
        ),
      );
    }),
    faults: [{ name: 'goes on under its first client_id', behaves: 'keeps-the-first-client-id' }],
  },
  {
    id: 'client.trust.assertion.x5c',
    text: 'JWTs of UDAP bring their certificates, and the first one verifies them.',
    source: udapSecurity('general.html#jwt-headers'),
    ...shared,
    cases: ['T4u'],
    anywhere: true,
    judge: onEvery(
      'JWT of UDAP',
      (each) => registers(each) || tokens(each),
      (each) => {
        const jwt = each.facts?.['heard.jwt'];
        if (at(jwt?.header, 'jku') !== undefined) return notApplicable('The JWT names its keys by jku.');
        return worst([
          check(jwt?.x5c !== undefined, each, 'x5c in the header', 'none'),
          check(jwt?.x5c?.chained !== false, each, 'each certificate certified by the next one', 'they are not'),
          check(jwt?.x5c?.anchored !== false, each, 'a chain that ends at an anchor of the community', 'it ends elsewhere'),
          check(jwt?.x5c === undefined || jwt.verified, each, 'a signature that x5c[0] verifies', 'it does not'),
        ]);
      },
    ),
    faults: [
      { name: 'sends its token request without certificates', behaves: 'sends-no-certificates' },
      { name: 'signs with a certificate that no authority of the community issued', behaves: 'signs-under-another-authority' },
    ],
  },
  {
    id: 'client.trust.assertion.b2b',
    text: 'The assertion has the extension hl7-b2b with version, organization and purpose.',
    source: udapSecurity('b2b.html#b2b-authorization-extension-object'),
    ...shared,
    cases: ['T4u'],
    anywhere: true,
    judge: onEvery(
      'token request by UDAP',
      // For the own access of a person there is another extension, which is judged by client.identity.idi-b2b-user.
      (each) =>
        tokens(each) && /grant_type=client_credentials/.test(each.request.body ?? '') && at(claim(each, 'extensions'), 'hl7-b2b-user') === undefined,
      (each) => {
        const b2b = at(claim(each, 'extensions'), 'hl7-b2b');
        const says = (name: string) => at(b2b, name);
        return worst([
          check(says('version') === '1', each, 'hl7-b2b with version "1"', b2b === undefined ? 'no hl7-b2b' : String(says('version') ?? 'none')),
          check(
            /^[a-z][a-z0-9+.-]*:\S+$/i.test(asString(says('organization_id')) ?? ''),
            each,
            'organization_id: an absolute URI',
            String(says('organization_id') ?? 'none'),
          ),
          check(texts(says('purpose_of_use')).length > 0, each, 'purpose_of_use: a list of codes', JSON.stringify(says('purpose_of_use') ?? null)),
          check(
            says('consent_reference') === undefined || says('consent_policy') !== undefined,
            each,
            'consent_reference only with consent_policy',
            'consent_reference alone',
          ),
        ]);
      },
    ),
    faults: [{ name: 'names its organization by a word', behaves: 'names-an-organization' }],
  },
  {
    id: 'client.trust.token.context',
    text: 'A token that was issued for one user is not used for another.',
    source: udapSecurity('b2b.html#client-application-use-of-access-tokens'),
    ...shared,
    cases: ['T5u'],
    judge: onCase(['T5u'], tokens, ({ heard, seen, play }) => {
      const subject = (each: Exchange): string => asString(at(claim(each, 'extensions'), 'hl7-b2b', 'subject_name')) ?? '';
      const users = [...new Set(heard.filter(tokens).map(subject))].filter((each) => each !== '');
      const reads = heard.filter((each) => step('read', 'search')(each) && status(each) < 400);
      const told = play.shown?.find((line) => line.startsWith('user: '))?.slice(6);
      if (users.length === 0) return notTestable('Case T5u: no token request names a user (subject_name).', 'not-offered');
      if (users.length === 1 && told === undefined)
        return notTestable('Case T5u: only one user was named, and nobody said who the second was.', 'set-up');
      if (reads.length < 2) return notTestable('Case T5u: the member was read once, so nobody knows about a second user.', 'not-offered');
      if (users.length === 1)
        return told === users[0]
          ? notTestable(`Case T5u: both were ${told}, so no token could be used for another user.`, 'set-up')
          : check(false, reads.at(-1) ?? seen, `a token of its own for ${told ?? ''}`, `the token of ${users[0] ?? ''}`);
      const second = heard.find((each) => tokens(each) && subject(each) === users[1]);
      const after = second === undefined ? [] : reads.filter((each) => came(each) > left(second));
      if (after.length === 0) return notTestable(`Case T5u: nothing was read after the token of ${users[1] ?? ''}.`, 'not-offered');
      const nth = second?.facts?.['heard.gave']?.nth;
      return worstOfAll(
        after.map((each) => {
          const token = each.facts?.['heard.token'];
          return check(typeof token === 'object' && token.nth === nth, each, `the token of ${users[1] ?? ''}`, 'another token');
        }),
      );
    }),
    faults: [{ name: 'reads for every user with the token of the first', behaves: 'one-token-for-all-users' }],
  },
  {
    id: 'client.trust.token.wildcard-scope',
    text: 'Wildcard scopes are asked for only where the payer lists them.',
    source: udapSecurity('general.html#scope-negotiation'),
    ...shared,
    level: 'SHOULD',
    cases: ['T4u'],
    anywhere: true,
    judge: wildcards,
    faults: [{ name: 'registers for everything', behaves: 'wildcard-registration' }],
  },
];
