import { createHash, randomBytes } from 'node:crypto';
import { asArray } from '../../../src/core/fhir.ts';
import type { Facts } from '../../../src/core/model.ts';
import { answers, redirect, refusal, withJson } from '../answers.ts';
import type { Asked, Case, Serving, Stage } from '../case.ts';

/** The authorization code flow: a person lets a client in. Nobody is asked for a password: whoever comes is sent back with a code. */

interface Given {
  readonly redirect: string | null;
  readonly challenge: string | null;
  uses: number;
}

const formOf = ({ method, search, body }: Asked): URLSearchParams => new URLSearchParams(method === 'POST' ? body : search);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
const isExchange = (asked: Asked): boolean =>
  asked.method === 'POST' && asked.path === '/as/token' && formOf(asked).get('grant_type') === 'authorization_code';

/** `answers`: the state that comes back; undefined: none. */
export const signIn =
  (back: (state: string | null, stage: Stage) => string | null = (state) => state) =>
  (stage: Stage): Serving => {
    const codes = new Map<string, Given>();
    let wanted: readonly string[] = [];

    function authorize(asked: Asked) {
      const form = formOf(asked);
      const clientId = form.get('client_id') ?? '';
      const to = form.get('redirect_uri') ?? stage.registered(clientId)?.redirectUris?.[0] ?? '';
      if (!URL.canParse(to)) return refusal(stage, 400, 'invalid', 'Nobody knows where to send you back to. Name a redirect_uri.');
      const code = randomBytes(16).toString('base64url');
      codes.set(code, { redirect: form.get('redirect_uri'), challenge: form.get('code_challenge'), uses: 0 });
      wanted = (form.get('scope') ?? '').split(' ').filter((each) => /^(user|patient|system)\/[A-Za-z*]+\.[a-z]+$/.test(each));
      const url = new URL(to);
      url.searchParams.set('code', code);
      const state = back(form.get('state'), stage);
      if (state !== null) url.searchParams.set('state', state);
      return redirect(url.href, 302);
    }

    function notes(asked: Asked): Facts | undefined {
      const form = formOf(asked);
      if (asked.path === '/as/authorize') {
        const client = stage.registered(form.get('client_id') ?? '');
        const [to, state] = [form.get('redirect_uri'), form.get('state')];
        const known = client?.redirectUris;
        const place = to === null ? 'absent' : known === undefined ? 'unknown' : known.includes(to) ? 'registered' : 'other';
        return {
          'heard.authorize': {
            client: client === undefined ? 'other' : 'registered',
            redirect: place,
            state: state === null || state === '' ? null : sha256(state).slice(0, 16),
          },
        };
      }
      if (!isExchange(asked)) return undefined;
      const given = codes.get(form.get('code') ?? '');
      const [verifier, to] = [form.get('code_verifier'), form.get('redirect_uri')];
      if (given !== undefined) given.uses++;
      return {
        'heard.code': {
          code: given === undefined ? 'unknown' : given.uses > 1 ? 'again' : 'first',
          verifier: verifier === null ? 'absent' : sha256(verifier) === given?.challenge ? 'matches' : 'differs',
          redirect: to === (given?.redirect ?? null) ? 'same' : to === null ? 'absent' : 'differs',
        },
      };
    }

    return {
      notes,
      rules: {
        grantIsSupported: (grant) => grant === 'client_credentials' || grant === 'authorization_code',
        // A code stands for the scopes that were asked for with it.
        scopesGranted: (requested) => (requested.length === 0 ? (wanted.length === 0 ? ['user/Patient.rs'] : wanted) : requested),
        ...answers({
          'smart.configuration': (reply) =>
            withJson(reply, (json) => ({
              ...json,
              authorization_endpoint: `${stage.root}/as/authorize`,
              response_types_supported: ['code'],
              grant_types_supported: ['client_credentials', 'authorization_code'],
              scopes_supported: [...asArray(json['scopes_supported']), 'user/*.rs', 'user/Patient.rs'],
              capabilities: [...asArray(json['capabilities']), 'launch-standalone', 'permission-user'],
            })),
        }),
      },
      instead: (asked) => (asked.path === '/as/authorize' ? { step: 'authorize', reply: authorize(asked) } : undefined),
    };
  };

export const signInCases: readonly Case[] = [
  { id: 'T11', group: 'G4', journey: 'sign-in', does: 'a healthy payer: a sign-in by authorization code', serves: signIn() },
  {
    id: 'T11b',
    group: 'G4',
    journey: 'sign-in',
    does: 'the code comes back with another state',
    serves: signIn((_state, stage) => `other-${stage.word}`),
  },
  { id: 'T11c', group: 'G4', journey: 'sign-in', does: 'the code comes back without a state', serves: signIn(() => null) },
];
