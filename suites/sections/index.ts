import type { Suite } from '../../src/run/suite.ts';

export const sectionsSuites: readonly Suite[] = [];
