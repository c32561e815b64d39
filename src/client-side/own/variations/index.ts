import { bulkVariations } from './bulk.ts';
import { answerVariations } from './crd-answers.ts';
import { callVariations } from './crd-calls.ts';
import { discoveryVariations } from './discovery.ts';
import { transportVariations } from './https.ts';
import { recordVariations } from './record.ts';
import { tokenVariations } from './tokens.ts';
import { udapVariations } from './udap.ts';
import type { Variation } from './variation.ts';

export { notGone } from './https.ts';
export type { Variation } from './variation.ts';

/** Every other way that our own client goes to prove that no row accuses it. */
export const clientVariations: readonly Variation[] = [
  ...discoveryVariations,
  ...tokenVariations,
  ...udapVariations,
  ...recordVariations,
  ...bulkVariations,
  ...callVariations,
  ...answerVariations,
  ...transportVariations,
];
