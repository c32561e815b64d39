import type { MockArea } from '../kernel/area.ts';

export const discovery = { routes: [], rules: {}, behaviours: {} } satisfies MockArea;
