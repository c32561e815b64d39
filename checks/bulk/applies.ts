import type { Evidence } from '../../src/core/model.ts';
import { type Applies, allOf, anyOf, claimOf, claims, claimsAtr, claimsPdex, compareVersions, declaresOperation, guides } from '../applies.ts';

/** Which payers the rows on exports and attribution lists bind. */

/** Offers bulk export in any form, by claim or by declaration. */
export const declaresBulk: Applies = anyOf(
  claims(guides.bulk),
  declaresOperation('Group', 'export'),
  declaresOperation('Group', 'davinci-data-export'),
  declaresOperation('Patient', 'export'),
  declaresOperation(undefined, 'export'),
);

/** Bulk Data at this version or later; a payer that exports without naming a version is warned only. */
export const bulkFrom = (least: string): Applies =>
  allOf(declaresBulk, ({ target, exchanges, blocked }) => {
    const version = claimOf({ target, exchanges, blocked }, guides.bulk)?.version;
    if (version === undefined) return { unknown: 'the payer does not say which version of Bulk Data it follows' };
    return compareVersions(version, least) >= 0 || `The payer claims Bulk Data ${version}; this binds from ${least} on.`;
  });

export const attribution = claimsAtr();

/** PDex provider access with an attributed Group (the v1 workflow). */
export const providerAccess = allOf(claimsPdex('2.1.0'), declaresOperation('Group', 'davinci-data-export'));

/** The operator named what the row needs; `what` completes "the target file names ...". */
export const named =
  (what: string, find: (evidence: Evidence) => unknown): Applies =>
  (evidence) => {
    const value = find(evidence);
    return (value !== undefined && value !== false && value !== null) || `The target file names no ${what}.`;
  };

export const allowsWrites: Applies = ({ target }) => target.allow?.writes === true || 'The target file does not allow writes (allow.writes).';
