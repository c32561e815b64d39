import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, jsonOf, at as path } from '../../../src/core/fhir.ts';
import { check, notTestable, worst } from '../../../src/core/findings.ts';
import type { Hearing } from '../../../src/core/heard.ts';
import type { Exchange, Finding } from '../../../src/core/model.ts';
import { allScenarios, fhirApi } from '../../../src/core/steps.ts';
import { rfc, smart, udapSecurity, useCase } from '../../sources.ts';
import { at, atMost, clinical, header, none, onCase, onPlayed, repeatsOf, type Scene, status } from '../marks.ts';

const tokens = (heard: readonly Exchange[]): readonly Exchange[] => heard.filter(at('token'));
const bearer = (each: Exchange): boolean => header(each, 'authorization') !== '';
const scopeOf = ({ request }: Exchange): string =>
  decodeURIComponent((/(?:^|&)scope=([^&]*)/.exec(request.body ?? '')?.[1] ?? '').replace(/\+/g, ' '));
const foreign = (heard: readonly Exchange[]): readonly Exchange[] => heard.filter((each) => each.facts?.['heard.listener'] === 'canary');

/** The token goes nowhere else. */
const staysHome = ({ heard }: Scene): Finding => none(foreign(heard).filter(bearer), 'Authorization at another origin');
/** The answer that names another origin was delivered. */
const names =
  (where: (scene: string) => boolean) =>
  (each: Exchange): boolean =>
    where(`${each.response?.body ?? ''} ${each.response?.headers['location'] ?? ''} ${each.response?.headers['content-location'] ?? ''}`) &&
    each.facts?.['heard.listener'] === 'payer';
/** Another case path on another port. */
const elsewhere = (id: string) => names((text) => new RegExp(`https?://[^"/ ]+/${id}/(Practitioner|page-2|Observation|job)`).test(text));

/** Every scenario is about a member, the coverage and the list: who may ask for them need not do so today. */
const needed = ['Patient', 'Coverage', 'Group'];

function unusedTypes({ heard, plays }: Hearing): Finding {
  if (!plays.some(({ before }) => before === 'completed'))
    return notTestable('No journey came to its end in this run, so nobody knows what its scopes are for.', 'set-up');
  const posts = tokens(heard).filter((each) => each.suite !== '' && scopeOf(each) !== '');
  const [first] = posts;
  if (first === undefined) return notTestable('The client sent no token request in this run.', 'not-offered');
  const listed = new Set(
    heard
      .filter(at('smart.configuration'))
      .flatMap((each) => asArray(path(jsonOf(each.response), 'scopes_supported')))
      .map((each) => asString(each) ?? ''),
  );
  const used = new Set(
    heard.flatMap(({ request }) =>
      [...`${request.url} ${request.body?.slice(0, 5000) ?? ''}`.matchAll(/\b([A-Z][A-Za-z]{3,})\b/g)].map(([, type]) => type),
    ),
  );
  const asked = new Set(posts.flatMap((each) => scopeOf(each).split(' ')));
  const wild = [...asked].filter((each) => each.includes('*') && !listed.has(each));
  const idle = [...asked].flatMap((each) => /\/([A-Z][A-Za-z]+)\./.exec(each)?.[1] ?? []).filter((type) => !used.has(type) && !needed.includes(type));
  return worst([
    check(wild.length === 0, first, 'wildcard scopes only where scopes_supported lists them', wild.join(' ')),
    check(idle.length === 0, first, 'scopes for what the run needs', `also asked for, and never used: ${[...new Set(idle)].join(', ')}`),
  ]);
}

