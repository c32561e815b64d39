import { b2bExtension, type JwtChange } from '../../src/client/requests/udap.ts';
import { clientError } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Json, Target } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { type Applies, allOf } from '../applies.ts';
import { group } from '../group.ts';
import { udapProfiles, udapSecurity, useCase } from '../sources.ts';
import { canAskForTokens, demandsB2b, hasToken, offersGrant } from './evidence.ts';
import { badToken, forgeries, withClaims, without, withSpare } from './probes.ts';
import { deniedTokens, sameJwt } from './refusals.ts';

/** The hl7-b2b extension with one member changed. */
const b2b = (target: Target, change: Readonly<Record<string, Json | undefined>>): JwtChange => {
  const changed = Object.entries({ ...b2bExtension(target), ...change }).filter((pair): pair is [string, Json] => pair[1] !== undefined);
  return withClaims({ extensions: { 'hl7-b2b': Object.fromEntries(changed) } });
};

/** One endpoint for SMART and UDAP is judged once, by cc2.token.replay. */
const ownTokenEndpoint: Applies = ({ exchanges }) => {
  const smart = exchanges.find((each) => each.step === 'token')?.request.url;
  const udap = exchanges.find((each) => each.step === 'udap.token')?.request.url;
  return smart === undefined || smart !== udap || 'The UDAP token endpoint is the SMART one: cc2.token.replay covers it.';
};

