import type { Area } from '../area.ts';

export const cc3: Area = { checks: [], excluded: [], variations: [] };
