import type { ClientExcluded } from '../../src/core/client-row.ts';

/** Requirements of the list that are not judged, each with the reason. A test compares both with the list. None at present. */
export const clientExcluded: readonly ClientExcluded[] = [];
