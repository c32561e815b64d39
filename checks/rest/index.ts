import type { Area } from '../area.ts';
import { entryChecks } from './entries.ts';
import { oneContentChecks } from './one-content.ts';
import { pagingChecks } from './paging.ts';
import { readChecks } from './reading.ts';
import { refusalChecks } from './refusals.ts';
import { searchChecks } from './searching.ts';
import { totalChecks } from './totals.ts';
import { usCoreChecks } from './uscore.ts';
import { restVariations } from './variations.ts';

export const rest: Area = {
  checks: [...readChecks, ...searchChecks, ...entryChecks, ...pagingChecks, ...refusalChecks, ...usCoreChecks, ...oneContentChecks, ...totalChecks],
  excluded: [],
  variations: restVariations,
};
