import type { MockArea } from '../kernel/area.ts';

export const udap = { routes: [], rules: {}, behaviours: {} } satisfies MockArea;
