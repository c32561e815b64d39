import type { Area } from '../area.ts';
import { rosterExportChecks } from './exports.ts';
import { groupChecks } from './groups.ts';
import { operationChecks } from './operations.ts';
import { rosterVariations } from './variations.ts';

export const atr: Area = { checks: [...groupChecks, ...rosterExportChecks, ...operationChecks], excluded: [], variations: rosterVariations };
