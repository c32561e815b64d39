import { tokenRequest } from '../../src/client/requests/token.ts';
import { asString, at, jsonOf } from '../../src/core/fhir.ts';
import { fail, onEach, pass } from '../../src/core/findings.ts';
import type { AssertionSpec, Check, Evidence, Exchange, Expected, Finding, Probe } from '../../src/core/model.ts';

const backendServices = ({ target }: Evidence): true | string =>
  target.auth.kind === 'smart-backend' || 'the target file gives no backend-services client';

const expected: Expected = { status: [401, 400], codes: ['invalid_client', 'invalid_grant', 'invalid_request'], names: [], action: 'reauthenticate' };

/** A token request whose assertion is wrong in one way. */
const negative = (id: string, assertion: AssertionSpec, names: readonly string[]): Probe => ({
  id: `token.${id}`,
  step: 'token',
  suite: 'token.negatives',
  expected: { ...expected, names },
  request: (known) =>
    known.tokenEndpoint === undefined
      ? 'no token endpoint is known'
      : tokenRequest(known.tokenEndpoint, known.target.auth.kind === 'smart-backend' ? known.target.auth.scope : undefined, assertion),
});

/** Passes when no token came back. */
const noToken =
  (what: string) =>
  (exchange: Exchange): Finding =>
    asString(at(jsonOf(exchange.response), 'access_token')) === undefined
      ? pass
      : fail(exchange, `${what} is refused`, `status ${exchange.response?.status} with an access token`);

export const tokenChecks: readonly Check[] = [
  {
    id: 'cc2.token.replay',
    level: 'SHALL',
    lines: ['L3', 'L7'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'An assertion jti already seen for the same iss is refused while the assertion could still be valid.',
    source: {
      ig: 'hl7.fhir.uv.smart-app-launch',
      version: '2.2.0',
      url: 'https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html',
      section: 'signature-verification',
    },
    applies: backendServices,
    probes: [negative('replay', { sign: 'same' }, ['jti'])],
    judge: onEach({ step: 'token', probe: 'token.replay' }, noToken('a replayed assertion')),
    faults: [{ name: 'accepts a replayed jti', at: 'token', behaviour: 'accepts-replayed-jti' }],
  },
  {
    id: 'cc2.token.no-store',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'Token responses forbid caching.',
    source: { ig: 'rfc6749', version: '2012', url: 'https://www.rfc-editor.org/rfc/rfc6749#section-5.1', section: '5.1' },
    judge: onEach({ step: 'token', where: (each) => each.response?.status === 200 }, (exchange) => {
      const seen = exchange.response?.headers['cache-control'] ?? '';
      return /(^|,)\s*no-store\s*(,|$)/i.test(seen) ? pass : fail(exchange, 'Cache-Control with no-store', `Cache-Control: ${seen || 'absent'}`);
    }),
    faults: [
      {
        name: 'lets token responses be cached',
        at: 'token',
        alter: (response) => ({ ...response, headers: { ...response.headers, 'cache-control': 'public, max-age=600' } }),
      },
    ],
  },
];
