import { asArray, at, jsonOf } from '../../src/core/fhir.ts';
import {
  check,
  describeBody,
  fail,
  headerOf,
  notApplicable,
  notReached,
  notTestable,
  onFirst,
  pass,
  select,
  statusOf,
  unanswered,
  worst,
} from '../../src/core/findings.ts';
import { matchedGroupId, matchLists } from '../../src/core/matched.ts';
import type { Check } from '../../src/core/model.ts';
import { panel } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { headers, when } from '../alter.ts';
import { allOf } from '../applies.ts';
import type { Variation } from '../area.ts';
import { named } from '../bulk/applies.ts';
import { some } from '../bulk/exports.ts';
import { group } from '../group.ts';
import { pdex22, useCase } from '../sources.ts';
import { jobOf, knownMember, matching, nothing, onJob, onResults, peopleIn, resultOf, resultsOf, unended } from './matched.ts';

/** Source: http://hl7.org/fhir/us/davinci-pdex/provider-access-api-v2.html */
export const matchChecks: readonly Check[] = group({ scenarios: panel, applies: knownMember }, [
  {
    id: 'pa.pmm.answers',
    level: 'SHALL',
    lines: ['L4', 'L5'],
    text: 'Group/$provider-member-match takes 1..* MemberBundle and answers with Groups for matched, not matched and (optionally) consent-constrained members.',
    source: pdex22('OperationDefinition-ProviderMemberMatch.html', 'OperationDefinition-ProviderMemberMatch; provider-access-api-v2'),
    judge: onResults(
      ({ groups, exchange }, { target }) => {
        const [matched, others, limited] = matchLists.map((list) => groups[list].length);
        if (matched !== 1 || (others ?? 0) > 1 || (limited ?? 0) > 1)
          return fail(
            exchange,
            'one MatchedMembers, at most one NonMatchedMembers and ConsentConstrainedMembers',
            `${matched}, ${others}, ${limited}`,
          );
        const id = target.members.known?.patientId;
        if (id === undefined) return pass;
        const all = peopleIn(groups, ...matchLists);
        return check(all.includes(`Patient/${id}`), exchange, `Patient/${id} in one of the Groups`, `members: ${some(all)}`);
      },
      (plain) =>
        statusOf(plain) === 202
          ? notTestable('The match was taken on as a job whose answer could not be read (judged by pa.pmm.job).', 'payer')
          : fail(plain, '202, or 200 with Parameters', describeBody(plain)),
    ),
    faults: [{ name: 'matches nobody', at: 'group.operation', behaviour: 'matches-nobody' }],
  },
  {
    id: 'pa.pmm.job',
    level: 'SHALL',
    lines: ['L5'],
    text: 'A match that is taken on as a job follows Bulk Data: 202 with the absolute Content-Location of its status, polled to a manifest whose files hold the answer.',
    source: pdex22('provider-access-api-v2.html', 'provider-access-api-v2, Provider-Member-Match Operation Examples; Bulk Data kick-off response'),
    judge: onJob((kickoff, evidence) => {
      const location = headerOf(kickoff, 'content-location');
      if (!isHttpUrl(location)) return fail(kickoff, 'Content-Location with an absolute URL', `Content-Location: ${location ?? 'absent'}`);
      const end = select(evidence, { step: 'bulk.status', variant: 'match' }).at(-1);
      if (!end) return notReached(evidence, { step: 'bulk.status', variant: 'match' });
      const none = unanswered(end);
      if (none) return none;
      if (statusOf(end) === 202) return notTestable('The job of the match was not over when we stopped waiting for it.', 'ours');
      if (statusOf(end) !== 200) return fail(end, '200 with the manifest of the match', describeBody(end));
      if (resultOf(evidence, 'match/later')) return pass;
      const { files } = jobOf(evidence, 'match/later');
      const lost = files.flatMap((each) => unanswered(each) ?? [])[0];
      if (lost) return lost;
      const listed = asArray(at(jsonOf(end.response), 'output')).length;
      return fail(end, 'files with the Groups of the match', listed === 0 ? 'no file listed' : `${listed} listed, no such Group in them`);
    }),
    faults: [
      {
        name: 'takes a match on and does not say where to ask',
        at: 'group.operation',
        alter: when((_request, { status }) => status === 202, headers({ 'content-location': undefined })),
      },
      {
        name: 'lists no file with the result of a match',
        at: 'bulk.status',
        behaviour: 'matches-into-no-file',
        alsoFails: { 'pa.pmm.group-files': 'no file at all' },
      },
    ],
  },
  {
    id: 'pa.pmm.same',
    level: 'FAST',
    lines: ['L4', 'L5'],
    text: 'The same people are matched at once and as a job.',
    source: useCase('Scenario 1 line 5'),
    judge: onJob((kickoff, evidence) => {
      const [later, now] = [resultOf(evidence, 'match/later'), resultOf(evidence, 'match')];
      if (!now) return notApplicable('The payer matches as a job only.');
      if (!later) return unended(evidence, 'match/later') ?? notTestable(`The job brought no list: ${describeBody(kickoff)}.`, 'payer');
      const [a, b] = [later, now].map(({ groups }) => [...new Set(peopleIn(groups, 'MatchedMembers'))].sort());
      if (a?.length === 0 && b?.length === 0) return notTestable('Neither form matched anybody.', 'test-data');
      return check(`${a}` === `${b}`, later.exchange, `the members matched at once: ${some(b ?? [])}`, `as a job: ${some(a ?? []) || 'nobody'}`);
    }),
    faults: [
      {
        name: 'forgets in jobs whom it matches at once',
        at: ['group.operation', 'bulk.file'],
        behaviour: 'forgets-matches-in-jobs',
        alsoFails: { 'pa.pmm.answers': 'the known member is in no Group of the job' },
      },
    ],
  },
  {
    id: 'pa.pmm.opt-out',
    level: 'SHALL',
    lines: ['L4'],
    text: 'A member who opted out is not in MatchedMembers.',
    source: pdex22('OperationDefinition-ProviderMemberMatch.html', 'OperationDefinition-ProviderMemberMatch out parameters'),
    applies: allOf(
      matching,
      named('members.optedOut', 'a member who opted out', ({ target }) => target.members.optedOut),
      named('bulk.optedOutPatient', 'a patient who opted out', ({ target }) => target.bulk?.optedOutPatient),
    ),
    judge: onResults(({ groups, exchange }, { target }) => {
      const id = `Patient/${target.bulk?.optedOutPatient}`;
      const listed = peopleIn(groups, 'MatchedMembers');
      if (listed.includes(id)) return fail(exchange, `${id}, who opted out, not in MatchedMembers`, 'disclosed: listed there');
      return listed.length > 0 ? pass : notTestable('The match found no member at all.', 'test-data');
    }, nothing),
    faults: [
      {
        name: 'matches members who opted out',
        at: 'group.operation',
        behaviour: 'matches-opted-out-members',
        alsoFails: { 'id.authz.opt-out': 'an opt-out is not honoured', 'pa.pmm.accounted': 'who opted out is matched there as well' },
      },
    ],
  },
  {
    id: 'pa.pmm.group-usable',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    text: 'The matched Group can be read and exported by the client that created it.',
    source: pdex22('provider-access-api-v2.html', 'provider-access-api-v2 (pdex-291, pdex-292)'),
    applies: matching,
    judge: (evidence) => {
      const [result] = resultsOf(evidence);
      if (!result) return onResults(() => pass, nothing)(evidence);
      const id = matchedGroupId(result.text);
      if (id === undefined) return notTestable('No matched Group with an id came back.', 'not-offered');
      const started = select(evidence, { step: 'bulk.kickoff', variant: 'matched' })[0];
      return worst([
        onFirst({ step: 'group.read', variant: 'matched' }, (answer) =>
          check(statusOf(answer) === 200, answer, `200 for Group/${id}`, describeBody(answer)),
        )(evidence),
        started
          ? (unanswered(started) ?? check(statusOf(started) === 202, started, `an export of Group/${id} accepted`, describeBody(started)))
          : notReached(evidence, { step: 'bulk.kickoff', variant: 'matched' }),
      ]);
    },
    faults: [{ name: 'hides matched Groups from the client that matched', at: 'group.operation', behaviour: 'hides-matched-groups' }],
  },
]);

export const matchVariations: readonly Variation[] = [
  { name: 'matches members at once, whatever is preferred', at: 'group.operation', behaviour: 'matches-at-once-only' },
  { name: 'brings Parameters beside the Groups of a match', at: 'group.operation', behaviour: 'matches-into-groups-and-parameters' },
  { name: 'does not tell who opted out from who is not matched', at: 'group.operation', behaviour: 'hides-opt-outs-among-the-unmatched' },
  { name: 'matches members as a job only', at: 'group.operation', behaviour: 'matches-in-jobs-only' },
];
