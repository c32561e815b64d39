import type { Area } from '../area.ts';
import { timeChecks } from './agreed.ts';

export const time: Area = { checks: timeChecks, excluded: [], variations: [] };
