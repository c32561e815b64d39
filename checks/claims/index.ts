import type { Area } from '../area.ts';

export const claims: Area = { checks: [], excluded: [], variations: [] };
