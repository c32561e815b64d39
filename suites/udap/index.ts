import type { Suite } from '../../src/run/suite.ts';

export const udapSuites: readonly Suite[] = [];
