import type { Area } from '../area.ts';
import { contentChecks } from './content.ts';
import { endpointChecks } from './endpoint.ts';
import { guideChecks } from './guides.ts';
import { metadataChecks } from './metadata.ts';
import { negotiationChecks } from './negotiation.ts';
import { cc3Variations } from './variations.ts';
import { versionsChecks } from './versions.ts';

export const cc3: Area = {
  checks: [...metadataChecks, ...contentChecks, ...versionsChecks, ...negotiationChecks, ...guideChecks, ...endpointChecks],
  excluded: [],
  variations: cc3Variations,
};
