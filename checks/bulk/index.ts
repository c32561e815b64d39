import type { Area } from '../area.ts';

export const bulk: Area = { checks: [], excluded: [], variations: [] };
