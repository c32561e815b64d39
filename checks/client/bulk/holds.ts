import { guides } from '../../../src/core/guides.ts';

/** What Bulk Data 3.0.0 says first. */
export const since30 = [{ ig: guides.bulk, from: '3.0.0' }] as const;
