import { probesOf } from '../../checks/index.ts';
import { Stop } from '../../src/client/provider.ts';
import { b2bToken, clientIdOf, scopeOf, tokenEndpoint } from '../../src/client/requests/udap.ts';
import { asString, at } from '../../src/core/fhir.ts';
import { fhirApi } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { hasUdapClient, when } from '../forecast.ts';

const scenarios = fhirApi;

export const udapToken: Suite = {
  id: 'udap.token',
  title: 'Get a B2B access token',
  scenarios,
  needs: ['udap.register'],
  asks: [asked('udap.token')],
  requests: when(hasUdapClient, 1),
  async drive(provider) {
    const { known, target, tokens } = provider;
    const [endpoint, clientId] = [tokenEndpoint(known), clientIdOf(known)];
    if (endpoint === undefined) throw new Stop('no UDAP token_endpoint is known', 'payer');
    if (clientId === undefined)
      throw new Stop('no UDAP client is registered: allow registration, or name udap.clientId in the target file', 'target-file');
    const reply = await provider.ask('udap.token', b2bToken(endpoint, clientId, target));
    const accessToken = asString(at(reply.json, 'access_token'));
    if (reply.status !== 200 || accessToken === undefined)
      throw new Stop(`the UDAP token endpoint answered ${reply.status} without an access_token`, 'payer');
    tokens.set('udap', accessToken);
    if (target.auth.kind === 'udap') tokens.set('default', accessToken);
  },
};

/** Requests that are right but unusual: other scopes, or none. */
export const udapTokenScopes: Suite = {
  id: 'udap.token.scopes',
  title: 'Ask for more, for less and for unknown scopes',
  scenarios,
  needs: ['udap.token'],
  asks: [asked('udap.token', 'mixed-scopes', 'no-scope')],
  requests: when(hasUdapClient, 5),
  async drive(provider) {
    const { known, target } = provider;
    const [endpoint, clientId] = [tokenEndpoint(known), clientIdOf(known)];
    if (endpoint === undefined || clientId === undefined) return;
    const mixed = `${scopeOf(target.udap)} system/NoSuchType.rs`;
    await provider.ask('udap.token', b2bToken(endpoint, clientId, target, {}, mixed), { variant: 'mixed-scopes' });
    await provider.ask('udap.token', b2bToken(endpoint, clientId, target, {}, null), { variant: 'no-scope' });
    await provider.askProbes(probesOf('udap.token.scopes'));
  },
};

export const udapTokenNegatives: Suite = {
  id: 'udap.token.negatives',
  title: 'Try authentication tokens and certificates that must be refused',
  scenarios,
  needs: ['udap.token'],
  asks: [],
  requests: when(hasUdapClient, 33),
  drive: (provider) => provider.askProbes(probesOf('udap.token.negatives')),
};
