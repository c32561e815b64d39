import type { Area } from '../area.ts';

export const pa: Area = { checks: [], excluded: [], variations: [] };
