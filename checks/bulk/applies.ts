import { asArray, asString, at, type Resource } from '../../src/core/fhir.ts';
import type { Evidence } from '../../src/core/model.ts';
import {
  type Applies,
  allOf,
  anyOf,
  capabilityOf,
  claimOf,
  claims,
  claimsAtr,
  claimsPdex,
  compareVersions,
  guides,
  resourceEntry,
} from '../applies.ts';

/** Which payers the rows on exports and attribution lists bind. */

/** Is this export operation in the statement? By its name or its definition, in the forms that Bulk Data gives it; `type` absent = on the system. */
export function hasExport(capability: Resource, type: string | undefined, name: 'export' | 'davinci-data-export'): boolean {
  const names = name === 'export' ? ['export', ...(type === undefined ? [] : [`${type.toLowerCase()}-export`])] : [name];
  const rests = asArray(at(capability, 'rest'));
  const listed = [
    ...asArray(type === undefined ? undefined : resourceEntry(capability, type)?.['operation']),
    ...rests.flatMap((rest) => asArray(at(rest, 'operation'))),
  ];
  return listed.some((each) => {
    const own = (asString(at(each, 'name')) ?? '').replace(/^\$/, '').toLowerCase();
    const definition = (asString(at(each, 'definition')) ?? '').split('|')[0]?.split('/').at(-1)?.toLowerCase() ?? '';
    return names.includes(own) || names.includes(definition);
  });
}

export const declaresExport =
  (type: string | undefined, name: 'export' | 'davinci-data-export' = 'export'): Applies =>
  (evidence) => {
    const capability = capabilityOf(evidence);
    if (!capability) return { unknown: 'no CapabilityStatement was read, so it is not known what the payer declares' };
    return hasExport(capability, type, name) || `The payer does not declare $${name}${type === undefined ? '' : ` on ${type}`}.`;
  };

/** Offers bulk export in any form, by claim or by declaration. */
export const declaresBulk: Applies = anyOf(
  claims(guides.bulk),
  declaresExport('Group'),
  declaresExport('Group', 'davinci-data-export'),
  declaresExport('Patient'),
  declaresExport(undefined),
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
export const providerAccess = allOf(claimsPdex('2.1.0'), declaresExport('Group', 'davinci-data-export'));

/** The operator named what the row needs; `what` completes "the target file names ...". */
export const named =
  (what: string, find: (evidence: Evidence) => unknown): Applies =>
  (evidence) => {
    const value = find(evidence);
    return (value !== undefined && value !== false && value !== null) || `The target file names no ${what}.`;
  };

export const allowsWrites: Applies = ({ target }) => target.allow?.writes === true || 'The target file does not allow writes (allow.writes).';
