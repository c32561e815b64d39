import { describeBody, notApplicable, notReached, notTestable, select, statusOf, unanswered, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import { type MatchGroups, matchGroupsIn, matchJobs, matchLists } from '../../src/core/matched.ts';
import type { Check, Evidence, Exchange, Finding, JobOfMatch, MatchOf } from '../../src/core/model.ts';
import { cutShort } from '../../src/core/sample.ts';
import { allOf, anyOf, declaresOperation, follows } from '../applies.ts';
import { named } from '../bulk/applies.ts';
import { membersOf } from '../bulk/exports.ts';

/** What matches of members brought, whichever form they were asked for in. */

/** Whom matching binds: the operation came with PDex 2.2, and an earlier payer may offer it. */
export const matching = anyOf(follows(guides.pdex, '2.2.0'), declaresOperation('Group', 'provider-member-match'));
export const knownMember = allOf(
  matching,
  named('members.known', 'the known member', ({ target }) => target.members.known),
);

export const asked = (evidence: Evidence, form: MatchOf): Exchange | undefined => select(evidence, { step: 'group.operation', variant: form })[0];

/** What one form of the match brought: in its answer, or in the end of its job. */
export interface Result {
  readonly text: string;
  readonly groups: MatchGroups;
  /** The answer to show. */
  readonly exchange: Exchange;
}

const jobNameOf = (form: MatchOf): JobOfMatch => (form === 'match/later' ? 'match' : form);

/** Files and end of the job behind a match. */
export function jobOf(evidence: Evidence, form: MatchOf): { readonly files: readonly Exchange[]; readonly end: Exchange | undefined } {
  const variant = jobNameOf(form);
  return { files: select(evidence, { step: 'bulk.file', variant }), end: select(evidence, { step: 'bulk.status', variant }).at(-1) };
}

/** Why the job behind a match brought no manifest; undefined where it did. */
export function unended(evidence: Evidence, form: MatchOf): Finding | undefined {
  const { end } = jobOf(evidence, form);
  if (!end) return notReached(evidence, { step: 'bulk.status', variant: jobNameOf(form) });
  if (statusOf(end) === 202) return notTestable('The job of the match was not over when we stopped waiting for it.', 'ours');
  const none = unanswered(end);
  if (none) return none;
  return statusOf(end) === 200 ? undefined : notTestable(`The job of the match did not end with a manifest: ${describeBody(end)}.`, 'payer');
}

export function resultOf(evidence: Evidence, form: MatchOf): Result | undefined {
  const kickoff = asked(evidence, form);
  if (kickoff === undefined) return undefined;
  if (statusOf(kickoff) === 200) return inTexts([kickoff]);
  // What is asked for at once and comes as a job is taken back.
  if (statusOf(kickoff) !== 202 || form === 'match') return undefined;
  const { files, end } = jobOf(evidence, form);
  const good = files.filter((each) => statusOf(each) === 200);
  return inTexts(good) ?? (end && statusOf(end) === 200 ? inTexts([end]) : undefined);
}

/** One file or several: each list may have its own. */
function inTexts(exchanges: readonly Exchange[]): Result | undefined {
  const [exchange] = exchanges;
  const text = exchanges.map((each) => each.response?.body.trimEnd() ?? '').join('\n');
  const groups = matchGroupsIn(text);
  return exchange && matchLists.some((list) => groups[list].length > 0) ? { exchange, text, groups } : undefined;
}

export const resultsOf = (evidence: Evidence): readonly Result[] =>
  (['match/later', 'match'] as const).flatMap((form) => resultOf(evidence, form) ?? []);

export const peopleIn = (groups: MatchGroups, ...lists: readonly (typeof matchLists)[number][]): readonly string[] =>
  lists.flatMap((list) => groups[list].flatMap((each) => [...membersOf(each, { inactive: true })]));

/** Judges what came, in whichever form; where nothing came, says why. */
export const onResults =
  (judge: (result: Result, evidence: Evidence) => Finding, none: (plain: Exchange) => Finding) =>
  (evidence: Evidence): Finding => {
    const results = resultsOf(evidence);
    if (results.length > 0) return worst(results.map((each) => judge(each, evidence)));
    const plain = asked(evidence, 'match') ?? asked(evidence, 'match/later');
    if (!plain) return notReached(evidence, { step: 'group.operation', variant: 'match' });
    return unanswered(plain) ?? none(plain);
  };

export const nothing = (plain: Exchange): Finding => notTestable(`The match of members brought no list: ${describeBody(plain)}.`, 'payer');

/** Lists come in files: of one that we did not keep whole, nobody can say who is missing in it. Every check of matches. */
export const onWholeLists = (checks: readonly Check[]): readonly Check[] =>
  checks.map((check) => ({
    ...check,
    judge(evidence) {
      const cut = matchJobs
        .flatMap((variant) => select(evidence, { step: 'bulk.file', variant }))
        .map(cutShort)
        .find((each) => each !== undefined);
      return cut === undefined ? check.judge(evidence) : notTestable(`The lists of the match are not at hand in full: ${cut}.`, 'ours');
    },
  }));

/** A match that the payer took on as a job. */
export const onJob =
  (judge: (kickoff: Exchange, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const kickoff = asked(evidence, 'match/later');
    if (!kickoff) return notReached(evidence, { step: 'group.operation', variant: 'match/later' });
    const none = unanswered(kickoff);
    if (none) return none;
    if (statusOf(kickoff) === 200) return notApplicable('The payer answers a match at once, as it may.');
    if (statusOf(kickoff) !== 202) return notTestable(`No match was taken on as a job: ${describeBody(kickoff)}.`, 'payer');
    return judge(kickoff, evidence);
  };
