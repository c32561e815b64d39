import type { Suite } from '../../src/run/suite.ts';
import { before, changes, optOutChange, panelClaims, providerAccess } from './claims.ts';
import { claimsSearch } from './eob.ts';
import { exportGroup } from './export.ts';
import { kickoffs, narrowScope, refusals } from './kickoffs.ts';
import { jobs, limits, manifests, parameters, partialManifests, patientLevel } from './parameters.ts';

export const bulkSuites: readonly Suite[] = [
  exportGroup,
  refusals,
  kickoffs,
  parameters,
  limits,
  manifests,
  partialManifests,
  jobs,
  narrowScope,
  patientLevel,
  before,
  panelClaims,
  providerAccess,
  changes,
  optOutChange,
  claimsSearch,
];
