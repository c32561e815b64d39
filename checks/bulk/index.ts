import type { Area } from '../area.ts';
import { capabilityChecks } from './capability.ts';
import { deleteChecks } from './delete.ts';
import { fileChecks } from './files.ts';
import { kickoffChecks } from './kickoff.ts';
import { manifestChecks } from './manifest.ts';
import { parameterChecks } from './parameters.ts';
import { statusChecks } from './status.ts';
import { bulkTimeChecks } from './time.ts';
import { bulkVariations } from './variations.ts';

export const bulk: Area = {
  checks: [
    ...kickoffChecks,
    ...parameterChecks,
    ...statusChecks,
    ...manifestChecks,
    ...fileChecks,
    ...deleteChecks,
    ...capabilityChecks,
    ...bulkTimeChecks,
  ],
  excluded: [],
  variations: bulkVariations,
};
