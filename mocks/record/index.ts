import type { MockArea } from '../kernel/area.ts';

export const record = { routes: [], rules: {}, behaviours: {} } satisfies MockArea;
