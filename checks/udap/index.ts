import type { Area } from '../area.ts';
import { endpointChecks } from './endpoints.ts';
import { metadataChecks } from './metadata.ts';
import { registrationChecks } from './registration.ts';
import { registrationClaims } from './registration-claims.ts';
import { registrationNegatives } from './registration-negatives.ts';
import { requestFormChecks } from './request-form.ts';
import { signedChecks } from './signed.ts';
import { tokenChecks } from './token.ts';
import { tokenClaims } from './token-claims.ts';
import { tokenNegatives } from './token-negatives.ts';
import { udapVariations } from './variations.ts';

export const udap: Area = {
  checks: [
    ...metadataChecks,
    ...endpointChecks,
    ...signedChecks,
    ...registrationChecks,
    ...registrationNegatives,
    ...registrationClaims,
    ...tokenChecks,
    ...tokenNegatives,
    ...tokenClaims,
    ...requestFormChecks,
  ],
  excluded: [],
  variations: udapVariations,
};
