import type { Suite } from '../../src/run/suite.ts';
import { discover } from './discover.ts';

export const discoverySuites: readonly Suite[] = [discover];
