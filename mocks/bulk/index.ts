import { rostersOf } from '../../fixtures/roster.ts';
import type { MockArea } from '../kernel/area.ts';
import { bulkBehaviours } from './behaviours.ts';
import { fileRoutes } from './files.ts';
import { kickoffRoutes } from './kickoff.ts';
import { operatorRoutes } from './operator.ts';
import { bulkRules } from './rules.ts';
import { statusRoutes } from './status.ts';

const definition = (name: string): string => `http://hl7.org/fhir/uv/bulkdata/OperationDefinition/${name}`;

export const bulk = {
  routes: [...kickoffRoutes, ...statusRoutes, ...fileRoutes, ...operatorRoutes],
  rules: bulkRules,
  behaviours: bulkBehaviours,
  declares: {
    operations: [
      { name: 'export', definition: definition('export') },
      { type: 'Patient', name: 'export', definition: definition('patient-export') },
      { type: 'Group', name: 'export', definition: definition('group-export') },
    ],
    instantiates: ['http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data|3.0.0'],
    guides: ['http://hl7.org/fhir/uv/bulkdata/ImplementationGuide/hl7.fhir.uv.bulkdata|3.0.0'],
  },
  target({ origin, data }) {
    const { people, removable } = rostersOf(data);
    return {
      guides: { 'hl7.fhir.uv.bulkdata': '3.0.0' },
      statements: { 'bulk._typeFilter': true, 'bulk._until': true, 'cms-0057': true, 'cms-0057.provider-access': true },
      bulk: {
        failingGroup: 'failing-a',
        partialGroup: 'partial-a',
        emptyType: 'RelatedPerson',
        priorAuthorizations: true,
        pollFloor: 1,
        maxWait: 5,
        controls: { change: `${origin}/operator/change`, remove: `${origin}/operator/remove`, optOut: `${origin}/operator/opt-out` },
        controlled: { patient: people.optOut, changed: `Patient/${people.changed}`, removed: removable },
      },
    };
  },
} satisfies MockArea;

type BulkRules = typeof bulkRules;
declare module '../kernel/payer.ts' {
  interface Rules extends BulkRules {}
}
