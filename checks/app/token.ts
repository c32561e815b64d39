import { all, check, clip, fail, notTestable, pass, statusOf, worstOfAll } from '../../src/core/findings.ts';
import type { Finding } from '../../src/core/model.ts';
import { group } from '../group.ts';
import { rfc, smart } from '../sources.ts';
import { besidePlain, callsOf, factOf, hasToken, type Launch, lostCall, onLaunches, onSeen, onTokenHeld, shared } from './lib.ts';

/** What the app does with codes and tokens, and what it lets out. */

const at = 'app.page';
const protection = smart('app-launch.html#app-protection');
const authorized = (launch: Launch): boolean => callsOf(launch, 'authorize').length > 0;
/** In words: where the token is found. */
const placeWords: Readonly<Record<string, string>> = {
  url: 'in the address of a page',
  localStorage: 'in localStorage, which outlives the session and which every script of the origin can read',
  'clear cookie': 'in a cookie without Secure',
};

/** A confidential app, in words; a public one has nothing to say. */
const authenticated: Readonly<Record<string, string>> = {
  basic: 'the app authenticates with a secret, by HTTP Basic',
  post: 'the app authenticates with a secret in the body; SMART asks for HTTP Basic',
  assertion: 'the app authenticates with a signed assertion',
};

/** The token is in none of these places. */
const notIn = (...places: readonly string[]) =>
  onTokenHeld((facts, seen) => {
    const kept = facts['app.tokenIn'] ?? [];
    const found = places.find((place) => kept.includes(place));
    return found === undefined
      ? { ...pass, ...(kept.length === 0 ? {} : { note: `the token is kept in ${kept.join(', ')}` }) }
      : fail(seen, 'the access token elsewhere', `the access token is ${placeWords[found] ?? `in ${found}`}`);
  });

