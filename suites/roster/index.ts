import type { Suite } from '../../src/run/suite.ts';

export const rosterSuites: readonly Suite[] = [];
