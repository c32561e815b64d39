import type { Area } from '../area.ts';
import { authzChecks } from './authz.ts';
import { inputChecks } from './inputs.ts';
import { memberMatchChecks } from './member-match.ts';
import { patientMatchChecks } from './patient-match.ts';
import { refusalChecks } from './refusals.ts';

export const id: Area = {
  checks: [...memberMatchChecks, ...refusalChecks, ...inputChecks, ...patientMatchChecks, ...authzChecks],
  excluded: [],
  variations: [],
};
