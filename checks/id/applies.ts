import { isResource, jsonOf } from '../../src/core/fhir.ts';
import { notReached, notTestable, onEach, type Selector, select, statusOf } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { type Applies, allOf, anyOf, claimOf, claims, claimsHrex, claimsPdex, declaresOperation, guides } from '../applies.ts';

/** Whom the identity rows bind: by the operations that are declared and the guides that are claimed. */

export const offersMemberMatch: Applies = anyOf(
  declaresOperation('Patient', 'member-match'),
  claimsHrex(),
  ({ target }) => target.claims?.['member-match'] === true || 'the target file does not say that member-match is offered',
);

/** HRex 1.1 or later; a claim without a version leaves the row a warning. */
export const hrexFrom11: Applies = allOf(offersMemberMatch, claimsHrex('1.1.0'));
export const hrexVersion = (evidence: Evidence): string | undefined => claimOf(evidence, guides.hrex)?.version;
export const pdexMemberMatch: Applies = allOf(claimsPdex(), offersMemberMatch);

export const claimsIdentityMatching = (least?: string): Applies => claims(guides.identityMatching, least);
export const offersMatch: Applies = anyOf(declaresOperation('Patient', 'match'), claimsIdentityMatching());
export const offersIdiMatch: Applies = anyOf(declaresOperation('Patient', 'idi-match'), claimsIdentityMatching());
export const offersAnyMatch: Applies = anyOf(offersMatch, offersIdiMatch);

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
      : notTestable(`$member-match does not match the known member (status ${statusOf(honest)}), so its other answers mean nothing.`, 'payer');
  };

/** `onEach` behind `whenMatching`. */
export const onMatches = (selector: Selector, judge: (exchange: Exchange, evidence: Evidence) => Finding) => whenMatching(onEach(selector, judge));
