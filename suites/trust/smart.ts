import { randomBytes } from 'node:crypto';
import { probesOf } from '../../checks/index.ts';
import { smartConfiguration } from '../../src/client/requests/fhir.ts';
import { introspection, introspectionByClient } from '../../src/client/requests/introspection.ts';
import { asString, at } from '../../src/core/fhir.ts';
import type { RequestSpec } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { when } from '../forecast.ts';

/** The smart-configuration once more, asked for in a format it does not come in. */
export const smart: Suite = {
  id: 'smart',
  title: 'Ask for the SMART configuration as XML, and for the keys that it names',
  scenarios: fhirApi,
  needs: ['discover'],
  asks: [asked('smart.configuration', 'accept-xml'), asked('jwks')],
  requests: ({ smart }) => (at(smart, 'jwks_uri') === undefined ? 1 : 2),
  async drive({ known, ask }) {
    if (known.base === undefined) return;
    const spec = smartConfiguration(known.base);
    await ask('smart.configuration', { ...spec, headers: { accept: 'application/fhir+xml' } }, { variant: 'accept-xml' });
    const keys = asString(at(known.smart, 'jwks_uri'));
    if (keys !== undefined && URL.canParse(keys)) await ask('jwks', { method: 'GET', url: keys, headers: { accept: 'application/json' } });
  },
};

/** What the payer says about a token it issued, and about one it never saw. */
export const introspect: Suite = {
  id: 'introspection',
  title: 'Ask what the payer knows about a token',
  scenarios: fhirApi,
  needs: ['token'],
  asks: [asked('introspect', 'greeting', 'garbage', 'fresh')],
  requests: when(({ smart }) => smart === undefined || at(smart, 'introspection_endpoint') !== undefined, 4),
  async drive({ known, tokens, ask, askProbes }) {
    const endpoint = asString(at(known.smart, 'introspection_endpoint'));
    if (endpoint === undefined || !URL.canParse(endpoint) || !tokens.has('default')) return;
    tokens.set('garbage', `harness${randomBytes(18).toString('hex')}`);
    // SMART 2.2 asks with a bearer token; servers that follow RFC 7662 alone may want the client to prove itself as at the token endpoint.
    const greeting = await ask('introspect', introspection(endpoint, 'default'), { variant: 'greeting' });
    const spec = (about: string): RequestSpec =>
      greeting.status < 400 ? introspection(endpoint, about) : introspectionByClient(endpoint, about, known.tokenEndpoint ?? endpoint);
    await ask('introspect', spec('garbage'), { variant: 'garbage' });
    await ask('introspect', spec('default'), { variant: 'fresh' });
    await askProbes(probesOf('introspection'));
  },
};
