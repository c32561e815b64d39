import type { MockArea } from '../kernel/area.ts';
import { conformanceRoutes } from './conformance.ts';
import { guides, instantiates } from './profiles.ts';
import { readRoutes } from './reading.ts';
import { refusalRoutes } from './refusals.ts';
import { fhirBehaviours, fhirRules } from './rules.ts';
import { searchRoutes } from './searching.ts';
import { fhirTarget } from './target.ts';

export const fhir = {
  routes: [...conformanceRoutes, ...searchRoutes, ...readRoutes, ...refusalRoutes],
  rules: fhirRules,
  behaviours: fhirBehaviours,
  declares: {
    operations: [{ name: 'versions', definition: 'http://hl7.org/fhir/OperationDefinition/CapabilityStatement-versions' }],
    instantiates,
    guides,
  },
  target: fhirTarget,
} satisfies MockArea;

type FhirRules = typeof fhirRules;
declare module '../kernel/payer.ts' {
  interface Rules extends FhirRules {}
}
