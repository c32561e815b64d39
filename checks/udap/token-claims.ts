import { guides } from '../../src/core/guides.ts';
import type { Check } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { allOf } from '../applies.ts';
import { group } from '../group.ts';
import { udapProfiles, udapSecurity } from '../sources.ts';
import { canAskForTokens, hasSpare, offersGrant } from './evidence.ts';
import { badToken, without, withSpare } from './probes.ts';
import { deniedTokens } from './refusals.ts';

/** Rows beyond the catalogue: bad certificates, missing claims and the future at the token endpoint. */
export const tokenClaims: readonly Check[] = group(
  { scenarios: fhirApi, lines: ['L3', 'L7'], holds: [{ ig: guides.udap }], applies: allOf(offersGrant('client_credentials'), canAskForTokens) },
  [
    {
      id: 'cc2.udap.b2b.bad-certificate',
      level: 'SHALL',
      text: 'A token request under an expired, revoked or not yet valid certificate, or one with a weak key, is denied.',
      source: udapProfiles('udap-jwt-client-auth-stu1.html#section-6'),
      applies: allOf(offersGrant('client_credentials'), canAskForTokens, hasSpare('expired', 'revoked', 'notYetValid', 'weakKey')),
      ...deniedTokens({
        danger: 'A client that left the community, or whose key was stolen, still gets tokens.',
        wrong: [
          badToken('expired-certificate', ['certificate', 'expired'], withSpare('expired')),
          badToken('revoked-certificate', ['certificate', 'revoked'], withSpare('revoked')),
          badToken('not-yet-valid-certificate', ['certificate', 'valid'], withSpare('notYetValid')),
          badToken('weak-key', ['key', 'bits', 'certificate'], withSpare('weakKey')),
        ],
      }),
      faults: [
        { name: 'issues tokens under an expired certificate', at: 'udap.token', behaviour: 'udap-authenticates-expired-certificate' },
        { name: 'issues tokens under a revoked certificate', at: 'udap.token', behaviour: 'udap-authenticates-revoked-certificate' },
        {
          name: 'issues tokens under a certificate that is not yet valid',
          at: 'udap.token',
          behaviour: 'udap-authenticates-not-yet-valid-certificate',
        },
        { name: 'issues tokens to a 1024-bit key', at: 'udap.token', behaviour: 'udap-authenticates-weak-key' },
      ],
    },
    {
      id: 'cc2.udap.b2b.identity-claims',
      level: 'SHALL',
      text: 'An authentication token without iss, sub, aud or exp is denied.',
      source: udapProfiles('udap-jwt-client-auth-stu1.html#section-6'),
      ...deniedTokens({
        danger: 'The assertion does not say who speaks, to whom, or until when.',
        wrong: [
          badToken('no-iss', ['iss'], without('iss')),
          badToken('no-sub', ['sub'], without('sub')),
          badToken('no-aud', ['aud'], without('aud')),
          badToken('no-exp', ['exp'], without('exp')),
        ],
      }),
      faults: [
        { name: 'accepts an assertion without iss', at: 'udap.token', behaviour: 'udap-authenticates-missing-iss' },
        { name: 'accepts an assertion without sub', at: 'udap.token', behaviour: 'udap-authenticates-missing-sub' },
        { name: 'accepts an assertion without aud', at: 'udap.token', behaviour: 'udap-authenticates-missing-aud' },
        { name: 'accepts an assertion without exp', at: 'udap.token', behaviour: 'udap-authenticates-missing-exp' },
      ],
    },
    {
      id: 'cc2.udap.b2b.required-claims',
      level: 'FAST',
      text: 'An authentication token without iat or jti is denied.',
      source: udapProfiles('udap-jwt-client-auth-stu1.html#section-6'),
      ...deniedTokens({
        danger: 'Neither age nor replay can be told.',
        wrong: [badToken('no-iat', ['iat'], without('iat')), badToken('no-jti', ['jti'], without('jti'))],
      }),
      faults: [
        { name: 'accepts an assertion without iat', at: 'udap.token', behaviour: 'udap-authenticates-missing-iat' },
        { name: 'accepts an assertion without jti', at: 'udap.token', behaviour: 'udap-authenticates-missing-jti' },
      ],
    },
    {
      id: 'cc2.udap.b2b.future',
      level: 'FAST',
      text: 'An authentication token that was issued in the future is denied.',
      source: udapSecurity('general.html#jwt-claims'),
      ...deniedTokens({
        danger: 'Assertions can be made in store and used when nobody watches.',
        wrong: [badToken('future', ['iat', 'future', 'clock'], { iatOffset: 3600, expOffset: 3800 })],
      }),
      faults: [{ name: 'accepts an assertion from the future', at: 'udap.token', behaviour: 'udap-authenticates-iat-future' }],
    },
  ],
);
