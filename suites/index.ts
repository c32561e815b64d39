import type { Suite } from '../src/run/suite.ts';
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
import { gateSuites, trustSuites } from './trust/index.ts';
import { udapLast, udapSuites } from './udap/index.ts';

/** Every conversation, in the order in which they are held. */
export const suites: readonly Suite[] = [
  ...discoverySuites,
  ...trustSuites,
  ...udapSuites,
  ...memberSuites,
  ...gateSuites,
  ...restSuites,
  ...errorsSuites,
  ...recordSuites,
  ...sectionsSuites,
  ...crdSuites,
  ...rosterSuites,
  ...bulkSuites,
  ...timingSuites,
  ...udapLast,
];
