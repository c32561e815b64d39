import type { Suite } from '../../src/run/suite.ts';

export const crdSuites: readonly Suite[] = [];
