import { all, clientError, fail, onEach, pass, status, warn } from '../../src/core/findings.ts';
import type { Check } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { rfc, smart } from '../sources.ts';
import { backendServices } from './applies.ts';
import { tokenIn } from './documents.ts';
import { mustRefuse, mustRefuseAll, tokenless, wrongRequest } from './probes.ts';

/** Assertions that must be refused: each is wrong in exactly one way. */

const replays = [
  wrongRequest('replay', ['jti', 'replay', 'used'], { assertion: { sign: 'same' } }),
  wrongRequest('replayed-jti', ['jti', 'replay', 'used'], { assertion: { sign: 'same-jti' } }),
];
const strangeAudiences = [
  wrongRequest('wrong-aud', ['aud'], { assertion: { claims: { aud: 'https://harness.invalid/token' } } }),
  wrongRequest('longer-aud', ['aud'], { change: (request) => ({ ...request, assertion: { claims: { aud: `${request.url}-of-another-server` } } }) }),
];
const unsigned = [
  wrongRequest('alg-none', ['alg', 'sign'], { assertion: { sign: 'none' } }),
  wrongRequest('alg-none-spelled', ['alg', 'sign'], { assertion: { sign: 'none', header: { alg: 'nOnE' } } }),
];
const incomplete = ['iss', 'sub', 'aud', 'jti'].map((claim) =>
  wrongRequest(`missing-${claim}`, [claim], { assertion: { claims: { [claim]: undefined } } }),
);