/** Authentication tokens and certificates that must be refused. */
export const tokenNegatives: readonly Check[] = group(
  { scenarios: fhirApi, lines: ['L3', 'L7'], holds: [{ ig: guides.udap }], applies: allOf(offersGrant('client_credentials'), canAskForTokens) },
  [
    {
      id: 'cc2.udap.b2b.bad-signature',
      level: 'SHALL',
      text: 'An authentication token with a wrong signature is denied.',
      source: udapProfiles('udap-jwt-client-auth-stu1.html#section-6'),
      ...deniedTokens({
        danger: 'Anybody who knows a client_id gets its tokens.',
        wrong: Object.entries(forgeries).map(([name, change]) => badToken(name, ['signature', 'verify', 'alg', 'sign'], change)),
      }),
      faults: [
        { name: 'does not check the signature of a token request', at: 'udap.token', behaviour: 'udap-authenticates-signature' },
        { name: 'takes the key that a token request brings along', at: 'udap.token', behaviour: 'udap-authenticates-embedded-key' },
        { name: 'fetches the keys that a token request points to', at: 'udap.token', behaviour: 'udap-authenticates-foreign-jku' },
        { name: 'accepts an unsigned assertion', at: 'udap.token', behaviour: 'udap-authenticates-alg-none' },
        { name: 'takes the public key for a shared secret', at: 'udap.token', behaviour: 'udap-authenticates-alg-hmac' },
      ],
    },

    {
      id: 'cc2.udap.b2b.untrusted-chain',
      level: 'SHALL',
      text: 'A token request whose certificate chain cannot be validated is denied.',
      source: udapProfiles('udap-jwt-client-auth-stu1.html#section-6'),
      ...deniedTokens({
        danger: 'The trust community decides nothing: everybody can make such a certificate.',
        wrong: [
          badToken('other-ca', ['certificate', 'chain', 'trust', 'anchor'], { as: 'otherCa' }),
          badToken('self-signed', ['certificate', 'chain', 'trust', 'anchor'], { as: 'selfSigned' }),
          badToken('mixed-chain', ['certificate', 'chain', 'trust', 'anchor'], { as: 'mixedChain' }),
        ],
      }),
      faults: [
        { name: 'authenticates under a foreign authority', at: 'udap.token', behaviour: 'udap-authenticates-untrusted' },
        { name: 'authenticates a self-signed certificate', at: 'udap.token', behaviour: 'udap-authenticates-self-signed' },
        { name: 'finds trust anywhere in the x5c of a token request', at: 'udap.token', behaviour: 'udap-authenticates-mixed-chain' },
      ],
    },

    {
      id: 'cc2.udap.b2b.x5c-required',
      level: 'SHALL',
      text: 'Authentication JWTs carry x5c and are verified with the leaf key.',
      source: udapProfiles('udap-jwt-client-auth-stu1.html#section-6'),
      ...deniedTokens({
        danger: 'Without a certificate nothing says who signed, and revocation is never seen.',
        wrong: [badToken('no-x5c', ['x5c', 'certificate'], { header: { x5c: undefined } })],
      }),
      faults: [{ name: 'authenticates without a certificate', at: 'udap.token', behaviour: 'udap-authenticates-missing-x5c' }],
    },

    {
      id: 'cc2.udap.b2b.other-clients-cert',
      level: 'SHALL',
      text: 'A valid community certificate of another client cannot be used for this client_id.',
      source: udapProfiles('udap-jwt-client-auth-stu1.html#section-6'),
      ...deniedTokens({
        danger: 'Any member of the community can act as any other.',
        wrong: [
          badToken('other-clients-certificate', ['certificate', 'client', 'iss'], ({ target }) =>
            target.udap?.otherClient === undefined ? 'the target file gives no second client (udap.otherClient)' : { as: 'other' },
          ),
          badToken('certificate-without-uri', ['certificate', 'client', 'iss'], withSpare('noUri')),
        ],
      }),
      faults: [
        { name: 'authenticates with the certificate of another client', at: 'udap.token', behaviour: 'udap-authenticates-certificate-of-another' },
      ],
    },

    {
      id: 'cc2.udap.b2b.expired',
      level: 'SHALL',
      text: 'An expired authentication token is denied.',
      source: udapProfiles('udap-jwt-client-auth-stu1.html#section-6'),
      ...deniedTokens({
        danger: 'An assertion caught on its way can be used without end.',
        wrong: [badToken('expired', ['exp', 'expired'], { iatOffset: -900, expOffset: -600 })],
      }),
      faults: [{ name: 'accepts an expired assertion', at: 'udap.token', behaviour: 'udap-authenticates-expired' }],
    },

    {
      id: 'cc2.udap.b2b.wrong-aud',
      level: 'SHALL',
      text: 'An authentication token whose aud lacks the token endpoint is denied.',
      source: udapProfiles('udap-jwt-client-auth-stu1.html#section-6'),
      ...deniedTokens({
        danger: 'An assertion made for another server can be used here.',
        wrong: [badToken('wrong-aud', ['aud'], withClaims({ aud: 'https://harness.invalid/token' }))],
      }),
      faults: [{ name: 'accepts an assertion made for another server', at: 'udap.token', behaviour: 'udap-authenticates-aud' }],
    },

    {
      id: 'cc2.udap.b2b.unknown-client',
      level: 'SHALL',
      text: 'An authentication token for an unregistered client_id is denied.',
      source: udapProfiles('udap-jwt-client-auth-stu1.html#section-6'),
      ...deniedTokens({
        danger: 'A client that never registered gets tokens.',
        refusal: (exchange) => clientError(exchange, 'an unregistered client_id'),
        wrong: [badToken('unknown-client', ['client', 'iss', 'registered'], withClaims({ iss: 'payer-assay-nobody', sub: 'payer-assay-nobody' }))],
      }),
      faults: [{ name: 'issues tokens to a client that never registered', at: 'udap.token', behaviour: 'udap-authenticates-unknown-client' }],
    },

    {
      id: 'cc2.udap.b2b.assertion-lifetime',
      level: 'SHOULD',
      text: 'An authentication token with exp minus iat above 300 seconds is not valid.',
      source: udapProfiles('udap-jwt-client-auth-stu1.html#section-6'),
      ...deniedTokens({
        danger: 'An assertion caught on its way stays useful for long.',
        wrong: [badToken('long-assertion', ['exp', 'lifetime', 'five minutes'], { expOffset: 900 })],
      }),
      faults: [{ name: 'accepts an assertion that lives 15 minutes', at: 'udap.token', behaviour: 'udap-authenticates-lifetime' }],
    },

    {
      id: 'cc2.udap.b2b.replay',
      level: 'FAST',
      text: 'A replayed authentication token is refused.',
      source: useCase('Scenario 1 line 3'),
      applies: allOf(offersGrant('client_credentials'), canAskForTokens, ownTokenEndpoint),
      ...deniedTokens({
        twin: sameJwt,
        through: (wrong, evidence) => sameJwt(wrong, evidence).some(hasToken),
        danger: 'Who overhears a token request can repeat it.',
        wrong: [badToken('replay', ['jti', 'used before', 'replay'], { sign: 'same' })],
      }),
      faults: [{ name: 'accepts a replayed assertion', at: 'udap.token', behaviour: 'udap-authenticates-replay' }],
    },

    {
      id: 'cc2.udap.b2b.missing-extension',
      level: 'SHALL',
      text: 'When hl7-b2b is listed as required, a request without it is refused.',
      source: udapSecurity('discovery.html#required-udap-metadata'),
      applies: allOf(offersGrant('client_credentials'), canAskForTokens, demandsB2b),
      ...deniedTokens({
        danger: 'Data leaves without anybody saying who asks and why.',
        wrong: [badToken('no-extension', ['hl7-b2b', 'extension'], without('extensions'))],
      }),
      faults: [{ name: 'accepts a request without hl7-b2b', at: 'udap.token', behaviour: 'udap-authenticates-missing-extension' }],
    },

    {
      id: 'cc2.udap.b2b.missing-organization',
      level: 'FAST',
      lines: ['L3', 'L4', 'L7'],
      text: 'organization_id (a URI) is a required member of hl7-b2b.',
      source: udapSecurity('b2b.html#b2b-authorization-extension-object'),
      applies: allOf(offersGrant('client_credentials'), canAskForTokens, demandsB2b),
      ...deniedTokens({
        danger: 'Data leaves without anybody saying for whom.',
        wrong: [badToken('no-organization', ['organization_id'], ({ target }) => b2b(target, { organization_id: undefined }))],
      }),
      faults: [{ name: 'accepts hl7-b2b without organization_id', at: 'udap.token', behaviour: 'udap-authenticates-missing-organization' }],
    },

    {
      id: 'cc2.udap.b2b.missing-purpose',
      level: 'FAST',
      text: 'purpose_of_use (array with at least one code) is a required member of hl7-b2b.',
      source: udapSecurity('b2b.html#b2b-authorization-extension-object'),
      applies: allOf(offersGrant('client_credentials'), canAskForTokens, demandsB2b),
      ...deniedTokens({
        danger: 'Data leaves without anybody saying why.',
        wrong: [badToken('no-purpose', ['purpose_of_use'], ({ target }) => b2b(target, { purpose_of_use: [] }))],
      }),
      faults: [{ name: 'accepts hl7-b2b without a purpose', at: 'udap.token', behaviour: 'udap-authenticates-missing-purpose' }],
    },

    {
      id: 'cc2.udap.b2b.bad-version',
      level: 'FAST',
      text: 'version of hl7-b2b is the string "1".',
      source: udapSecurity('b2b.html#b2b-authorization-extension-object'),
      ...deniedTokens({
        danger: 'The server does not read what it demands.',
        wrong: [badToken('bad-version', ['version'], ({ target }) => b2b(target, { version: '9' }))],
      }),
      faults: [{ name: 'accepts hl7-b2b of version 9', at: 'udap.token', behaviour: 'udap-authenticates-bad-version' }],
    },
  ],
);
