import type { MockArea } from '../kernel/area.ts';
import { accessBehaviours } from './access.ts';
import { digitalIdentifierOf } from './directory.ts';
import { memberMatchRoutes } from './member-match.ts';
import { patientMatchRoutes } from './patient-match.ts';
import { matchBehaviours, matchRules } from './rules.ts';
import { targetMembers } from './target.ts';

export const match = {
  routes: [...memberMatchRoutes, ...patientMatchRoutes],
  rules: matchRules,
  behaviours: { ...matchBehaviours, ...accessBehaviours },
  declares: {
    operations: [
      { type: 'Patient', name: 'member-match', definition: 'http://hl7.org/fhir/us/davinci-hrex/OperationDefinition/member-match|1.1.0' },
      { type: 'Patient', name: 'match', definition: 'http://hl7.org/fhir/OperationDefinition/Patient-match' },
      { type: 'Patient', name: 'idi-match', definition: 'http://hl7.org/fhir/us/identity-matching/OperationDefinition/IDI-match|2.0.0' },
    ],
    guides: ['http://hl7.org/fhir/us/identity-matching/ImplementationGuide/hl7.fhir.us.identity-matching|2.0.0'],
  },
  target: ({ data }) => ({
    members: targetMembers(data),
    allow: { bruteForce: true },
    agreement: {
      limits: { discovery: { p95: 1000 }, token: { p95: 1000 }, match: { p95: 3000 }, read: { p95: 1000 }, search: { p95: 2000 } },
      mode: { S1: 'sync', S4: 'sync' },
    },
    statements: {
      access: 'attribution',
      'time.samples': 3,
      'member-match.tries': 8,
      'digital-identifier': digitalIdentifierOf(data.roles.known),
    },
    guides: {
      'hl7.fhir.us.davinci-hrex': '1.1.0',
      'hl7.fhir.us.davinci-pdex': '2.1.0',
      'hl7.fhir.us.identity-matching': '2.0.0',
    },
  }),
} satisfies MockArea;

type MatchRules = typeof matchRules;
declare module '../kernel/payer.ts' {
  interface Rules extends MatchRules {}
}
