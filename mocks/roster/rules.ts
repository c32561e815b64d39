import type { Made } from '../../fixtures/dataset.ts';
import { asArray, asObject, at, literalReference } from '../../src/core/fhir.ts';
import type { MatchList } from '../../src/core/matched.ts';
import type { Json } from '../../src/core/model.ts';
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
  /** The members once a change is done. */
  afterChange: (members: readonly Json[], _change: 'add' | 'remove'): readonly Json[] => members,
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
  /** Does the provider say, of this patient, that it treats them? */
  attestsTreatment: (patient: Json, consent: Json | undefined): boolean =>
    at(consent, 'status') === 'active' &&
    at(consent, 'provision', 'type') === 'permit' &&
    asArray(at(consent, 'performer')).length > 0 &&
    literalReference(at(consent, 'patient', 'reference')) === `Patient/${String(at(patient, 'id'))}`,
  /** Is it told who opted out? Else they stand among those not matched, as PDex's privacy default would have it. */
  tellsOptOut: (): boolean => true,
  /** Is this list given, with so many members? */
  listsOfMatch: (list: MatchList, members: number): boolean => members > 0 || list === 'MatchedMembers',
  /** What the job of a match brings: Groups, which PDex asks for; Parameters around them are left to the payer. */
  filesOfMatch: (groups: readonly Made[], _wrapped: Made): ReadonlyMap<string, readonly Made[]> => new Map([['Group', groups]]),
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
  'removes-everybody': {
    afterChange: (members: readonly Json[], change: 'add' | 'remove') =>
      change === 'remove' ? members.map((each) => ({ ...asObject(each), inactive: true })) : members,
  },
  'adds-members-twice': {
    afterChange: (members: readonly Json[], change: 'add' | 'remove') => (change === 'add' ? [...members, ...members.slice(-1)] : members),
  },
  'strikes-removed-members': { keepsRemoved: () => false },
  'is-silent-about-non-members': { answersNonMember: () => false },
  'confirms-with-500': { confirmed: () => 500 },
  'matches-opted-out-members': { matchesOptedOut: () => true },
  'hides-matched-groups': { seesMatchedGroup: () => false },
  'matches-nobody': { matchesMembers: () => false },
  'matches-at-once-only': { matchesInJobs: () => false },
  'matches-in-jobs-only': { matchesAtOnce: () => false },
  'forgets-matches-in-jobs': { findsInJobs: () => false },
  'matches-without-attestation': { attestsTreatment: () => true },
  'forgets-whom-it-does-not-match': {
    listsOfMatch: (list: MatchList, members: number) => list !== 'NonMatchedMembers' && rosterRules.listsOfMatch(list, members),
  },
  'lists-matches-only-where-there-are-any': { listsOfMatch: (_list: MatchList, members: number) => members > 0 },
  'hides-opt-outs-among-the-unmatched': { tellsOptOut: () => false },
  'matches-into-no-file': { filesOfMatch: () => new Map() },
  'matches-into-parameters': { filesOfMatch: (_groups: readonly Made[], wrapped: Made) => new Map([['Parameters', [wrapped]]]) },
  'matches-into-groups-and-parameters': {
    filesOfMatch: (groups: readonly Made[], wrapped: Made) =>
      new Map([
        ['Group', groups],
        ['Parameters', [wrapped]],
      ]),
  },
} satisfies Record<string, Partial<typeof rosterRules>>;