export const assertionChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3', 'L7'], applies: backendServices }, [
  {
    id: 'cc2.token.replay',
    level: 'SHALL',
    text: 'An assertion jti already seen for the same iss is refused while the assertion could still be valid.',
    source: smart('client-confidential-asymmetric.html#signature-verification'),
    probes: replays,
    judge: mustRefuseAll(replays, 'whoever reads one request can get tokens with it'),
    faults: [
      { name: 'accepts a replayed jti', at: 'token', behaviour: 'accepts-replayed-jti' },
      { name: 'remembers whole assertions, not their jti', at: 'token', behaviour: 'remembers-assertions-not-jti' },
    ],
  },
  {
    id: 'cc2.token.exp-too-far',
    level: 'FAST',
    text: 'Assertions that expire more than five minutes ahead should be refused.',
    source: smart('client-confidential-asymmetric.html#request'),
    probes: [wrongRequest('exp-too-far', ['exp', 'minutes', 'lifetime'], { assertion: { expOffset: 3600 } })],
    judge: onEach({ step: 'token', probe: 'token.exp-too-far' }, (exchange) =>
      tokenIn(exchange) === undefined
        ? tokenless(exchange)
        : warn(exchange, 'an assertion of an hour refused', 'an access token: a stolen assertion stays good for long'),
    ),
    faults: [{ name: 'accepts assertions of any length', at: 'token', behaviour: 'accepts-far-expiry' }],
  },
  {
    id: 'cc2.token.expired-assertion',
    level: 'SHALL',
    text: 'An expired assertion is refused.',
    source: smart('client-confidential-asymmetric.html#signature-verification'),
    probes: [wrongRequest('expired', ['exp'], { assertion: { iatOffset: -900, expOffset: -600 } })],
    judge: mustRefuse('expired', 'an assertion that expired ten minutes ago still works'),
    faults: [{ name: 'accepts expired assertions', at: 'token', behaviour: 'accepts-expired-assertions' }],
  },
  {
    id: 'cc2.token.wrong-aud',
    level: 'SHALL',
    text: 'An assertion whose aud does not identify this authorization server is refused.',
    source: smart('client-confidential-asymmetric.html#signature-verification'),
    probes: strangeAudiences,
    judge: mustRefuseAll(strangeAudiences, 'an assertion made for another server works here, so any server we talk to can act as us'),
    faults: [
      {
        name: 'accepts assertions for any audience',
        at: 'token',
        behaviour: 'accepts-any-audience',
        alsoFails: { 'cc2.token.missing-claims': 'who does not look at aud does not miss it' },
      },
      { name: 'compares the beginning of the audience only', at: 'token', behaviour: 'accepts-longer-audiences' },
    ],
  },
  {
    id: 'cc2.token.iss-sub-mismatch',
    level: 'SHALL',
    text: 'iss must be a known client_id and equal to sub.',
    source: smart('client-confidential-asymmetric.html#signature-verification'),
    probes: [
      wrongRequest('sub-mismatch', ['sub', 'iss'], { assertion: { claims: { sub: 'no-such-subject' } } }),
      wrongRequest('iss-mismatch', ['iss', 'client'], { assertion: { claims: { iss: 'no-such-issuer' } } }),
    ],
    judge: onEach(
      { step: 'token', probe: '*', where: ({ probe }) => probe === 'token.sub-mismatch' || probe === 'token.iss-mismatch' },
      (exchange) =>
        tokenIn(exchange) === undefined
          ? tokenless(exchange)
          : fail(
              exchange,
              'a refusal, because iss and sub differ',
              `status ${exchange.response?.status} with an access token: one client can speak for another`,
            ),
    ),
    faults: [
      {
        name: 'never compares sub with iss',
        at: 'token',
        behaviour: 'accepts-any-subject',
        alsoFails: { 'cc2.token.missing-claims': 'who does not look at sub does not miss it' },
      },
    ],
  },
  {
    id: 'cc2.token.unknown-client',
    level: 'SHALL',
    text: 'An unknown client_id is refused with invalid_client.',
    source: smart('client-confidential-asymmetric.html#signature-verification'),
    probes: [wrongRequest('unknown-client', ['iss', 'client'], { assertion: { claims: { iss: 'no-such-client', sub: 'no-such-client' } } })],
    judge: onEach({ step: 'token', probe: 'token.unknown-client' }, (exchange) =>
      all(
        () => (tokenIn(exchange) === undefined ? pass : fail(exchange, 'a refusal', 'an access token for a client that was never registered')),
        () => status(exchange, 400, 401),
      ),
    ),
    faults: [{ name: 'serves clients it does not know', at: 'token', behaviour: 'serves-unknown-clients' }],
  },
  {
    id: 'cc2.token.bad-signature',
    level: 'SHALL',
    text: 'A wrong signature is refused with invalid_client.',
    source: smart('client-confidential-asymmetric.html#signature-verification'),
    probes: [wrongRequest('bad-signature', ['signature', 'key'], { assertion: { sign: 'stranger' } })],
    judge: mustRefuse('bad-signature', 'anybody who knows our client_id can get tokens'),
    faults: [{ name: 'never checks the signature', at: 'token', behaviour: 'ignores-signatures' }],
  },
  {
    id: 'cc2.token.alg-none',
    level: 'SHALL',
    text: 'Unsigned assertions are refused.',
    source: smart('client-confidential-asymmetric.html#signature-verification'),
    probes: unsigned,
    judge: mustRefuseAll(unsigned, 'an unsigned assertion works, so anybody can get tokens'),
    faults: [
      { name: 'accepts unsigned assertions', at: 'token', behaviour: 'accepts-unsigned-assertions' },
      { name: 'knows one spelling of none only', at: 'token', behaviour: 'accepts-unsigned-in-other-letters' },
    ],
  },
  {
    id: 'cc2.token.unknown-kid',
    level: 'SHALL',
    text: 'A kid that matches no key, or more than one key, fails verification.',
    source: smart('client-confidential-asymmetric.html#signature-verification'),
    probes: [wrongRequest('unknown-kid', ['kid', 'key'], { assertion: { header: { kid: 'no-such-kid' } } })],
    judge: mustRefuse('unknown-kid', 'the kid names no key of ours and still a token came, so a key that was withdrawn may open the door, too'),
    faults: [{ name: 'tries any key when the kid is unknown', at: 'token', behaviour: 'falls-back-to-any-key' }],
  },
  {
    id: 'cc2.token.jku-not-allowed',
    level: 'SHALL',
    text: 'A jku header that differs from the registered JWKS URL fails verification.',
    source: smart('client-confidential-asymmetric.html#signature-verification'),
    probes: [wrongRequest('foreign-jku', ['jku', 'key'], { assertion: { header: { jku: 'https://harness.invalid/jwks.json' } } })],
    judge: mustRefuse('foreign-jku', 'an assertion that points to an unregistered key set must fail, whether or not the server looks there'),
    faults: [{ name: 'trusts any jku', at: 'token', behaviour: 'trusts-foreign-jku' }],
  },
  {
    id: 'cc2.token.alg-confusion',
    level: 'SHALL',
    text: 'An HMAC signature made with the public key as secret is refused.',
    source: smart('client-confidential-asymmetric.html#signature-verification'),
    probes: [wrongRequest('alg-confusion', ['alg', 'sign'], { assertion: { sign: 'hmac' } })],
    judge: mustRefuse('alg-confusion', 'the public key serves as password, so anybody can get tokens'),
    faults: [{ name: 'takes the public key for an HMAC secret', at: 'token', behaviour: 'mistakes-public-key-for-secret' }],
  },
  {
    id: 'cc2.token.missing-exp',
    level: 'SHALL',
    text: 'An assertion without exp is refused.',
    source: rfc(7523, '2015', '3'),
    probes: [wrongRequest('missing-exp', ['exp'], { assertion: { claims: { exp: undefined } } })],
    judge: mustRefuse('missing-exp', 'an assertion without end works permanently'),
    faults: [{ name: 'accepts an assertion without exp', at: 'token', behaviour: 'accepts-missing-exp' }],
  },
  {
    id: 'cc2.token.missing-claims',
    level: 'SHALL',
    text: 'An assertion without iss, sub, aud or jti is refused: each of them is required.',
    source: smart('client-confidential-asymmetric.html#authenticating-to-the-token-endpoint', 'client-confidential-asymmetric.html; RFC 7523 3'),
    probes: incomplete,
    judge: mustRefuseAll(incomplete, 'what the assertion does not say cannot be checked'),
    faults: [
      { name: 'accepts an assertion without sub', at: 'token', behaviour: 'accepts-missing-sub' },
      { name: 'accepts an assertion without aud', at: 'token', behaviour: 'accepts-missing-aud' },
      { name: 'accepts an assertion without jti', at: 'token', behaviour: 'accepts-missing-jti' },
    ],
  },
  {
    id: 'cc2.token.future-nbf',
    level: 'SHALL',
    text: 'An assertion whose nbf lies in the future is refused.',
    source: rfc(7523, '2015', '3'),
    // The long exp is no second fault here: the row passes for either reason, and only a token is a fail.
    probes: [wrongRequest('future-nbf', ['nbf', 'exp', 'valid'], { assertion: { claims: { nbf: 4_102_444_800 }, expOffset: 240 } })],
    judge: mustRefuse('future-nbf', 'an assertion works before the time it names'),
    faults: [{ name: 'accepts assertions before their time', at: 'token', behaviour: 'accepts-future-nbf' }],
  },
  {
    id: 'cc2.token.wrong-assertion-type',
    level: 'SHALL',
    text: 'A token request with another client_assertion_type is refused.',
    source: smart('client-confidential-asymmetric.html#request'),
    probes: [
      wrongRequest('wrong-assertion-type', ['client_assertion_type', 'assertion'], {
        form: { client_assertion_type: 'urn:example:nope' },
        expected: { status: [400, 401], codes: ['invalid_request', 'invalid_client'], action: 'correct' },
      }),
    ],
    judge: onEach({ step: 'token', probe: 'token.wrong-assertion-type' }, (exchange) =>
      all(
        () => (tokenIn(exchange) === undefined ? pass : fail(exchange, 'a refusal', 'an access token for an assertion type nobody knows')),
        () => clientError(exchange, 'an unknown client_assertion_type'),
      ),
    ),
    faults: [{ name: 'ignores the assertion type', at: 'token', behaviour: 'accepts-any-assertion-type' }],
  },
]);
