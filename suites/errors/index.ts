import type { Suite } from '../../src/run/suite.ts';

export const errorsSuites: readonly Suite[] = [];
