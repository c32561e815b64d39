import { asArray, asString, at, isObject, jsonOf } from '../../src/core/fhir.ts';
import { all, check, describeBody, fail, notApplicable, onEach, pass, status } from '../../src/core/findings.ts';
import type { Check, Json } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { set } from '../alter.ts';
import type { Applies } from '../applies.ts';
import { group } from '../group.ts';
import { rfc } from '../sources.ts';
import { smartDocument } from './documents.ts';

/** The keys that the payer publishes. */

const published: Applies = (evidence) => asString(smartDocument(evidence)?.['jwks_uri']) !== undefined || 'smart-configuration names no jwks_uri.';

/** Members of each kind of public key that are base64url numbers. */
const numbers: Readonly<Record<string, readonly string[]>> = { RSA: ['n', 'e'], EC: ['x', 'y'], OKP: ['x'] };

/** What is wrong with one key, in words; undefined when nothing is. */
function flawOf(key: Json): string | undefined {
  const kind = asString(at(key, 'kty'));
  if (!isObject(key) || kind === undefined) return 'a key without kty';
  if (key['d'] !== undefined || kind === 'oct') return 'a secret key in public';
  for (const name of numbers[kind] ?? []) {
    const value = asString(key[name]);
    if (value === undefined) return `a key of kty ${kind} without ${name}`;
    if (!/^[A-Za-z0-9_-]+$/.test(value)) return `${name} is not base64url without padding`;
    // RFC 7518 6.3.1.1: "the minimum number of octets"; the coordinates of an elliptic curve keep their full length.
    if (kind === 'RSA' && /^A[A-P]/.test(value)) return `${name} begins with a zero octet`;
  }
  return undefined;
}

export const jwksChecks: readonly Check[] = group({ scenarios: allScenarios, applies: published }, [
  {
    id: 'cc2.smart.jwks',
    level: 'SHALL',
    lines: ['L3'],
    text: 'The keys at jwks_uri are a JWK Set: kty in each, numbers in base64url without padding and without leading zero octets, and no private key.',
    source: rfc(7518, '2015', '6'),
    judge: onEach({ step: 'jwks' }, (exchange) =>
      all(
        () => status(exchange, 200),
        () => check(Array.isArray(at(jsonOf(exchange.response), 'keys')), exchange, 'a JSON object with an array keys', describeBody(exchange)),
        () => {
          const keys = asArray(at(jsonOf(exchange.response), 'keys'));
          if (keys.length === 0) return notApplicable('The payer publishes an empty set of keys: there is none to look at.');
          const flaw = keys.map(flawOf).find((each) => each !== undefined);
          return flaw === undefined ? pass : fail(exchange, 'well-formed public keys (RFC 7517, 7518)', flaw);
        },
      ),
    ),
    faults: [
      {
        name: 'pads a number of its key',
        at: 'jwks',
        alter: set((body) => ({ keys: asArray(body['keys']).map((key) => (isObject(key) ? { ...key, x: `${asString(key['x'])}==` } : key)) })),
      },
      {
        name: 'publishes its private key',
        at: 'jwks',
        alter: set((body) => ({ keys: asArray(body['keys']).map((key) => (isObject(key) ? { ...key, d: 'c2VjcmV0' } : key)) })),
      },
    ],
  },
]);
