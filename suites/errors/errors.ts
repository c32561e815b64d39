import { repeated } from '../../checks/err/probes.ts';
import { probesOf } from '../../checks/index.ts';
import { fhirApi } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { knowsMember, when } from '../forecast.ts';

/** The negative twin of steps C to F: what a provider's software gets wrong by accident, some of it three times. */
export const errors: Suite = {
  id: 'errors',
  title: 'Make mistakes and look at the answers',
  scenarios: fhirApi,
  needs: ['member'],
  asks: [],
  requests: when(knowsMember, 26),
  async drive(provider) {
    const probes = probesOf('errors');
    await provider.askProbes(probes);
    const again = probes.filter((each) => repeated.includes(each));
    await provider.askProbes(again);
    await provider.askProbes(again);
  },
};
