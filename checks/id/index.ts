import type { Area } from '../area.ts';

export const id: Area = { checks: [], excluded: [], variations: [] };
