import type { Area } from '../area.ts';
import { allHeedingCuts } from '../bulk/sample.ts';
import { claimsExportChecks } from './export.ts';
import { insideChecks } from './inside.ts';
import { claimsSearchChecks } from './search.ts';

export const claims: Area = { checks: allHeedingCuts([...claimsExportChecks, ...insideChecks, ...claimsSearchChecks]), excluded: [], variations: [] };
