import type { Suite } from '../../src/run/suite.ts';

export const bulkSuites: readonly Suite[] = [];
