import type { MockArea } from '../kernel/area.ts';
import { conformanceRoutes } from './conformance.ts';

export const fhir = { routes: conformanceRoutes, rules: {}, behaviours: {} } satisfies MockArea;
