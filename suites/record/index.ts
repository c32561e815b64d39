import type { Suite } from '../../src/run/suite.ts';

export const recordSuites: readonly Suite[] = [];
