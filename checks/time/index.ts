import type { Area } from '../area.ts';

export const time: Area = { checks: [], excluded: [], variations: [] };
