import type { Area } from '../area.ts';

export const mode: Area = { checks: [], excluded: [], variations: [] };
