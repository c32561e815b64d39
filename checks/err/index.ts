import type { Area } from '../area.ts';
import { meaningChecks } from './meaning.ts';
import { outcomeChecks } from './outcome.ts';
import { errorVariations } from './variations.ts';

export const err: Area = { checks: [...outcomeChecks, ...meaningChecks], excluded: [], variations: errorVariations };
