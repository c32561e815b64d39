import type { Suite } from '../../src/run/suite.ts';
import { reading } from './read.ts';
import { clinicalSearches, negatives, paging, searching } from './search.ts';

export const restSuites: readonly Suite[] = [reading, searching, paging, clinicalSearches, negatives];
