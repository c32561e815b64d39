import type { Suite } from '../../src/run/suite.ts';
import { mode } from './mode.ts';
import { timing } from './timing.ts';

export const timingSuites: readonly Suite[] = [mode, timing];
