import type { Area } from '../area.ts';

export const gaps: Area = { checks: [], excluded: [], variations: [] };
