import type { Area } from '../area.ts';
import { everythingChecks } from './everything.ts';
import { recordVariations } from './variations.ts';

export const record: Area = { checks: everythingChecks, excluded: [], variations: recordVariations };
