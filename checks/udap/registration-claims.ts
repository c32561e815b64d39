import { guides } from '../../src/core/guides.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { allOf } from '../applies.ts';
import { group } from '../group.ts';
import { rfc, udapSecurity } from '../sources.ts';
import { hasSpare, mayRegister, registrationOk } from './evidence.ts';
import { badRegistration, metadataCodes, statementCodes, trustCodes, without, withSpare } from './probes.ts';
import { refusedRegistrations, sameJwt } from './refusals.ts';

/** Rows beyond the catalogue: weak keys, missing claims, the future, and replay. */
export const registrationClaims = group({ scenarios: fhirApi, lines: ['L3', 'L7'], holds: [{ ig: guides.udap }], applies: mayRegister }, [
  {
    id: 'cc2.udap.reg.weak-key',
    level: 'SHALL',
    text: 'A software statement signed with an RSA key of less than 2048 bits is refused.',
    source: rfc(7518, '2015', '3.3'),
    applies: allOf(mayRegister, hasSpare('weakKey')),
    ...refusedRegistrations({
      danger: 'Keys of this size are within reach of a well-equipped attacker: whoever finds the private key is this client.',
      wrong: [badRegistration('weak-key', trustCodes, ['key', 'bits', 'certificate'], withSpare('weakKey'))],
    }),
    faults: [{ name: 'registers with a 1024-bit key', at: 'register', behaviour: 'udap-registers-weak-key' }],
  },
  {
    id: 'cc2.udap.reg.identity-claims',
    level: 'SHALL',
    text: 'A software statement without iss, sub, aud or exp is refused.',
    source: udapSecurity('registration.html#software-statement'),
    ...refusedRegistrations({
      danger: 'The statement does not say who speaks, to whom, or until when.',
      wrong: [
        badRegistration('no-iss', statementCodes, ['iss'], without('iss')),
        badRegistration('no-sub', statementCodes, ['sub'], without('sub')),
        badRegistration('no-aud', statementCodes, ['aud'], without('aud')),
        badRegistration('no-exp', statementCodes, ['exp'], without('exp')),
      ],
    }),
    faults: [
      { name: 'registers a statement without iss', at: 'register', behaviour: 'udap-registers-missing-iss' },
      { name: 'registers a statement without sub', at: 'register', behaviour: 'udap-registers-missing-sub' },
      { name: 'registers a statement without aud', at: 'register', behaviour: 'udap-registers-missing-aud' },
      { name: 'registers a statement without exp', at: 'register', behaviour: 'udap-registers-missing-exp' },
    ],
  },
  {
    id: 'cc2.udap.reg.required-claims',
    level: 'FAST',
    text: 'A software statement that lacks another required claim is refused.',
    source: udapSecurity('registration.html#software-statement'),
    ...refusedRegistrations({
      danger: 'The operator of the client cannot be held to what it never said.',
      wrong: [
        badRegistration('no-iat', statementCodes, ['iat'], without('iat')),
        badRegistration('no-jti', statementCodes, ['jti'], without('jti')),
        badRegistration('no-client-name', metadataCodes, ['client_name'], without('client_name')),
        badRegistration('no-contacts', metadataCodes, ['contacts'], without('contacts')),
        badRegistration('no-grant-types', metadataCodes, ['grant_types'], without('grant_types')),
        badRegistration('no-token-endpoint-auth-method', metadataCodes, ['token_endpoint_auth_method'], without('token_endpoint_auth_method')),
      ],
    }),
    faults: [
      { name: 'registers a statement without iat', at: 'register', behaviour: 'udap-registers-missing-iat' },
      { name: 'registers a statement without jti', at: 'register', behaviour: 'udap-registers-missing-jti' },
      { name: 'registers a statement without client_name', at: 'register', behaviour: 'udap-registers-missing-client_name' },
      { name: 'registers a statement without contacts', at: 'register', behaviour: 'udap-registers-missing-contacts' },
      { name: 'registers a statement without grant_types', at: 'register', behaviour: 'udap-registers-missing-grant_types' },
      {
        name: 'registers a statement without token_endpoint_auth_method',
        at: 'register',
        behaviour: 'udap-registers-missing-token_endpoint_auth_method',
      },
    ],
  },
  {
    id: 'cc2.udap.reg.future-statement',
    level: 'FAST',
    text: 'A software statement that was issued in the future is refused.',
    source: udapSecurity('general.html#jwt-claims'),
    ...refusedRegistrations({
      danger: 'Statements can be made in store and used when nobody watches.',
      wrong: [badRegistration('future-statement', statementCodes, ['iat', 'future', 'clock'], { iatOffset: 3600, expOffset: 3800 })],
    }),
    faults: [{ name: 'registers a statement from the future', at: 'register', behaviour: 'udap-registers-iat-future' }],
  },
  {
    id: 'cc2.udap.reg.replay',
    level: 'FAST',
    text: 'A software statement that was used before is refused.',
    source: udapSecurity('general.html#jwt-claims'),
    ...refusedRegistrations({
      twin: sameJwt,
      through: (wrong, evidence) => sameJwt(wrong, evidence).some(registrationOk),
      danger: 'Who overhears a registration can repeat it, and so undo a later change or cancellation.',
      wrong: [badRegistration('replay', statementCodes, ['jti', 'used before', 'replay'], { sign: 'same' })],
    }),
    faults: [{ name: 'registers a replayed statement', at: 'register', behaviour: 'udap-registers-replay' }],
  },
]);
