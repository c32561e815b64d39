import type { MockArea } from '../kernel/area.ts';

export const crd = { routes: [], rules: {}, behaviours: {} } satisfies MockArea;
