import { versionOf } from '../../src/core/binding.ts';
import { isResource, jsonOf } from '../../src/core/fhir.ts';
import { notReached, notTestable, onEach, type Selector, select, statusOf } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { type Applies, anyOf, declaresOperation, follows } from '../applies.ts';

/** Whom the identity rows bind: by the operations that are declared and the guides that are claimed. */

export const offersMemberMatch: Applies = anyOf(
  declaresOperation('Patient', 'member-match'),
  follows(guides.hrex),
  ({ target }) => target.statements?.['member-match'] === true || 'the target file does not say that member-match is offered',
);

export const hrexVersion = (evidence: Evidence): string | undefined => versionOf(evidence, guides.hrex);

export const claimsIdentityMatching = (least?: string): Applies => follows(guides.identityMatching, least);
export const offersMatch: Applies = anyOf(declaresOperation('Patient', 'match'), follows(guides.identityMatching));
export const offersIdiMatch: Applies = anyOf(declaresOperation('Patient', 'idi-match'), follows(guides.identityMatching));
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
