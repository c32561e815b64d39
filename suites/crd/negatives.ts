import { probesOf } from '../../checks/index.ts';
import type { Suite } from '../../src/run/suite.ts';

/** The negative twin of every hook call. */
export const crdNegatives: Suite = {
  id: 'crd.negatives',
  title: 'Calls that a CRD service must refuse',
  scenarios: ['S2'],
  needs: ['crd.discovery'],
  asks: [],
  requests: 16,
  drive: (provider) => provider.askProbes(probesOf('crd.negatives')),
};
