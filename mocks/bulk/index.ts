import type { MockArea } from '../kernel/area.ts';

export const bulk = { routes: [], rules: {}, behaviours: {} } satisfies MockArea;
