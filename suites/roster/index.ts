import type { Suite } from '../../src/run/suite.ts';
import { listChanges, listQuestions } from './changes.ts';
import { rosterExport, rosterSubset } from './export.ts';
import { groups, leftovers, rosterRefusals } from './groups.ts';
import { memberMatching } from './matching.ts';

export const rosterSuites: readonly Suite[] = [
  leftovers,
  groups,
  rosterRefusals,
  rosterExport,
  rosterSubset,
  listChanges,
  listQuestions,
  memberMatching,
];
