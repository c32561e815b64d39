import type { ClientRow } from '../../../src/core/client-row.ts';
import { asString, at as path } from '../../../src/core/fhir.ts';
import { check, pass, warn, worst, worstOfAll } from '../../../src/core/findings.ts';
import { came, type Hearing } from '../../../src/core/heard.ts';
import type { Exchange, Finding, Json, WireRequest } from '../../../src/core/model.ts';
import { fhirApi } from '../../../src/core/steps.ts';
import { smart } from '../../sources.ts';
import { at, header, onCase, onEvery } from '../marks.ts';

const page = smart('client-confidential-asymmetric.html#request');
const shared = { lines: ['L3'], scenarios: fhirApi, level: 'SHALL' } as const;
const tokenPost = (each: Exchange): boolean => at('token')(each) && each.request.method === 'POST';
const signed = (each: Exchange): boolean => tokenPost(each) && each.facts?.['heard.jwt'] !== undefined;
const claim = (each: Exchange, name: string): Json | undefined => path(each.facts?.['heard.jwt']?.claims, name);
const head = (each: Exchange, name: string): Json | undefined => path(each.facts?.['heard.jwt']?.header, name);
const shown = (value: Json | undefined): string => (value === undefined ? 'absent' : JSON.stringify(value));

/** A token URL as published is the URL that was asked: whoever changes it on the way arrives elsewhere. */
const claims = (each: Exchange): Finding => {
  const [iss, sub, aud] = [claim(each, 'iss'), claim(each, 'sub'), claim(each, 'aud')];
  return worst([
    check(iss !== undefined && iss === sub, each, 'iss and sub equal to the client_id', `iss ${shown(iss)}, sub ${shown(sub)}`),
    check([aud].flat().length === 1 && [aud].flat()[0] === each.request.url, each, `aud ${each.request.url}, as published`, shown(aud)),
  ]);
};

/** Clocks differ by this much, s. */
const skew = 5;

function reused({ heard }: Hearing): Finding {
  const all = heard.filter(signed);
  const again = all.flatMap((each, nth) => {
    const before = all
      .slice(0, nth)
      .find(
        (other) =>
          claim(other, 'jti') === claim(each, 'jti') &&
          claim(other, 'iss') === claim(each, 'iss') &&
          Number(claim(other, 'exp')) > Date.parse(each.startedAt) / 1000,
      );
    return before === undefined
      ? []
      : [
          check(
            false,
            each,
            'a new assertion, with a jti of its own',
            `jti ${shown(claim(each, 'jti'))} again, ${Math.round(came(each) - came(before))} ms later`,
          ),
        ];
  });
  return worstOfAll([...again, ...all.map((each) => check(asString(claim(each, 'jti')) !== undefined, each, 'a jti', shown(claim(each, 'jti'))))]);
}

const form = (each: Exchange): Finding => {
  const wanted = {
    grant_type: /^client_credentials$/,
    scope: /./,
    client_assertion_type: /^urn:ietf:params:oauth:client-assertion-type:jwt-bearer$/,
    client_assertion: /./,
  };
  return worst([
    check(
      /^application\/x-www-form-urlencoded\b/i.test(header(each, 'content-type')),
      each,
      'Content-Type application/x-www-form-urlencoded',
      header(each, 'content-type') || 'none',
    ),
    ...Object.entries(wanted).map(([name, value]) => {
      const all = fields(each.request.body ?? '', name);
      return check(all.length === 1 && value.test(all[0] ?? ''), each, `${name} once`, all.length === 0 ? 'absent' : all.join(' and '));
    }),
  ]);
};

/** Values of a form field, in order: judges have no URLSearchParams. */
const fields = (text: string, name: string): readonly string[] =>
  text.split('&').flatMap((pair) => {
    const [key = '', ...rest] = pair.split('=');
    return key === name ? [decodeURIComponent(rest.join('=').replace(/\+/g, ' '))] : [];
  });

/** Another assertion in every token request would need its key: what can be changed on the wire is the form around it. */
const inForm =
  (from: RegExp, to: string) =>
  (request: WireRequest): WireRequest =>
    request.body?.includes('client_assertion=') ? { ...request, body: request.body.replace(from, to) } : request;

