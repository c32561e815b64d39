import type { Suite } from '../../src/run/suite.ts';

export const memberSuites: readonly Suite[] = [];
