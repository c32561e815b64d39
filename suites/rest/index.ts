import type { Suite } from '../../src/run/suite.ts';

export const restSuites: readonly Suite[] = [];
