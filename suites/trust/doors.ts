import { probesOf } from '../../checks/index.ts';
import { fhirApi } from '../../src/core/steps.ts';
import type { Lesson, Suite } from '../../src/run/suite.ts';
import { inTarget, knowsMember, when } from '../forecast.ts';

/** Held after these where they are held, and not for its sake: it asks for what they have opened. */
const opening = (suite: string): Lesson => ({ suite, unless: () => true });

/** What a good token has opened in this run, once more with bad ones. */
export const doors: Suite = {
  id: 'doors',
  title: 'Ask again, with bad tokens, for what a good one has opened',
  scenarios: fhirApi,
  needs: ['resource-server'],
  after: ['match', 'rest.read', 'rest.paging', 'record.everything', 'record.documents', 'record.gaps', 'sections'].map(opening),
  asks: [],
  requests: when(
    inTarget(({ auth }) => auth.kind !== 'none'),
    when(knowsMember, 30, 8),
  ),
  async drive({ target, known, ask }) {
    if (target.auth.kind === 'none') return;
    for (const probe of probesOf('doors')) {
      const spec = probe.request(known);
      if (typeof spec !== 'string') await ask(probe.step, spec, { probe: probe.id });
    }
  },
};
