import type { Area } from '../area.ts';
import { clinicalChecks } from './clinical.ts';
import { commonChecks } from './common.ts';
import { medicationChecks } from './medications.ts';

export const sec: Area = { checks: [...medicationChecks, ...clinicalChecks, ...commonChecks], excluded: [], variations: [] };
