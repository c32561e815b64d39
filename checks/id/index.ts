import type { Area } from '../area.ts';
import { inputChecks } from './inputs.ts';
import { memberMatchChecks } from './member-match.ts';
import { patientMatchChecks } from './patient-match.ts';
import { refusalChecks } from './refusals.ts';

export const id: Area = { checks: [...memberMatchChecks, ...refusalChecks, ...inputChecks, ...patientMatchChecks], excluded: [], variations: [] };
