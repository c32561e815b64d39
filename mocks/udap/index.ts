import type { MockArea } from '../kernel/area.ts';
import { pkiRoutes } from '../pki/routes.ts';

export const udap = { routes: pkiRoutes, rules: {}, behaviours: {} } satisfies MockArea;
