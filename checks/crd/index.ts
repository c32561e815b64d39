import type { Area } from '../area.ts';

export const crd: Area = { checks: [], excluded: [], variations: [] };