export const tokenRows: readonly ClientRow[] = [
  {
    id: 'client.trust.token.reuse',
    level: 'FAST',
    text: 'One access token serves all calls of the same context until it is near its end; the client neither fetches a token per call nor uses one after its end.',
    source: useCase('Requirement line L3 trust'),
    lines: ['L3', 'L6'],
    scenarios: fhirApi,
    cases: ['T5'],
    judge: onCase(['T5'], at('token'), ({ heard, seen }) => {
      const calls = heard.filter(clinical);
      if (calls.length < 10)
        return notTestable(`The client made ${calls.length} calls in case T5: too few to see whether it reuses its token.`, 'not-offered');
      const over = heard.filter((each) => {
        const token = each.facts?.['heard.token'];
        return typeof token === 'object' && token.left < -5;
      });
      return worst([atMost(10, tokens(heard), `token requests for ${calls.length} calls`, seen), none(over, 'use of a token after its end')]);
    }),
    faults: [{ name: 'fetches a token before every call', behaves: 'token-per-call' }],
  },
  {
    id: 'client.trust.token.minimal-scope',
    level: 'SHOULD',
    text: 'The client asks only for the scopes the current scenario needs, and for wildcards only where scopes_supported lists them.',
    source: rfc(6749, '2012', '3.3'),
    lines: ['L3'],
    scenarios: fhirApi,
    judge: unusedTypes,
    faults: [{ name: 'asks for scopes that it never uses', behaves: 'greedy-scopes' }],
  },
  {
    id: 'client.trust.token.granted-subset',
    level: 'FAST',
    text: 'The client copes with a token that grants other scopes than it asked for.',
    source: udapSecurity('general.html#scope-negotiation'),
    lines: ['L3', 'L7'],
    scenarios: fhirApi,
    cases: ['T6'],
    judge: onCase(
      ['T6'],
      (each) => at('token')(each) && status(each) === 200,
      ({ heard, seen }) => {
        const refused = heard.filter((each) => status(each) === 403);
        const served = heard.filter((each) => clinical(each) && status(each) < 400);
        return worst([
          atMost(2, tokens(heard), 'token requests', seen),
          none(
            refused.flatMap((each) => repeatsOf(each, heard)),
            'repeat of what was answered 403',
          ),
          check(served.length > 0, seen, 'reads of what was granted', 'none'),
        ]);
      },
    ),
    faults: [{ name: 'asks again and again for what was not granted', behaves: 'repeats-403' }],
  },
  {
    id: 'client.trust.token.foreign-reference',
    level: 'SHOULD',
    text: 'The client does not send its token to another server named in a reference or attachment.',
    source: smart('backend-services.html#step-4-fhir-api'),
    lines: ['L3'],
    scenarios: fhirApi,
    cases: ['T7a'],
    judge: onCase(['T7a'], elsewhere('T7a'), staysHome, { silence: true }),
    faults: [{ name: 'follows a reference to another server with its token', behaves: 'follows-references-anywhere' }],
  },
  {
    id: 'client.trust.token.foreign-paging',
    level: 'FAST',
    text: 'A next link to another origin does not receive the token.',
    source: useCase('Requirement line L3 trust'),
    lines: ['L3'],
    scenarios: fhirApi,
    cases: ['T7b'],
    judge: onCase(['T7b'], elsewhere('T7b'), staysHome, { silence: true }),
    faults: [{ name: 'follows a next link to another origin with its token', behaves: 'token-everywhere' }],
  },
  {
    id: 'client.trust.token.foreign-redirect',
    level: 'SHOULD',
    text: 'A redirect to another origin does not receive the token.',
    source: rfc(9110, '2022', '15.4'),
    lines: ['L3'],
    scenarios: allScenarios,
    cases: ['T7c', 'T7c2', 'T7c3'],
    judge: onPlayed(['T7c', 'T7c2', 'T7c3'], elsewhere('T7c[23]?'), staysHome, { silence: true }),
    faults: [
      { name: 'follows a redirect to another origin with its token', behaves: 'token-everywhere', in: ['T7c'] },
      { name: 'polls where a redirect leads, with its token', behaves: 'token-everywhere', in: ['T7c2'] },
    ],
  },
  {
    id: 'client.trust.token.foreign-location',
    level: 'FAST',
    text: 'A Content-Location at another origin does not receive the token.',
    source: useCase('Requirement line L3 trust'),
    lines: ['L3'],
    scenarios: fhirApi,
    cases: ['T7d'],
    ours: 'Polling is where bulk clients send their token to an address that they were only told; the list has references, pages and redirects.',
    judge: onCase(['T7d'], elsewhere('T7d'), staysHome, { silence: true }),
    faults: [{ name: 'polls at another origin with its token', behaves: 'polls-anywhere' }],
  },
  {
    id: 'client.trust.token.no-plain-http',
    level: 'SHALL',
    text: 'No token, assertion or member data is sent over plain http.',
    source: rfc(6750, '2012', '5.3'),
    lines: ['L3'],
    scenarios: allScenarios,
    cases: ['T8', 'T8b', 'T8c'],
    judge: onPlayed(
      ['T8', 'T8b', 'T8c'],
      (each) =>
        /http:\/\/[^"]*\/(T8\/page-2|T8b\/plain-job|T8c\/plain-file)/.test(
          `${each.response?.body ?? ''} ${each.response?.headers['content-location'] ?? ''}`,
        ),
      ({ heard }) => {
        const plain = heard.filter((each) => each.facts?.['heard.listener'] === 'plain');
        return none(
          plain.filter(
            (each) =>
              bearer(each) ||
              /client_assertion=/.test(each.request.body ?? '') ||
              /[?&](patient|identifier|name|family|birthdate)=/i.test(each.request.url),
          ),
          'token, assertion or member data on plain http',
        );
      },
      { silence: true },
    ),
    faults: [
      { name: 'follows a link to plain http with its token', behaves: 'token-everywhere', in: ['T8'] },
      { name: 'polls on plain http with its token', behaves: 'polls-anywhere', in: ['T8b'] },
      { name: 'fetches a file on plain http with its token', behaves: 'token-everywhere', in: ['T8c'] },
    ],
  },
];
