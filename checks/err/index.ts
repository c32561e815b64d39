import type { Area } from '../area.ts';

export const err: Area = { checks: [], excluded: [], variations: [] };
