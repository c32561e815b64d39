import { isObject, jsonOf } from '../../src/core/fhir.ts';
import { fail, notReached, pass, select } from '../../src/core/findings.ts';
import type { Check } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { parseUrl } from '../../src/core/url.ts';
import { set } from '../alter.ts';
import { rfc } from '../sources.ts';
import { securedBase } from './applies.ts';

/** Where a payer sends its callers with their secrets. */

const documents = ['smart.configuration', 'udap.metadata'] as const;

export const endpointChecks: readonly Check[] = [
  {
    id: 'cc2.endpoints.https',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: fhirApi,
    text: 'Authorization, token and registration endpoints are https URLs.',
    source: rfc(6749, '2012', '3.1'),
    applies: securedBase,
    judge: (evidence) => {
      const served = documents.flatMap((step) =>
        select(evidence, { step, where: (each) => each.response?.status === 200 && isObject(jsonOf(each.response)) }),
      );
      if (served.length === 0) return notReached(evidence, { step: 'smart.configuration' });
      for (const exchange of served) {
        const body = jsonOf(exchange.response);
        const open = Object.entries(isObject(body) ? body : {}).filter(
          ([name, value]) => name.endsWith('_endpoint') && typeof value === 'string' && parseUrl(value)?.scheme === 'http',
        );
        if (open.length > 0) return fail(exchange, 'https for every endpoint', open.map(([name, value]) => `${name}: ${value}`).join(', '));
      }
      return pass;
    },
    faults: [
      {
        name: 'publishes an endpoint with http',
        at: ['tls', 'smart.configuration'],
        alter: set((body) => (typeof body['revocation_endpoint'] === 'string' ? { revocation_endpoint: 'http://payer.example.org/as/revoke' } : {})),
      },
    ],
  },
];
