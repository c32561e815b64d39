import type { Area } from '../area.ts';

export const atr: Area = { checks: [], excluded: [], variations: [] };
