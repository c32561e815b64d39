import type { MockArea } from '../kernel/area.ts';

export const match = { routes: [], rules: {}, behaviours: {} } satisfies MockArea;
