import type { Area } from '../area.ts';

export const doc: Area = { checks: [], excluded: [], variations: [] };
