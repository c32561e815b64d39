import { capabilityIn, claimOf, compareVersions, declaresOperation } from '../../src/core/capability.ts';
import { isResource, jsonOf } from '../../src/core/fhir.ts';
import { notReached, notTestable, onEach, type Selector, select, statusOf } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding } from '../../src/core/model.ts';

/** Whom the identity rows bind: by the operations that are declared and the guides that are claimed. */

type Applies = (evidence: Evidence) => true | string | { readonly unknown: string };
const hrex = 'hl7.fhir.us.davinci-hrex';
const pdex = 'hl7.fhir.us.davinci-pdex';
const idi = 'hl7.fhir.us.identity-matching';

const claims = (evidence: Evidence, guide: string) => claimOf(capabilityIn(evidence), evidence.target, guide);
const declares = (evidence: Evidence, name: string) => declaresOperation(capabilityIn(evidence), 'Patient', name);

export const offersMemberMatch: Applies = (evidence) =>
  declares(evidence, 'member-match') ||
  claims(evidence, hrex) !== undefined ||
  evidence.target.claims?.['member-match'] === true ||
  'the payer neither lists member-match in its CapabilityStatement nor claims HRex';

/** HRex 1.1 or later; a claim without a version leaves the row a warning. */
export const hrexFrom11: Applies = (evidence) => {
  const offered = offersMemberMatch(evidence);
  if (offered !== true) return offered;
  const version = claims(evidence, hrex)?.version;
  if (version === undefined) return { unknown: 'the payer does not say which version of HRex it follows' };
  return compareVersions(version, '1.1.0') >= 0 || `HRex ${version} is claimed; the row is part of 1.1.0`;
};

export const hrexVersion = (evidence: Evidence): string | undefined => claims(evidence, hrex)?.version;

export const claimsPdex: Applies = (evidence) => claims(evidence, pdex) !== undefined || 'the payer does not claim PDex';

export const pdexMemberMatch: Applies = (evidence) => {
  const claimed = claimsPdex(evidence);
  return claimed === true ? offersMemberMatch(evidence) : claimed;
};

export const offersMatch: Applies = (evidence) =>
  declares(evidence, 'match') || claims(evidence, idi) !== undefined || 'the payer lists no $match and does not claim Identity Matching';

export const offersIdiMatch: Applies = (evidence) =>
  declares(evidence, 'idi-match') || claims(evidence, idi) !== undefined || 'the payer lists no $idi-match and does not claim Identity Matching';

export const offersAnyMatch: Applies = (evidence) => (offersMatch(evidence) === true ? true : offersIdiMatch(evidence));

export const identityMatching20: Applies = (evidence) => {
  const claim = claims(evidence, idi);
  if (claim === undefined) return 'the payer does not claim Identity Matching';
  if (claim.version === undefined) return { unknown: 'the payer does not say which version of Identity Matching it follows' };
  return compareVersions(claim.version, '2.0.0') >= 0 || `Identity Matching ${claim.version} is claimed; the row is part of 2.0.0`;
};

/** Both must hold. */
export const both =
  (first: Applies, second: Applies): Applies =>
  (evidence) => {
    const one = first(evidence);
    return one === true ? second(evidence) : one;
  };

export const needsMember =
  (role: keyof Evidence['target']['members'], why: string): Applies =>
  ({ target }) =>
    target.members[role] !== undefined || `the target file names no ${role} member: ${why}`;

/** The honest question about the known member. */
export const knownQuestion: Selector = { step: 'member-match', member: 'known', where: (each) => each.variant === undefined };

/** When the operation does not answer an honest question, the rows about its other answers cannot be judged. */
export const whenMatching =
  (judge: (evidence: Evidence) => Finding): ((evidence: Evidence) => Finding) =>
  (evidence) => {
    const honest = select(evidence, knownQuestion)[0];
    if (!honest) return notReached(evidence, knownQuestion);
    const answered = statusOf(honest) === 200 && isResource(jsonOf(honest.response), 'Parameters');
    return answered
      ? judge(evidence)
      : notTestable(`$member-match does not match the known member (status ${statusOf(honest)}), so its other answers mean nothing.`);
  };

/** `onEach` behind `whenMatching`. */
export const onMatches = (selector: Selector, judge: (exchange: Exchange, evidence: Evidence) => Finding) => whenMatching(onEach(selector, judge));
