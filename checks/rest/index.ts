import type { Area } from '../area.ts';

export const rest: Area = { checks: [], excluded: [], variations: [] };
