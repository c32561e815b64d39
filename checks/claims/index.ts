import type { Area } from '../area.ts';
import { claimsExportChecks } from './export.ts';
import { claimsSearchChecks } from './search.ts';

export const claims: Area = { checks: [...claimsExportChecks, ...claimsSearchChecks], excluded: [], variations: [] };
