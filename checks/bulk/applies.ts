import { capabilityOf, hasOperation } from '../../src/core/capability.ts';
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

/** The operator named what the row needs; `what` completes "the target file names ...". */
export const named =
  (what: string, find: (evidence: Evidence) => unknown): Applies =>
  (evidence) => {
    const value = find(evidence);
    return (value !== undefined && value !== false && value !== null) || `The target file names no ${what}.`;
  };

export const allowsWrites: Applies = ({ target }) => target.allow?.writes === true || 'The target file does not allow writes (allow.writes).';
