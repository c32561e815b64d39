import type { Suite } from '../../src/run/suite.ts';
import { changes, panelClaims, providerAccess } from './claims.ts';
import { claimsSearch } from './eob.ts';
import { exportGroup } from './export.ts';
import { kickoffs, narrowScope, refusals } from './kickoffs.ts';
import { jobs, manifests, parameters, patientLevel } from './parameters.ts';

export const bulkSuites: readonly Suite[] = [
  exportGroup,
  refusals,
  kickoffs,
  parameters,
  manifests,
  jobs,
  narrowScope,
  patientLevel,
  panelClaims,
  providerAccess,
  changes,
  claimsSearch,
];
