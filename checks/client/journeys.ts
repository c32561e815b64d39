import { statusOf } from '../../src/core/findings.ts';
import type { Exchange, Step } from '../../src/core/model.ts';

/** The answer that shows that a journey came to its end. */
const last: Readonly<Record<string, readonly Step[]>> = {
  record: ['search', 'read', 'page', 'everything'],
  bulk: ['bulk.file'],
  'bulk-again': ['bulk.file'],
  roster: ['bulk.file'],
  panel: ['bulk.file'],
  crd: ['cds.hook'],
  udap: ['read'],
  'sign-in': ['read', 'search', 'everything'],
  directory: ['read'],
  secure: ['search', 'read', 'page', 'everything'],
};

/** Did the client get at a healthy payer what the journey is about? */
export const completed = (journey: string, heard: readonly Exchange[]): boolean =>
  heard.some((each) => last[journey]?.includes(each.step) === true && [200, 206].includes(statusOf(each) ?? 0));
