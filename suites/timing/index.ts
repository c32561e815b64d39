import type { Suite } from '../../src/run/suite.ts';
import { timing } from './timing.ts';

export const timingSuites: readonly Suite[] = [timing];
