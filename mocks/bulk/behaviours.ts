import type { BulkRules } from './rules.ts';

/** Defects and peculiarities of exports. */
export const bulkBehaviours = {} satisfies Record<string, Partial<BulkRules>>;
