import type { Area } from '../area.ts';

export const cc1: Area = { checks: [], excluded: [], variations: [] };
