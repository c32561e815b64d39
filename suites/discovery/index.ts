import type { Suite } from '../../src/run/suite.ts';
import { directory, wellKnown } from './directory.ts';
import { discover } from './discover.ts';
import { versionsAndFormats } from './versions.ts';

export const discoverySuites: readonly Suite[] = [directory, wellKnown, discover, versionsAndFormats];
