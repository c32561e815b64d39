import { capabilityOf, hasOperation } from '../../src/core/capability.ts';
import { notAsked } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Evidence } from '../../src/core/model.ts';
import type { Applies } from '../applies.ts';

/** Which payers the rows on exports and attribution lists bind. */

export const declaresExport =
  (type: string | undefined, name: 'export' | 'davinci-data-export' = 'export'): Applies =>
  (evidence) => {
    const capability = capabilityOf(evidence);
    if (!capability) return { unknown: 'no CapabilityStatement was read, so it is not known what the payer declares' };
    return hasOperation(capability, type, name) || `The payer does not declare $${name}${type === undefined ? '' : ` on ${type}`}.`;
  };

/** The operator named what the row needs; else it stays open: not asked, with the entry that is missing. */
export const named =
  (entry: string, what: string, find: (evidence: Evidence) => unknown): Applies =>
  (evidence) => {
    const value = find(evidence);
    return (value !== undefined && value !== false && value !== null) || notAsked(entry, what);
  };

export const allowsWrites: Applies = ({ target }) =>
  target.allow?.writes === true || notAsked('allow.writes', 'which lets the run change what it then takes back');

export const otherClient: Applies = ({ target }) => target.otherClient !== undefined || notAsked('otherClient', 'a second registered client');

/** Nobody needs a token here, so nothing is refused because it is missing. */
export const needsToken: Applies = ({ target }) => target.auth.kind !== 'none' || 'The target file says that no token is needed (auth.kind none).';

/**
 * Up to Bulk Data 3.0: the ballot of 4.0 drops kick-off by GET, lists with commas and `request`, and renames `error`. A payer that names no version is bound, since
 * it follows a published one.
 */
export const beforeBulk4 = { ig: guides.bulk, to: '3.0.0' } as const;
