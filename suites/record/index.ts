import type { Suite } from '../../src/run/suite.ts';
import { documents } from './documents.ts';
import { wholeRecord } from './everything.ts';
import { gaps } from './gaps.ts';

export const recordSuites: readonly Suite[] = [wholeRecord, documents, gaps];
