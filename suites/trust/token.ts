import { permits } from '../../checks/cc2/documents.ts';
import { probesOf } from '../../checks/index.ts';
import { type Labels, type Provider, type Reply, Stop } from '../../src/client/provider.ts';
import { tokenRequest } from '../../src/client/requests/token.ts';
import { asString, at } from '../../src/core/fhir.ts';
import type { AssertionSpec, Probe } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { tokenClientOf } from '../../src/core/target.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { signsSmart, when } from '../forecast.ts';
import { udapGrant } from '../lessons.ts';

const scenarios = fhirApi;

export interface TokenWish {
  /** Under which name the session keeps it. */
  readonly name: string;
  readonly scope?: string;
  readonly assertion?: AssertionSpec;
  readonly form?: Readonly<Record<string, string>>;
  readonly labels?: Labels;
}

/** Asks for an access token and keeps it under a name. Throws `Stop` when the payer names no token endpoint. */
export async function obtainToken({ known, target, tokens, ask }: Provider, wish: TokenWish): Promise<Reply> {
  if (known.tokenEndpoint === undefined)
    throw new Stop('no token endpoint is known: smart-configuration gave none and the target file names none', 'target-file');
  const registered = tokenClientOf(target)?.scope;
  const reply = await ask('token', tokenRequest(known.tokenEndpoint, wish.scope ?? registered, wish.assertion, wish.form), wish.labels);
  const token = asString(at(reply.json, 'access_token'));
  if (reply.status === 200 && token !== undefined) tokens.set(wish.name, token);
  return reply;
}

/** A token of the second organisation under the name `other`; false when the target file names none, or it got none. */
export async function obtainOther(provider: Provider): Promise<boolean> {
  const { otherClient } = provider.target;
  if (provider.tokens.has('other')) return true;
  if (otherClient === undefined || !('clientId' in otherClient) || provider.known.tokenEndpoint === undefined) return false;
  const { scope } = otherClient;
  await obtainToken(provider, { name: 'other', ...(scope === undefined ? {} : { scope }), assertion: { as: 'other' }, labels: { variant: 'other' } });
  return provider.tokens.has('other');
}

/** Step E: prove who we are. */
export const token: Suite = {
  id: 'token',
  title: 'Get an access token',
  scenarios,
  needs: ['discover'],
  after: [udapGrant],
  asks: [asked('token'), asked('token', 'other-algorithm')],
  requests: when(signsSmart, 1),
  async drive(provider) {
    const { target, signers, tokens } = provider;
    if (tokenClientOf(target) === undefined) return;
    const reply = await obtainToken(provider, { name: 'default' });
    if (tokens.has('default')) return;
    const other = signers['other'];
    // Was it the algorithm? The second client signs with the other one.
    if (other !== undefined && other.alg !== signers['default']?.alg)
      await obtainToken(provider, { name: 'other', assertion: { as: 'other' }, labels: { variant: 'other-algorithm' } });
    throw new Stop(`the token endpoint answered ${reply.status} without an access_token`, 'payer');
  },
};

/** Legal forms of the same request, and narrower tokens for the questions that need them. */
export const tokenForms: Suite = {
  id: 'token.forms',
  title: 'Ask for tokens in other legal ways',
  scenarios,
  needs: ['token'],
  asks: [asked('token', 'narrow', 'v1-wildcard', 'extra-parameter', 'beyond-registration', 'other')],
  requests: when(signsSmart, 5),
  async drive(provider) {
    const { target } = provider;
    const client = tokenClientOf(target);
    if (client === undefined) return;
    const registered = client.scope ?? 'system/Patient.rs';
    const more = beyond(registered);
    const wishes: readonly TokenWish[] = [
      { name: 'narrow', scope: 'system/Patient.rs', labels: { variant: 'narrow' } },
      { name: 'v1', scope: 'system/*.read', labels: { variant: 'v1-wildcard' } },
      { name: 'extra', form: { harness_probe: '1' }, labels: { variant: 'extra-parameter' } },
      ...(more === undefined
        ? []
        : [{ name: 'beyond', scope: `${registered} ${more}`, labels: { variant: 'beyond-registration' } } satisfies TokenWish]),
    ];
    for (const wish of wishes) await obtainToken(provider, wish);
    // A write scope that slipped through must not be used by anything later.
    provider.tokens.delete('beyond');
    await obtainOther(provider);
  },
};

/** Names tokens that a wrong request won, each followed by the index of that request. */
export const wonBy = 'won.';

/** Scopes to ask for besides what is registered: the first that lies beyond it, if any does. */
const beyond = (registered: string): string | undefined =>
  ['Practitioner.cud', 'Organization.cud', 'Location.cud']
    .map((each) => `system/${each}`)
    .find((each) => !permits(registered.split(' '), each.slice(7, -4), 'c'));

/** A client with a secret has no assertion that could be wrong; its other mistakes are anybody's. */
function canBySecret(probe: Probe, { known }: Provider): boolean {
  const spec = probe.request(known);
  return typeof spec !== 'string' && (spec.assertion === undefined || Object.keys(spec.assertion).length === 0);
}

/** The negative twin of step E. */
export const tokenNegatives: Suite = {
  id: 'token.negatives',
  title: 'Try assertions that must be refused',
  scenarios,
  needs: ['token'],
  asks: [],
  requests: when(signsSmart, 34),
  async drive(provider) {
    const client = tokenClientOf(provider.target);
    if (client === undefined) return;
    // "The last assertion again" needs a last assertion that was good.
    const probes = probesOf('token.negatives').filter((probe) => client.kind === 'smart-backend' || canBySecret(probe, provider));
    const replay = probes.filter(({ id }) => id === 'token.replay' || id === 'token.replayed-jti');
    const replies = await provider.askProbes([...replay, ...probes.filter((probe) => !replay.includes(probe))]);
    // What such a token opens is looked at by the suite resource-server, which knows something that needs one.
    // Where an ordinary answer is right as well, a token was not won.
    const wrong = new Set(probes.filter((probe) => probe.expected !== undefined).map(({ id }) => id));
    for (const { json, exchange } of replies.filter((reply) => wrong.has(reply.exchange.probe ?? ''))) {
      const won = asString(at(json, 'access_token'));
      if (won !== undefined) provider.tokens.set(`${wonBy}${exchange.index}`, won);
    }
  },
};
