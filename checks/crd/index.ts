import type { Area } from '../area.ts';
import { actionChecks } from './actions.ts';
import { cardChecks } from './cards.ts';
import { contradictionChecks } from './contradictions.ts';
import { coverageChecks } from './coverage.ts';
import { partChecks } from './coverage-parts.ts';
import { declarationChecks } from './declarations.ts';
import { discoveryChecks } from './discovery.ts';
import { errorChecks } from './errors.ts';
import { linkChecks } from './links.ts';
import { requestChecks } from './requests.ts';
import { serviceChecks } from './service.ts';
import { timingChecks } from './timing.ts';
import { typeChecks } from './types.ts';
import { crdVariations } from './variations.ts';

export const crd: Area = {
  checks: [
    ...discoveryChecks,
    ...declarationChecks,
    ...cardChecks,
    ...linkChecks,
    ...coverageChecks,
    ...partChecks,
    ...contradictionChecks,
    ...typeChecks,
    ...actionChecks,
    ...serviceChecks,
    ...errorChecks,
    ...requestChecks,
    ...timingChecks,
  ],
  excluded: [
    {
      id: 'crd.timing.availability',
      level: 'SHOULD',
      text: 'The service is available 99.9% of the time.',
      reason:
        'A verdict needs 3,000 probes ten seconds apart (8.3 hours); one run cannot show it. Use your monitoring, or the soak profile of the load suite.',
    },
  ],
  variations: crdVariations,
};
