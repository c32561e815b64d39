import type { Made } from '../../fixtures/dataset.ts';
import type { MockReply, MockRequest, PayerState } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import { rosterMemory } from './store.ts';

/** What this payer insists on for its attribution lists; a behaviour replaces one rule. */
export const rosterRules = {
  /** The list as it is shown. */
  listed: (group: Made, _payer: PayerState): Made => group,
  maySeeGroup: (owner: string, organization: string): boolean => owner === organization,
  searchGroups: (found: readonly Made[], _request: MockRequest, _payer: PayerState): readonly Made[] => found,
  /** The refusal of a change to a list that is closed; undefined lets it happen. */
  closedList: (status: string): MockReply | undefined =>
    status === 'draft' || status === 'open'
      ? undefined
      : outcome({
          status: 422,
          code: 'business-rule',
          text: 'This attribution list is final, so its members cannot be changed. Contact the plan, or use a draft list.',
        }),
  /** What a removal does on a draft list: the entry stays, marked inactive. */
  keepsRemoved: (): boolean => true,
  applies: (): boolean => true,
  answersNonMember: (): boolean => true,
  confirmed: (): number => 201,
  /** Do people who opted out count as matched? */
  matchesOptedOut: (): boolean => false,
  seesMatchedGroup: (): boolean => true,
  matchesMembers: (): boolean => true,
  /** Is Prefer: respond-async honoured by a match? */
  matchesInJobs: (): boolean => true,
  /** May a match be asked for without that? */
  matchesAtOnce: (): boolean => true,
  findsInJobs: (): boolean => true,
};

export const rosterBehaviours = {
  'shows-foreign-groups': { maySeeGroup: () => true },
  'lists-foreign-groups-in-search': {
    searchGroups: (found: readonly Made[], request: MockRequest, payer: PayerState) =>
      request.query.has('identifier') || request.query.has('characteristic')
        ? found
        : [...found, ...[...rosterMemory(payer).values()].filter(({ owner }) => owner === 'clinic-b').map(({ resource }) => resource)],
  },
  'changes-closed-lists': { closedList: () => undefined },
  'forgets-added-members': { applies: () => false },
  'strikes-removed-members': { keepsRemoved: () => false },
  'is-silent-about-non-members': { answersNonMember: () => false },
  'confirms-with-500': { confirmed: () => 500 },
  'matches-opted-out-members': { matchesOptedOut: () => true },
  'hides-matched-groups': { seesMatchedGroup: () => false },
  'matches-nobody': { matchesMembers: () => false },
  'matches-at-once-only': { matchesInJobs: () => false },
  'matches-in-jobs-only': { matchesAtOnce: () => false },
  'forgets-matches-in-jobs': { findsInJobs: () => false },
} satisfies Record<string, Partial<typeof rosterRules>>;
