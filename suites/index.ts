import { probesOf } from '../checks/index.ts';
import type { Suite } from '../src/run/suite.ts';
import { appsSuites } from './apps/index.ts';
import { bulkSuites } from './bulk/index.ts';
import { crdSuites } from './crd/index.ts';
import { discoverySuites } from './discovery/index.ts';
import { errorsSuites } from './errors/index.ts';
import { memberSuites } from './member/index.ts';
import { recordSuites } from './record/index.ts';
import { restSuites } from './rest/index.ts';
import { rosterSuites } from './roster/index.ts';
import { sectionsSuites } from './sections/index.ts';
import { timingSuites } from './timing/index.ts';
import { doorSuites, resourceServerSuites, trustSuites } from './trust/index.ts';
import { udapLast, udapSuites } from './udap/index.ts';

/** Every conversation, in the order in which they are held. */
const inOrder: readonly Suite[] = [
  ...discoverySuites,
  ...trustSuites,
  ...udapSuites,
  ...memberSuites,
  ...resourceServerSuites,
  ...restSuites,
  ...errorsSuites,
  ...recordSuites,
  ...sectionsSuites,
  ...doorSuites,
  ...crdSuites,
  ...appsSuites,
  ...timingSuites,
  ...rosterSuites,
  ...bulkSuites,
  ...udapLast,
];

/** With the wrong requests of the catalogue, which name the suite that sends them: what a stopped suite did not ask is known in full. */
export const suites: readonly Suite[] = inOrder.map((suite) => ({
  ...suite,
  asks: [...suite.asks, ...probesOf(suite.id).map(({ step, id }) => ({ step, variants: [], probes: [id] }))],
}));