export const tokenChecks = group(shared, [
  {
    id: 'app.state.checked',
    level: 'SHALL',
    lines: ['L3'],
    text: 'The app validates the state upon return to its redirect URL: a return with another state leads to no token request.',
    source: smart('app-launch.html#obtain-authorization-code'),
    judge: onLaunches(['wrong-state'], (launch) =>
      besidePlain(launch, hasToken, 'got no token either', () => {
        const [exchanged] = callsOf(launch, 'token');
        if (exchanged !== undefined) return fail(exchanged, 'no token request after a return with another state', 'the code was exchanged');
        return (
          lostCall(launch) ??
          (authorized(launch) && launch.seen !== undefined ? pass : notTestable('The app never asked for authorization.', 'payer'))
        );
      }),
    ),
    faults: [{ name: 'takes whatever comes back', at, behaviour: 'app-takes-any-state' }],
  },
  {
    id: 'app.token.exchange',
    level: 'SHALL',
    lines: ['L3'],
    text: 'The app exchanges its authorization code once, with the redirect_uri of the authorization request and the code_verifier of its challenge.',
    source: smart('app-launch.html#obtain-access-token'),
    judge: onLaunches(['plain'], (launch) => {
      const calls = callsOf(launch, 'token');
      if (calls.length === 0) return lostCall(launch) ?? notTestable('The app never asked for a token.', 'payer');
      const found = worstOfAll(calls.map((call) => exchangeOf(call, launch)));
      const how = authenticated[factOf(calls[0], 'app.token')?.client ?? 'none'];
      return found.outcome === 'pass' && how !== undefined ? { ...found, note: how } : found;
    }),
    faults: [
      { name: 'sends its code a second time', at, behaviour: 'app-exchanges-the-code-twice' },
      { name: 'names another redirect_uri than before', at, behaviour: 'app-names-another-redirect' },
    ],
  },
  {
    id: 'app.token.used',
    level: 'SHALL',
    lines: ['L3'],
    text: 'The app sends its access token as a bearer token with each request to the FHIR server.',
    source: smart('app-launch.html#access-fhir-api'),
    judge: onLaunches(['plain'], (launch) => {
      const calls = callsOf(launch, 'query');
      const without = calls.find((call) => factOf(call, 'app.authorised') !== true);
      if (without !== undefined)
        return fail(without, 'Authorization: Bearer with the token of this launch', `none, or another one, at ${without.request.url}`);
      return lostCall(launch) ?? (calls.length > 0 ? pass : notTestable('The app asked nothing of our FHIR server.', 'payer'));
    }),
    faults: [{ name: 'asks without its token', at, behaviour: 'app-asks-without-its-token' }],
  },
  {
    id: 'app.token.home',
    level: 'SHALL',
    lines: ['L3'],
    text: 'Codes and tokens are transmitted only to authenticated servers: to the EHR and to the app itself, and to nobody else.',
    source: protection,
    judge: onTokenHeld((facts, seen) => {
      const [leak] = (facts['app.origins'] ?? []).filter(({ carries }) => carries.some((each) => /^(code|token|idToken|verifier)$/.test(each)));
      return leak === undefined
        ? pass
        : fail(seen, 'codes and tokens at the EHR and at the app only', `${leak.carries.join(', ')} went to ${leak.origin}`);
    }),
    faults: [{ name: 'sends its token to another origin', at, behaviour: 'app-sends-its-token-elsewhere' }],
  },
  {
    id: 'app.token.address',
    level: 'SHOULD',
    lines: ['L3'],
    text: 'Bearer tokens are not passed in page URLs.',
    source: rfc(6750, '2012', '5.3'),
    judge: notIn('url'),
    faults: [{ name: 'shows its token in the address', at, behaviour: 'app-shows-its-token-in-the-address' }],
  },
  {
    id: 'app.token.cookie',
    level: 'SHALL',
    lines: ['L3'],
    text: 'An app does not store bearer tokens in cookies that are transmitted as clear text.',
    source: protection,
    judge: notIn('clear cookie'),
    faults: [{ name: 'keeps its token in a cookie without Secure', at, behaviour: 'app-keeps-its-token-in-a-clear-cookie' }],
  },
  {
    id: 'app.token.storage',
    level: 'SHOULD',
    lines: ['L3'],
    text: 'The app persists tokens in app-specific storage only: after the session the access token is not left in the browser.',
    source: protection,
    judge: notIn('localStorage'),
    faults: [{ name: 'leaves its token in localStorage', at, behaviour: 'app-keeps-its-token-for-good' }],
  },
  {
    id: 'app.input.words',
    level: 'SHALL',
    lines: ['L3'],
    text: 'An app does not execute untrusted inputs as code: words of a refusal are shown as words.',
    source: protection,
    judge: onSeen(['denied'], (facts, seen, launch) =>
      facts['app.ranInput'] === true
        ? fail(seen, 'error_description as plain words', 'script in error_description ran in the page of the app')
        : (lostCall(launch) ?? (authorized(launch) ? pass : notTestable('The app never asked for authorization.', 'payer'))),
    ),
    faults: [{ name: 'runs the words of a refusal', at, behaviour: 'app-runs-what-it-is-told' }],
  },
  {
    id: 'app.privacy',
    level: 'FAST',
    lines: ['L3'],
    text: 'Nothing about the member leaves the app for other origins: no name, date of birth or number.',
    source: rfc(6973, '2013', '6.1'),
    judge: onSeen(['plain'], (facts, seen) => {
      if (facts['app.shows']?.member !== true)
        return notTestable('The app showed no member in its ordinary launch, so it had nothing to give away.', 'payer');
      const others = facts['app.origins'] ?? [];
      const leak = others.find(({ carries }) => carries.includes('member'));
      if (leak !== undefined)
        return fail(seen, 'nothing about the member at other origins', `the member's name, date of birth or number went to ${leak.origin}`);
      return others.length === 0
        ? pass
        : { ...pass, note: clip(`other origins: ${others.map(({ origin, requests }) => `${origin} (${requests})`).join(', ')}`) };
    }),
    faults: [{ name: 'tells another origin whom it shows', at, behaviour: 'app-tells-others-whom-it-shows' }],
  },
  {
    id: 'app.clear',
    level: 'FAST',
    lines: ['L3'],
    text: 'The app loads nothing over plain http from other machines: no mixed content.',
    source: protection,
    judge: onSeen([], (facts, seen) => {
      const clear = (facts['app.origins'] ?? []).find((each) => each.clear);
      return check(clear === undefined, seen, 'https only', () => `${clear?.requests ?? 0} requests to ${clear?.origin ?? ''}`);
    }),
    faults: [{ name: 'loads a picture over plain http', at, behaviour: 'app-loads-in-the-clear' }],
  },
]);

function exchangeOf(call: Parameters<typeof factOf>[0] & object, launch: Launch): Finding {
  const about = factOf(call, 'app.token');
  const proven = callsOf(launch, 'authorize').some((each) => (factOf(each, 'app.authorize')?.challenge ?? 0) > 0);
  if (about === undefined) return lostCall(launch) ?? notTestable('What the app sent for its token was not kept.', 'ours');
  return all(
    () =>
      check(
        about.code === 'first',
        call,
        'a code of this launch, once',
        about.code === 'again' ? 'the same code again' : 'a code that we never issued',
      ),
    () => check(about.redirect, call, 'the redirect_uri of the authorization request', 'another redirect_uri, or none'),
    // Where there was no challenge, PKCE itself is judged (app.authorize.pkce).
    () => (proven ? check(about.verifier === 'matches', call, 'the code_verifier of the challenge', `a code_verifier that ${about.verifier}`) : pass),
    () => check(statusOf(call) === 200, call, 'a token request that can be answered', `status ${statusOf(call)}`),
  );
}
