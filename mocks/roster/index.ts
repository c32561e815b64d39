import type { MockArea } from '../kernel/area.ts';

export const roster = { routes: [], rules: {}, behaviours: {} } satisfies MockArea;
