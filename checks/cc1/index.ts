import type { Area } from '../area.ts';
import { directoryChecks } from './directory-rules.ts';
import { endpointChecks } from './endpoints.ts';
import { fastChecks } from './fast.ts';
import { instanceChecks } from './instances.ts';
import { listingChecks } from './listing.ts';
import { ndhChecks } from './ndh.ts';
import { organizationChecks } from './organizations.ts';
import { secureLookupChecks } from './secure.ts';
import { cc1Variations } from './variations.ts';
import { wellKnownChecks } from './wellknown.ts';

export const cc1: Area = {
  checks: [
    ...endpointChecks,
    ...organizationChecks,
    ...directoryChecks,
    ...ndhChecks,
    ...listingChecks,
    ...instanceChecks,
    ...wellKnownChecks,
    ...fastChecks,
    ...secureLookupChecks,
  ],
  excluded: [],
  variations: cc1Variations,
};
