import type { ClientRow } from '../../../src/core/client-row.ts';
import { check, pass, worst, worstOfAll } from '../../../src/core/findings.ts';
import type { Hearing } from '../../../src/core/heard.ts';
import type { Exchange, Finding, WireRequest } from '../../../src/core/model.ts';
import { fhirApi } from '../../../src/core/steps.ts';
import { queryOf, sameBase } from '../../../src/core/url.ts';
import { udapSecurity } from '../../sources.ts';
import { at, none, onCase, onEvery, status } from '../marks.ts';

/** The authorization code flow, where a client uses it at a payer. Facts about codes are established by the payer: judges see neither code nor verifier. */

const shared = { lines: ['L3'], scenarios: fhirApi, level: 'SHALL', source: udapSecurity('general.html#authorization-code-flow') } as const;
const asks = at('authorize');
const handsIn = (each: Exchange): boolean => each.facts?.['heard.code'] !== undefined;

/** Parameters of the query, or of the form. */
const valuesOf = ({ request }: Exchange): ReadonlyMap<string, string> =>
  new Map(queryOf(request.method === 'POST' ? `?${request.body ?? ''}` : request.url));

function asked(each: Exchange): Finding {
  const values = valuesOf(each);
  const said = (name: string): string => values.get(name) ?? 'none';
  const { client, redirect, state } = each.facts?.['heard.authorize'] ?? { client: 'other', redirect: 'unknown', state: null };
  const base = each.request.url.replace(/\/as\/authorize.*$/, '/fhir');
  const facts: readonly (readonly [boolean, string, string])[] = [
    [values.get('response_type') === 'code', 'response_type code', said('response_type')],
    [client === 'registered', 'client_id as it was assigned', said('client_id')],
    [redirect !== 'other', 'a redirect_uri that is registered', said('redirect_uri')],
    [(values.get('scope') ?? '') !== '', 'scope', 'none'],
    [state !== null, 'state', 'none'],
    [/^[A-Za-z0-9_-]{43}$/.test(values.get('code_challenge') ?? ''), 'code_challenge', said('code_challenge')],
    [values.get('code_challenge_method') === 'S256', 'code_challenge_method S256', said('code_challenge_method')],
    [sameBase(values.get('aud') ?? '', base), `aud ${base}`, said('aud')],
  ];
  return worst(facts.map(([holds, wanted, saw]) => check(holds, each, wanted, saw)));
}

/** No state is used for two sign-ins. */
function fresh({ heard }: Hearing): Finding {
  const marks = heard.flatMap((each) => {
    const mark = each.facts?.['heard.authorize']?.state;
    return mark === undefined || mark === null ? [] : [{ each, mark }];
  });
  const again = marks.find(({ mark }, nth) => marks.slice(0, nth).some((other) => other.mark === mark));
  return again === undefined ? pass : check(false, again.each, 'a new state for each sign-in', 'one that was used before');
}

const plainChallenge = (request: WireRequest): WireRequest =>
  request.url.includes('/as/authorize?')
    ? { ...request, url: request.url.replace('code_challenge_method=S256', 'code_challenge_method=plain') }
    : request;

export const signInRows: readonly ClientRow[] = [
  {
    id: 'client.trust.authcode.request',
    text: 'The authorization request has response_type code, client_id, a registered redirect_uri, scope, state and PKCE S256; under SMART also aud = the FHIR base.',
    ...shared,
    cases: ['T11'],
    anywhere: true,
    judge: (hearing) => worst([onEvery('authorization request', asks, asked)(hearing), fresh(hearing)]),
    faults: [
      { name: 'signs in with a plain code challenge', sends: plainChallenge },
      { name: 'signs in without a state', behaves: 'sends-no-state' },
      { name: 'wants to be sent back to where it is not registered', behaves: 'is-sent-back-elsewhere' },
    ],
  },
  {
    id: 'client.trust.authcode.state',
    text: 'The client stops when state is missing or different in the answer.',
    ...shared,
    cases: ['T11b', 'T11c'],
    judge: onCase(
      ['T11b', 'T11c'],
      (each) => asks(each) && status(each) === 302,
      ({ after }) => none(after.filter(handsIn), 'token request with a code whose state is wrong'),
      { silence: true },
    ),
    faults: [{ name: 'takes a code with any state', behaves: 'ignores-the-state' }],
  },
  {
    id: 'client.trust.authcode.exchange',
    text: 'The code is exchanged once, with the same redirect_uri and the code_verifier of its challenge.',
    ...shared,
    cases: ['T11'],
    judge: onCase(['T11'], handsIn, ({ heard }) =>
      worstOfAll(
        heard.filter(handsIn).map((each) => {
          const { code, verifier, redirect } = each.facts?.['heard.code'] ?? { code: 'unknown', verifier: 'absent', redirect: 'absent' };
          return worst([
            check(code === 'first', each, 'the code as it was issued, once', code === 'again' ? 'the same code again' : 'a code that nobody issued'),
            check(verifier === 'matches', each, 'the code_verifier of the challenge', verifier === 'absent' ? 'none' : 'another one'),
            check(redirect === 'same', each, 'the redirect_uri of the authorization request', redirect === 'absent' ? 'none' : 'another one'),
          ]);
        }),
      ),
    ),
    faults: [
      { name: 'hands its code in twice', behaves: 'hands-a-code-in-twice' },
      { name: 'hands its code in without the verifier', behaves: 'forgets-the-verifier' },
    ],
  },
];
