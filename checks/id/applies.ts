import { hasCard, noCard } from '../../src/client/requests/match.ts';
import { versionOf } from '../../src/core/binding.ts';
import { isResource, jsonOf } from '../../src/core/fhir.ts';
import { notAsked, notReached, notTestable, onEach, reasonIn, type Selector, select, statusOf, unanswered } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Evidence, Exchange, Finding, MemberRole } from '../../src/core/model.ts';
import { type Applies, anyOf, declaresOperation, follows } from '../applies.ts';

/** Whom the identity rows bind: by the operations that are declared and the guides that are claimed. */

const declaresMemberMatch: Applies = anyOf(
  declaresOperation('Patient', 'member-match'),
  follows(guides.hrex),
  ({ target }) => target.statements?.['member-match'] === true || 'Nor does the target file (statements.member-match).',
);

/** The question needs a card: where the target file gives none, its rows are open, whatever the payer offers. */
export const offersMemberMatch: Applies = (evidence) => {
  const bound = declaresMemberMatch(evidence);
  const { known } = evidence.target.members;
  return bound !== true || known === undefined || hasCard(known) ? bound : { open: `Not asked: ${noCard('known')}.`, because: 'target-file' };
};

export const hrexVersion = (evidence: Evidence): string | undefined => versionOf(evidence, guides.hrex);

export const claimsIdentityMatching = (least?: string): Applies => follows(guides.identityMatching, least);
export const offersMatch: Applies = anyOf(declaresOperation('Patient', 'match'), follows(guides.identityMatching));
export const offersIdiMatch: Applies = anyOf(declaresOperation('Patient', 'idi-match'), follows(guides.identityMatching));
export const offersAnyMatch: Applies = anyOf(offersMatch, offersIdiMatch);

export const needsMember =
  (role: keyof Evidence['target']['members'], why: string): Applies =>
  ({ target }) =>
    target.members[role] !== undefined || notAsked(`members.${role}`, why);

/** Of rows that ask by the id of somebody whom the target file should name. */
export const idMissing = (role: MemberRole) => notAsked(`members.${role}`, 'with its patientId');

/** The honest question about the known member. */
export const knownQuestion: Selector = { step: 'member-match', member: 'known', where: (each) => each.variant === undefined };

/** Every honest form of it; a payer need not know them all ("Systems are not required to support both types of consent", HRex). */
export const honestForms = (evidence: Evidence): readonly Exchange[] =>
  select(evidence, { step: 'member-match', member: 'known', where: (each) => each.variant !== 'guess' && each.variant !== 'timing' });
export const isMatch = (exchange: Exchange): boolean => statusOf(exchange) === 200 && isResource(jsonOf(exchange.response), 'Parameters');

/** When the operation does not answer an honest question, the rows about its other answers cannot be judged. */
export const whenMatching =
  (judge: (evidence: Evidence) => Finding): ((evidence: Evidence) => Finding) =>
  (evidence) => {
    const forms = honestForms(evidence);
    const [first] = forms;
    if (!first) return notReached(evidence, knownQuestion);
    if (forms.some(isMatch)) return judge(evidence);
    return (
      unanswered(first) ??
      notTestable(
        `$member-match does not match the known member (status ${statusOf(first)}${reasonIn(first)}), so its other answers mean nothing: see id.mm.supported.`,
        'payer',
      )
    );
  };

/** `onEach` behind `whenMatching`. */
export const onMatches = (selector: Selector, judge: (exchange: Exchange, evidence: Evidence) => Finding) => whenMatching(onEach(selector, judge));
