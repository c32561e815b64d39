import type { Area } from '../area.ts';
import { capabilityChecks } from './capability.ts';
import { completeChecks } from './complete.ts';
import { deleteChecks } from './delete.ts';
import { fileContentChecks } from './file-content.ts';
import { fileChecks } from './files.ts';
import { kickoffChecks } from './kickoff.ts';
import { kickoffRuleChecks } from './kickoff-rules.ts';
import { lifetimeChecks } from './lifetime.ts';
import { manifestChecks } from './manifest.ts';
import { manifestCaseChecks } from './manifest-cases.ts';
import { parameterChecks } from './parameters.ts';
import { protectionChecks } from './protection.ts';
import { kickoffRefusalChecks } from './refusals.ts';
import { allHeedingCuts } from './sample.ts';
import { statusChecks } from './status.ts';
import { bulkTimeChecks } from './time.ts';
import { bulkVariations } from './variations.ts';

export const bulk: Area = {
  checks: allHeedingCuts([
    ...kickoffChecks,
    ...kickoffRuleChecks,
    ...kickoffRefusalChecks,
    ...parameterChecks,
    ...statusChecks,
    ...manifestChecks,
    ...manifestCaseChecks,
    ...fileChecks,
    ...fileContentChecks,
    ...completeChecks,
    ...deleteChecks,
    ...lifetimeChecks,
    ...protectionChecks,
    ...capabilityChecks,
    ...bulkTimeChecks,
  ]),
  excluded: [],
  variations: bulkVariations,
};
