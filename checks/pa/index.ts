import type { Area } from '../area.ts';
import { allHeedingCuts } from '../bulk/sample.ts';
import { amountChecks } from './amounts.ts';
import { providerExportChecks } from './export.ts';
import { providerGroupChecks } from './groups.ts';
import { matchListChecks } from './match-lists.ts';
import { onWholeLists } from './matched.ts';
import { matchChecks, matchVariations } from './matching.ts';

export const pa: Area = {
  checks: allHeedingCuts([...providerExportChecks, ...providerGroupChecks, ...onWholeLists([...matchChecks, ...matchListChecks]), ...amountChecks]),
  excluded: [],
  variations: matchVariations,
};
