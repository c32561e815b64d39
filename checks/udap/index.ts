import type { Area } from '../area.ts';

export const udap: Area = { checks: [], excluded: [], variations: [] };
