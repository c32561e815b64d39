import type { MockArea } from '../kernel/area.ts';
import { memberMatchRoutes } from './member-match.ts';
import { patientMatchRoutes } from './patient-match.ts';
import { matchBehaviours, matchRules } from './rules.ts';
import { targetMembers } from './target.ts';

export const match = {
  routes: [...memberMatchRoutes, ...patientMatchRoutes],
  rules: matchRules,
  behaviours: matchBehaviours,
  target: ({ data }) => ({
    members: targetMembers(data),
    claims: { 'hl7.fhir.us.davinci-hrex': '1.1.0', 'hl7.fhir.us.davinci-pdex': '2.1.0', 'hl7.fhir.us.identity-matching': '2.0.0' },
  }),
} satisfies MockArea;
