import type { Area } from '../area.ts';
import { agreementChecks } from './agreement.ts';
import { contentChecks } from './content.ts';
import { encodingChecks } from './encoding.ts';
import { endpointChecks } from './endpoint.ts';
import { guideChecks } from './guides.ts';
import { httpChecks } from './http.ts';
import { metadataChecks } from './metadata.ts';
import { negotiationChecks } from './negotiation.ts';
import { cc3Variations } from './variations.ts';
import { versionsChecks } from './versions.ts';

export const cc3: Area = {
  checks: [
    ...agreementChecks,
    ...metadataChecks,
    ...httpChecks,
    ...encodingChecks,
    ...contentChecks,
    ...versionsChecks,
    ...negotiationChecks,
    ...guideChecks,
    ...endpointChecks,
  ],
  excluded: [],
  variations: cc3Variations,
};
