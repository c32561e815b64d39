import { all, check, fail, notTestable, pass, worstOfAll } from '../../src/core/findings.ts';
import type { Evidence, Finding } from '../../src/core/model.ts';
import { group } from '../group.ts';
import { smart } from '../sources.ts';
import { callsOf, factOf, launches, lostCall, onAuthorize, onLaunches, shared } from './lib.ts';

/** How the app asks for leave to read: discovery and authorization request. */

const at = 'app.page';
const page = (section: string) => smart(`app-launch.html#${section}`);
const request = page('obtain-authorization-code');
/** RFC 7636, 4.2: what SHA-256 leaves in base64url. */
const challengeLength = 43;
const leastBits = 122;

export const authorizeChecks = group(shared, [
  {
    id: 'app.discovery',
    level: 'SHALL',
    lines: ['L1'],
    text: "A launched app reads the EHR's SMART configuration at the `iss` it was launched with before it asks for authorization.",
    source: page('retrieve-well-knownsmart-configuration'),
    judge: onLaunches([], (launch) => {
      const [asked] = callsOf(launch, 'authorize');
      if (asked === undefined) return lostCall(launch) ?? notTestable('The app never asked for authorization.', 'payer');
      const read = callsOf(launch, 'discovery', 'metadata').find(({ index }) => index < asked.index);
      return read !== undefined
        ? pass
        : (lostCall(launch) ??
            fail(asked, 'GET [iss]/.well-known/smart-configuration before the authorization request', 'neither it nor metadata was asked for'));
    }),
    faults: [{ name: 'knows the endpoints of one EHR by heart', at, behaviour: 'app-guesses-the-endpoints' }],
  },
  {
    id: 'app.authorize.request',
    level: 'SHALL',
    lines: ['L3'],
    text: 'The authorization request has response_type code, the client_id under which the app is registered, a redirect_uri and a scope.',
    source: request,
    judge: onAuthorize(({ responseType, client, redirect, scope }, call) =>
      all(
        () => check(responseType === 'code', call, 'response_type=code', `response_type ${responseType || 'is absent'}`),
        () =>
          check(
            client === 'same',
            call,
            'client_id of this app',
            client === 'absent' ? 'client_id is absent' : 'another client_id than apps[].clientId says',
          ),
        () =>
          check(
            redirect !== '' && redirect !== 'no URL',
            call,
            'an absolute redirect_uri',
            redirect === '' ? 'redirect_uri is absent' : 'redirect_uri is not a URL',
          ),
        () => check(scope !== '', call, 'a scope', 'scope is absent'),
      ),
    ),
    faults: [
      { name: 'asks for a token in the address', at, behaviour: 'app-asks-for-a-token-at-once' },
      { name: 'does not say who it is', at, behaviour: 'app-forgets-its-client-id' },
    ],
  },
  {
    id: 'app.authorize.launch',
    level: 'SHALL',
    lines: ['L4'],
    text: 'An app launched from the EHR sends the `launch` value it received, and asks for the launch context by the scope launch.',
    source: request,
    judge: onAuthorize(({ launch, scope }, call) =>
      all(
        () => check(launch === 'same', call, 'the launch value of this launch', launch === 'absent' ? 'launch is absent' : 'another launch value'),
        () => check(/(^|\s)launch(\/patient)?(\s|$)/.test(scope), call, 'the scope launch', `scope "${scope}"`),
      ),
    ),
    faults: [
      { name: 'drops the launch value', at, behaviour: 'app-forgets-the-launch' },
      { name: 'asks for no launch context', at, behaviour: 'app-asks-for-no-launch-context' },
    ],
  },
  {
    id: 'app.authorize.aud',
    level: 'SHALL',
    lines: ['L3'],
    text: "The authorization request says in `aud` for which FHIR server the token is wanted: the launch's `iss`.",
    source: request,
    judge: onAuthorize(({ aud }, call) =>
      check(aud === 'iss', call, 'aud equal to iss', aud === 'absent' ? 'aud is absent' : 'aud names another server'),
    ),
    faults: [
      { name: 'names no audience', at, behaviour: 'app-forgets-the-audience' },
      { name: 'names its own server as audience', at, behaviour: 'app-names-another-audience' },
    ],
  },
  {
    id: 'app.authorize.state',
    level: 'SHALL',
    lines: ['L3'],
    text: 'The app uses an unpredictable `state` with at least 122 bits of entropy, another one in each launch.',
    source: request,
    judge: (evidence) =>
      all(
        () =>
          onAuthorize(({ state }, call) =>
            state === null
              ? fail(call, 'a state', 'state is absent')
              : check(state.bits >= leastBits, call, `a state of at least ${leastBits} bits`, `a text of this form holds at most ${state.bits} bits`),
          )(evidence),
        () => statesDiffer(evidence),
      ),
    faults: [
      { name: 'counts as state', at, behaviour: 'app-has-a-short-state' },
      {
        name: 'sends one state in all launches',
        at,
        behaviour: 'app-has-one-state-for-all',
      },
    ],
  },
  {
    id: 'app.authorize.pkce',
    level: 'SHALL',
    lines: ['L3'],
    text: 'The app supports Proof Key for Code Exchange: it sends a code_challenge by the method S256.',
    source: page('considerations-for-pkce-support'),
    judge: onAuthorize(({ method, challenge }, call) =>
      check(
        method === 'S256' && challenge === challengeLength,
        call,
        `code_challenge_method=S256 and a code_challenge of ${challengeLength} characters`,
        challenge === 0 ? 'code_challenge is absent' : `method ${method || 'absent'}, a code_challenge of ${challenge} characters`,
      ),
    ),
    faults: [
      { name: 'proves nothing at the token endpoint', at, behaviour: 'app-has-no-pkce' },
      { name: 'sends its proof in the clear', at, behaviour: 'app-has-plain-pkce' },
    ],
  },
]);

/** Equal values in two launches: whoever saw one knows the next. */
function statesDiffer(evidence: Evidence): Finding {
  const calls = launches(evidence).flatMap((launch) => callsOf(launch, 'authorize').slice(0, 1));
  const marks = calls.map((call) => factOf(call, 'app.authorize')?.state?.mark);
  return worstOfAll(
    calls.map((call, nth) => {
      const before = marks.indexOf(marks[nth]);
      return marks[nth] === undefined || before === nth ? pass : fail(call, 'another state in each launch', 'the state of an earlier launch');
    }),
  );
}
