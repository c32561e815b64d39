import type { Suite } from '../../src/run/suite.ts';

export const timingSuites: readonly Suite[] = [];
