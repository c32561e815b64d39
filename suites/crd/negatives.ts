import { sceneOfProbe } from '../../checks/crd/probes.ts';
import { probesOf } from '../../checks/index.ts';
import { ordering } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { hasCds, when } from '../forecast.ts';
import { withDesk } from './lib.ts';

/** The negative twin of every hook call. */
export const crdNegatives: Suite = {
  id: 'crd.negatives',
  title: 'Calls that a CRD service must refuse',
  scenarios: ordering,
  needs: ['crd.discovery'],
  asks: [],
  requests: when(hasCds, 16),
  drive: (provider) =>
    withDesk(provider, async (desk) => {
      for (const probe of probesOf('crd.negatives')) await desk.probe(probe, sceneOfProbe(probe.id));
    }),
};
