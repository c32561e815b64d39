import type { Area } from '../area.ts';
import { providerExportChecks } from './export.ts';
import { providerGroupChecks } from './groups.ts';

export const pa: Area = { checks: [...providerExportChecks, ...providerGroupChecks], excluded: [], variations: [] };
