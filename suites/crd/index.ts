import type { Suite } from '../../src/run/suite.ts';
import { crdDiscovery, crdHooks, crdVariants } from './hooks.ts';
import { crdNegatives } from './negatives.ts';
import { crdTiming } from './timing.ts';

export const crdSuites: readonly Suite[] = [crdDiscovery, crdHooks, crdVariants, crdNegatives, crdTiming];
