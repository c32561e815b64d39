import type { Check } from '../src/core/model.ts';
import { atr } from './atr/index.ts';
import { bulk } from './bulk/index.ts';
import { claims } from './claims/index.ts';
import { id } from './id/index.ts';
import { pa } from './pa/index.ts';

/**
 * The checks that ask about single lines of bulk files, and no others: each thread that reads files holds them, and the whole catalogue would be several times
 * as much. That none is missing is tested (test/catalogue/integrity.test.ts).
 */
export const askingChecks: readonly Check[] = [id, bulk, atr, pa, claims].flatMap(({ checks }) =>
  checks.filter(({ mustSee }) => mustSee !== undefined),
);
