import { clientRows } from './client/index.ts';
import { checks } from './index.ts';

/** Everything that a plan may select from: rows about payers, and rows about their clients. */
export const catalogue = { checks, clientRows } as const;
