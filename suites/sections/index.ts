import type { Suite } from '../../src/run/suite.ts';
import { sections } from './sections.ts';

export const sectionsSuites: readonly Suite[] = [sections];