export const assertionRows: readonly ClientRow[] = [
  {
    id: 'client.trust.assertion.claims',
    text: 'The authentication JWT has iss and sub equal to the client_id and aud equal to the token endpoint exactly as published.',
    source: page,
    ...shared,
    cases: ['T4'],
    anywhere: true,
    judge: onEvery('signed token request', signed, claims),
    faults: [
      { name: 'names the FHIR base as audience', behaves: 'audience-is-the-base' },
      { name: 'names a subject of its own', behaves: 'other-subject' },
    ],
  },
  {
    id: 'client.trust.assertion.lifetime',
    text: 'The authentication JWT lives at most five minutes.',
    source: page,
    ...shared,
    lines: ['L3', 'L6'],
    cases: ['T4'],
    anywhere: true,
    judge: onEvery('signed token request', signed, (each) => {
      const left = Number(claim(each, 'exp')) - Date.parse(each.startedAt) / 1000;
      return check(left > 0 && left <= 300 + skew, each, 'exp at most 300 s ahead', Number.isNaN(left) ? 'no exp' : `${Math.round(left)} s`);
    }),
    faults: [{ name: 'signs assertions for an hour', behaves: 'long-assertions' }],
  },
  {
    id: 'client.trust.assertion.jti',
    text: 'Every authentication JWT is new: no jti is used twice while the earlier JWT is alive, also not when a token request is repeated.',
    source: page,
    ...shared,
    cases: ['T4'],
    anywhere: true,
    judge: (hearing) => worst([onEvery('signed token request', signed, () => pass)(hearing), reused(hearing)]),
    faults: [{ name: 'sends the assertion of the refused request again', behaves: 'same-assertion' }],
  },
  {
    id: 'client.trust.assertion.smart-header',
    text: 'The JWT header has alg, typ JWT and a kid that names exactly one key of the registered JWK Set, and a jku, if present, equals the registered URL.',
    source: page,
    ...shared,
    cases: ['T4'],
    anywhere: true,
    judge: onEvery('signed token request', signed, (each) => {
      const jwt = each.facts?.['heard.jwt'];
      return worst([
        check(head(each, 'typ') === 'JWT', each, 'typ JWT', shown(head(each, 'typ'))),
        check(jwt?.keys === 1, each, 'a kid that names one registered key', `kid ${shown(head(each, 'kid'))}, which names ${jwt?.keys ?? 0}`),
        check(jwt?.verified === true, each, 'a signature that this key verifies', 'it does not'),
      ]);
    }),
    faults: [
      { name: 'names a key that is not registered', behaves: 'unknown-kid' },
      { name: 'leaves typ out', behaves: 'no-typ' },
    ],
  },
  {
    id: 'client.trust.assertion.smart-alg',
    text: 'The client can sign with RS384 and with ES384.',
    source: smart('client-confidential-asymmetric.html#registering-a-client-communicating-public-keys'),
    ...shared,
    cases: ['T4b', 'T4c'],
    judge: (hearing) => {
      const at_ = (id: string, alg: string) =>
        onCase([id], signed, ({ seen }) =>
          head(seen, 'alg') === alg
            ? pass
            : warn(seen, `an assertion signed with ${alg}, the only algorithm that is listed`, shown(head(seen, 'alg'))),
        )(hearing);
      return worst([at_('T4b', 'ES384'), at_('T4c', 'RS384')]);
    },
    faults: [{ name: 'signs with ES384 only', behaves: 'one-algorithm' }],
  },
  {
    id: 'client.trust.token.form',
    text: 'Token requests are form POSTs with grant_type, scope, client_assertion_type and client_assertion; under UDAP also udap=1 and no Authorization header or client secret.',
    source: smart('backend-services.html#obtain-access-token'),
    ...shared,
    cases: ['T4'],
    anywhere: true,
    // A code is handed in by another form, which is judged by client.trust.authcode.exchange.
    judge: onEvery('signed token request', (each) => signed(each) && each.facts?.['heard.code'] === undefined, form),
    faults: [
      { name: 'asks for no scope', sends: inForm(/(^|&)scope=[^&]*/, '') },
      { name: 'names the grant twice', sends: inForm(/^/, 'grant_type=client_credentials&') },
    ],
  },
];
