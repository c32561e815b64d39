import { codeFlow } from '../../src/client/requests/udap.ts';
import { decided, honest, refusedBeside } from '../../src/core/controls.ts';
import { asString, at, jsonOf } from '../../src/core/fhir.ts';
import { fail, pass, statusOf } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { allOf } from '../applies.ts';
import { group } from '../group.ts';
import { udapProfiles, udapSecurity } from '../sources.ts';
import { hasNoWildcard, hasSpare, mayRegister, strings } from './evidence.ts';
import { badRegistration, forgeries, metadataCodes, statementCodes, trustCodes, withClaims, withSpare } from './probes.ts';
import { authorizationCode, refusedRegistrations } from './refusals.ts';

/** Sent before this client is registered: afterwards it would cancel the registration. */
const emptyGrants = { ...badRegistration('empty-grants', metadataCodes, ['grant_types'], withClaims({ grant_types: [] })), suite: 'udap.register' };

/** Software statements and certificates that must be refused. */
export const registrationNegatives = group({ scenarios: fhirApi, lines: ['L3', 'L7'], holds: [{ ig: guides.udap }], applies: mayRegister }, [
  {
    id: 'cc2.udap.reg.bad-signature',
    level: 'SHALL',
    text: 'A software statement with a wrong signature is rejected with an RFC 7591 error.',
    source: udapSecurity('registration.html#request-body'),
    ...refusedRegistrations({
      danger: 'Anybody can register under the name of a trusted organisation.',
      codes: statementCodes,
      wrong: Object.entries(forgeries).map(([name, change]) => badRegistration(name, statementCodes, ['signature', 'verify', 'alg', 'sign'], change)),
    }),
    faults: [
      { name: 'does not check the signature of a statement', at: 'register', behaviour: 'udap-registers-signature' },
      { name: 'takes the key that a statement brings along', at: 'register', behaviour: 'udap-registers-embedded-key' },
      { name: 'fetches the keys that a statement points to', at: 'register', behaviour: 'udap-registers-foreign-jku' },
      { name: 'accepts an unsigned statement', at: 'register', behaviour: 'udap-registers-alg-none' },
      { name: 'takes the public key for a shared secret in a statement', at: 'register', behaviour: 'udap-registers-alg-hmac' },
    ],
  },

  {
    id: 'cc2.udap.reg.untrusted-cert',
    level: 'SHALL',
    text: 'A certificate outside the trust community is rejected.',
    source: udapSecurity('registration.html#request-body'),
    ...refusedRegistrations({
      danger: 'The trust community decides nothing: everybody can make such a certificate.',
      codes: ['unapproved_software_statement'],
      wrong: [
        badRegistration('other-ca', trustCodes, ['certificate', 'chain', 'trust', 'anchor'], { as: 'otherCa' }),
        badRegistration('self-signed', trustCodes, ['certificate', 'chain', 'trust', 'anchor'], { as: 'selfSigned' }),
        badRegistration('mixed-chain', trustCodes, ['certificate', 'chain', 'trust', 'anchor'], { as: 'mixedChain' }),
      ],
    }),
    faults: [
      { name: 'registers a client of a foreign authority', at: 'register', behaviour: 'udap-registers-untrusted' },
      { name: 'registers a self-signed client', at: 'register', behaviour: 'udap-registers-self-signed' },
      { name: 'finds trust anywhere in the x5c of a statement', at: 'register', behaviour: 'udap-registers-mixed-chain' },
    ],
  },

  {
    id: 'cc2.udap.reg.missing-x5c',
    level: 'SHALL',
    text: 'A software statement without x5c is refused.',
    source: udapProfiles('udap-dynamic-client-registration-stu1.html#section-4'),
    ...refusedRegistrations({
      danger: 'Without a certificate nothing says who signed.',
      wrong: [badRegistration('missing-x5c', statementCodes, ['x5c', 'certificate'], { header: { x5c: undefined } })],
    }),
    faults: [{ name: 'registers without a certificate', at: 'register', behaviour: 'udap-registers-missing-x5c' }],
  },

  {
    id: 'cc2.udap.reg.expired-certificate',
    level: 'SHALL',
    text: 'A client certificate that is expired or revoked is refused.',
    source: udapProfiles('udap-dynamic-client-registration-stu1.html#section-4.2'),
    applies: allOf(mayRegister, hasSpare('expired', 'revoked', 'notYetValid')),
    ...refusedRegistrations({
      danger: 'A certificate that was stolen, or whose holder left the community, still opens the door.',
      wrong: [
        badRegistration('expired-certificate', trustCodes, ['certificate', 'expired'], withSpare('expired')),
        badRegistration('revoked-certificate', trustCodes, ['certificate', 'revoked'], withSpare('revoked')),
        badRegistration('not-yet-valid-certificate', trustCodes, ['certificate', 'valid'], withSpare('notYetValid')),
      ],
    }),
    faults: [
      { name: 'registers with an expired certificate', at: 'register', behaviour: 'udap-registers-expired-certificate' },
      { name: 'registers with a revoked certificate', at: 'register', behaviour: 'udap-registers-revoked-certificate' },
      { name: 'registers with a certificate that is not yet valid', at: 'register', behaviour: 'udap-registers-not-yet-valid-certificate' },
    ],
  },

  {
    id: 'cc2.udap.reg.expired-statement',
    level: 'SHALL',
    text: 'An expired software statement is rejected.',
    source: udapProfiles('udap-dynamic-client-registration-stu1.html#section-4'),
    ...refusedRegistrations({
      danger: 'A statement caught on its way can be used without end.',
      wrong: [badRegistration('expired-statement', statementCodes, ['exp', 'expired'], { iatOffset: -900, expOffset: -600 })],
    }),
    faults: [{ name: 'registers with an expired statement', at: 'register', behaviour: 'udap-registers-expired' }],
  },

  {
    id: 'cc2.udap.reg.wrong-aud',
    level: 'SHALL',
    text: 'aud must contain the registration endpoint URL.',
    source: udapProfiles('udap-dynamic-client-registration-stu1.html#section-4'),
    ...refusedRegistrations({
      danger: 'A statement made for another server can be used here.',
      wrong: [
        badRegistration('wrong-aud', statementCodes, ['aud'], ({ notes }) =>
          withClaims({ aud: asString(notes['udap.token']) ?? 'https://harness.invalid/register' }),
        ),
      ],
    }),
    faults: [{ name: 'registers with a statement made for another address', at: 'register', behaviour: 'udap-registers-aud' }],
  },

  {
    id: 'cc2.udap.reg.iss-san',
    level: 'SHALL',
    text: 'iss must match a URI in the Subject Alternative Name of the client certificate.',
    source: udapProfiles('udap-dynamic-client-registration-stu1.html#section-4'),
    ...refusedRegistrations({
      danger: 'Any member of the community can register as any other.',
      wrong: [
        badRegistration(
          'foreign-iss',
          statementCodes,
          ['iss', 'Subject Alternative Name', 'SAN', 'URI'],
          withClaims({ iss: 'https://somebody-else.invalid/app', sub: 'https://somebody-else.invalid/app' }),
        ),
        badRegistration('certificate-without-uri', trustCodes, ['iss', 'Subject Alternative Name', 'SAN', 'URI'], withSpare('noUri')),
      ],
    }),
    faults: [{ name: 'registers a name that the certificate does not hold', at: 'register', behaviour: 'udap-registers-iss-san' }],
  },

  {
    id: 'cc2.udap.reg.sub-iss',
    level: 'SHALL',
    text: 'sub must equal iss.',
    source: udapProfiles('udap-dynamic-client-registration-stu1.html#section-4'),
    ...refusedRegistrations({
      danger: 'The statement speaks for somebody other than its signer.',
      wrong: [badRegistration('sub-differs', statementCodes, ['sub'], withClaims({ sub: 'https://somebody-else.invalid/app' }))],
    }),
    faults: [{ name: 'registers a statement that speaks for somebody else', at: 'register', behaviour: 'udap-registers-sub' }],
  },

  {
    id: 'cc2.udap.reg.both-grants',
    level: 'SHALL',
    text: 'A request for both authorization_code and client_credentials is not valid.',
    source: udapSecurity('registration.html#software-statement'),
    ...refusedRegistrations({
      twin: authorizationCode,
      danger: 'One client acts with and without a user, and no one can tell which.',
      through: (exchange) => {
        const grants = strings(at(jsonOf(exchange.response), 'grant_types'));
        return grants.includes('authorization_code') && grants.includes('client_credentials');
      },
      wrong: [
        badRegistration(
          'both-grants',
          metadataCodes,
          ['grant_types', 'grant'],
          withClaims({ ...codeFlow, grant_types: ['authorization_code', 'client_credentials'] }),
        ),
      ],
    }),
    faults: [{ name: 'registers one client for both grants', at: 'register', behaviour: 'udap-registers-both-grants' }],
  },

  {
    id: 'cc2.udap.reg.long-statement',
    level: 'FAST',
    text: 'A software statement that lives more than five minutes is rejected.',
    source: udapSecurity('registration.html#software-statement'),
    ...refusedRegistrations({
      danger: 'A statement caught on its way can be used for an hour.',
      wrong: [badRegistration('long-statement', statementCodes, ['exp', 'five minutes', 'lifetime'], { expOffset: 3600 })],
    }),
    faults: [{ name: 'registers with a statement that lives an hour', at: 'register', behaviour: 'udap-registers-lifetime' }],
  },

  {
    id: 'cc2.udap.reg.wildcard-scope',
    level: 'SHOULD',
    text: 'A wildcard scope that is not supported leads to invalid_client_metadata at registration.',
    source: udapSecurity('general.html#scope-negotiation'),
    holds: [{ ig: guides.udap, from: '2.0.0' }],
    applies: allOf(mayRegister, hasNoWildcard),
    ...refusedRegistrations({
      danger: 'A client gets every resource type, though no wildcard is announced.',
      codes: ['invalid_client_metadata'],
      through: (exchange) => (asString(at(jsonOf(exchange.response), 'scope')) ?? 'system/*.*').includes('*'),
      wrong: [badRegistration('wildcard-scope', ['invalid_client_metadata'], ['scope', 'wildcard'], withClaims({ scope: 'system/*.*' }))],
    }),
    faults: [{ name: 'registers a wildcard that it does not announce', at: 'register', behaviour: 'udap-registers-wildcard-scope' }],
  },
  {
    id: 'cc2.udap.reg.empty-grants',
    level: 'SHALL',
    lines: ['L3', 'L7'],
    text: 'A first registration with an empty grant_types makes no client: the array "SHALL include either authorization_code or client_credentials", and an empty one asks to cancel.',
    source: udapSecurity('registration.html#software-statement'),
    probes: [emptyGrants],
    judge: refusedBeside([{ step: 'register', probe: emptyGrants.id }], honest({ step: 'register' }), (exchange) => {
      const id = asString(at(jsonOf(exchange.response), 'client_id'));
      return statusOf(exchange) === 201
        ? fail(
            exchange,
            'a refusal, or the confirmation that nothing is registered',
            `status 201${id === undefined ? '' : ' with a client_id'}: an empty client was made`,
          )
        : (decided(exchange) ?? pass);
    }),
    faults: [{ name: 'makes a client of an empty grant_types', at: 'register', behaviour: 'udap-makes-empty-clients' }],
  },
]);
