import type { Area } from '../area.ts';
import { allHeedingCuts } from '../bulk/sample.ts';
import { coverageChecks } from './coverage.ts';
import { rosterExportChecks } from './exports.ts';
import { groupChecks } from './groups.ts';
import { memberChecks } from './members.ts';
import { operationChecks } from './operations.ts';
import { standingChecks } from './standing.ts';
import { rosterVariations } from './variations.ts';

export const atr: Area = {
  checks: allHeedingCuts([...groupChecks, ...memberChecks, ...rosterExportChecks, ...coverageChecks, ...operationChecks, ...standingChecks]),
  excluded: [],
  variations: rosterVariations,
};
