import type { Area } from '../area.ts';

export const sec: Area = { checks: [], excluded: [], variations: [] };
