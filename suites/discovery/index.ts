import type { Suite } from '../../src/run/suite.ts';
import { discover } from './discover.ts';
import { versionsAndFormats } from './versions.ts';

export const discoverySuites: readonly Suite[] = [discover, versionsAndFormats];
