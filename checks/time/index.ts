import type { Area } from '../area.ts';
import { timeChecks } from './agreed.ts';
import { loadChecks, loadVariations } from './load.ts';

export const time: Area = { checks: [...timeChecks, ...loadChecks], excluded: [], variations: loadVariations };
