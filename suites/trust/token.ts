import { probesOf } from '../../checks/index.ts';
import { Stop } from '../../src/client/provider.ts';
import { tokenRequest } from '../../src/client/requests/token.ts';
import { asString, at } from '../../src/core/fhir.ts';
import type { Suite } from '../../src/run/suite.ts';

/** Step E: prove who we are. */
export const token: Suite = {
  id: 'token',
  title: 'Get an access token',
  scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
  needs: ['discover'],
  requests: 1,
  async drive(provider) {
    const { known, target } = provider;
    if (target.auth.kind === 'none') return;
    if (known.tokenEndpoint === undefined) throw new Stop('no token endpoint is known: smart-configuration gave none and the target file names none');
    const reply = await provider.ask(
      'token',
      tokenRequest(known.tokenEndpoint, target.auth.kind === 'smart-backend' ? target.auth.scope : undefined),
    );
    const accessToken = asString(at(reply.json, 'access_token'));
    if (reply.status !== 200 || accessToken === undefined) throw new Stop(`the token endpoint answered ${reply.status} without an access_token`);
    provider.tokens.set('default', accessToken);
  },
};

/** The negative twin of step E. */
export const tokenNegatives: Suite = {
  id: 'token.negatives',
  title: 'Try assertions that must be refused',
  scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
  needs: ['token'],
  requests: 20,
  drive: (provider) => provider.askProbes(probesOf('token.negatives')),
};
