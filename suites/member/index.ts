import type { Suite } from '../../src/run/suite.ts';
import { member } from './member.ts';

export const memberSuites: readonly Suite[] = [member];
