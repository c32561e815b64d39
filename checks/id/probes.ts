import { askMemberMatch, asOne, type CardHolder, hasCard, inForm, noCard } from '../../src/client/requests/match.ts';
import type { Expected, Known, MemberRole, Probe, RequestSpec } from '../../src/core/model.ts';

/** Deliberately wrong questions about a member. */

/** The honest question about the member of this role, after a change; a string says why it cannot be asked. */
export function question(known: Known, role: MemberRole, change: (member: CardHolder) => CardHolder = (member) => member): RequestSpec | string {
  const member = known.target.members[role];
  if (known.base === undefined) return 'no FHIR base URL is known';
  if (member === undefined) return `the target file names no ${role} member`;
  if (!hasCard(member)) return noCard(role);
  return inForm(askMemberMatch(known.base, change(asOne(member))), known.notes['member.form'] ?? {});
}

/** The frame of a `$member-match` probe. */
export const memberProbe = (id: string, expected?: Expected) => ({
  id,
  step: 'member-match' as const,
  suite: 'member.match',
  ...(expected === undefined ? {} : { expected }),
});

/** A probe that asks about a member of this role after a change. */
export function questionProbe(
  id: string,
  role: MemberRole,
  expected: Expected | undefined,
  build: (member: CardHolder, base: string) => RequestSpec,
): Probe {
  return {
    id,
    step: 'member-match',
    suite: 'member.match',
    member: role,
    ...(expected === undefined ? {} : { expected }),
    request: ({ base, target, notes }) => {
      const member = target.members[role];
      if (base === undefined) return 'no FHIR base URL is known';
      if (member === undefined) return `the target file names no ${role} member`;
      return hasCard(member) ? inForm(build(asOne(member), base), notes['member.form'] ?? {}) : noCard(role);
    },
  };
}
