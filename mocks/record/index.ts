import type { MockArea, Setting } from '../kernel/area.ts';
import { careGapRoutes, knownMeasure } from './care-gaps.ts';
import { documentRoutes, onDemand } from './documents.ts';
import { everythingRoutes } from './everything.ts';
import { recordBehaviours, recordRules } from './rules.ts';

export const record = {
  declares: {
    reads: ['Binary', 'Bundle'],
    operations: [
      { type: 'Patient', name: 'everything', definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything' },
      { type: 'DocumentReference', name: 'docref', definition: 'http://hl7.org/fhir/us/core/OperationDefinition/docref' },
      { type: 'Measure', name: 'care-gaps', definition: 'http://hl7.org/fhir/us/davinci-deqm/OperationDefinition/care-gaps' },
    ],
    instantiates: ['http://hl7.org/fhir/us/davinci-deqm/CapabilityStatement/gic-server|5.0.0'],
    guides: ['http://hl7.org/fhir/us/davinci-deqm/ImplementationGuide/hl7.fhir.us.davinci-deqm|5.0.0'],
  },
  routes: [...everythingRoutes, ...documentRoutes, ...careGapRoutes],
  rules: recordRules,
  behaviours: recordBehaviours,
  target: ({ data: { roles } }: Setting) => ({
    statements: { 'ccd.promised': true },
    knownResources: {
      'measure.id': knownMeasure,
      'notAttributed.binary': `Binary/${onDemand.ccd}${roles.notAttributed}`,
      'notAttributed.document': `Bundle/${onDemand.bundle}${roles.notAttributed}`,
      'optedOut.binary': `Binary/${onDemand.ccd}${roles.optedOut}`,
      'optedOut.document': `Bundle/${onDemand.bundle}${roles.optedOut}`,
    },
  }),
} satisfies MockArea;

type RecordRules = typeof recordRules;
declare module '../kernel/payer.ts' {
  interface Rules extends RecordRules {}
}
