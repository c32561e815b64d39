import { decided } from '../../src/core/controls.ts';
import { asArray, asObject, asString, at, codesOf, type JsonObject, jsonOf, parseJson } from '../../src/core/fhir.ts';
import { check, describeBody, fail, notReached, notTestable, pass, statusOf, unanswered } from '../../src/core/findings.ts';
import { listOfCode, type MatchList, matchLists } from '../../src/core/matched.ts';
import type { Check, Evidence, Exchange, Finding, Json, MatchOf } from '../../src/core/model.ts';
import { panel } from '../../src/core/steps.ts';
import { type Alter, alterType, whenAsked } from '../alter.ts';
import { some } from '../bulk/exports.ts';
import { group } from '../group.ts';
import { pdex22 } from '../sources.ts';
import { asked, jobOf, knownMember, nothing, onJob, onResults, peopleIn, type Result, resultOf, resultsOf, unended } from './matched.ts';

/** Judges a match of people of whom none may be matched, beside an honest one that found somebody: else an empty list says nothing. */
const beside =
  (form: MatchOf, judge: (exchange: Exchange, result: Result | undefined, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const exchange = asked(evidence, form);
    if (!exchange) return notReached(evidence, { step: 'group.operation', variant: form });
    const undecided = decided(exchange);
    if (undecided) return undecided;
    if (!resultsOf(evidence).some(({ groups }) => peopleIn(groups, 'MatchedMembers').length > 0))
      return notTestable('No match of this run found anybody, so it says nothing when nobody is found here.', 'payer');
    const result = resultOf(evidence, form);
    if (result === undefined && statusOf(exchange) === 202)
      return (
        unended(evidence, form) ??
        lostIn(jobOf(evidence, form).files) ??
        notTestable('The match was taken on as a job, and its lists could not be read.', 'payer')
      );
    return judge(exchange, result, evidence);
  };

const lostIn = (files: readonly Exchange[]): Finding | undefined => files.flatMap((each) => unanswered(each) ?? [])[0];

const submitted = ({ request }: Exchange): number =>
  asArray(at(parseJson(request.body ?? ''), 'parameter')).filter((each) => at(each, 'name') === 'MemberBundle').length;
const entries = ({ groups }: Result): number =>
  matchLists.flatMap((list) => groups[list]).reduce<number>((sum, each) => sum + asArray(at(each, 'member')).length, 0);

/** Patients who stand in these lists more than once; a member has an entry for each provider within one list. */
function repeated({ groups }: Result): readonly string[] {
  const listed = matchLists.flatMap((list) => [...new Set(peopleIn(groups, list))]);
  return listed.filter((each, nth) => listed.indexOf(each) !== nth);
}

/** What the code and the number of a list contradict, in words. */
function contradicted(list: MatchList, group: Json): string | undefined {
  const coded = codesOf(at(group, 'code'));
  const known = coded.flatMap((code) => listOfCode[code] ?? []);
  if (known.length > 0 && !known.includes(list)) return `code ${coded.join(', ')}`;
  const [quantity, members] = [at(group, 'quantity'), asArray(at(group, 'member'))];
  // Whether those who are no longer active count is nowhere said.
  const active = members.filter((each) => at(each, 'inactive') !== true).length;
  return typeof quantity === 'number' && quantity !== members.length && quantity !== active
    ? `quantity ${quantity} and ${members.length} members`
    : undefined;
}

const withMembers = (parameter: Json, member: readonly Json[]): Json => ({
  ...asObject(parameter),
  resource: { ...asObject(at(parameter, 'resource')), member, quantity: member.length },
});

/** Changes the list of this name in answers of matches. */
const inList = (name: MatchList, change: (group: JsonObject) => Json): Alter =>
  whenAsked(
    /provider-member-match/,
    alterType('Parameters', (body) => ({
      ...body,
      parameter: asArray(body['parameter']).map((each) =>
        at(each, 'name') === name ? { ...asObject(each), resource: change(asObject(at(each, 'resource'))) } : each,
      ),
    })),
  );

/** Source: http://hl7.org/fhir/us/davinci-pdex/provider-access-api-v2.html */
export const matchListChecks: readonly Check[] = group({ level: 'SHALL', scenarios: panel, applies: knownMember } as const, [
  {
    id: 'pa.pmm.group-files',
    lines: ['L2', 'L5'],
    text: 'The manifest of a match that ran as a job lists one or more files of Group with the lists of members; Parameters around them are optional.',
    source: pdex22('provider-access-api-v2.html', 'provider-access-api-v2, Async response delivery format (pdex-288a, pdex-288b)'),
    judge: onJob((_kickoff, evidence) => {
      const { files, end } = jobOf(evidence, 'match/later');
      const none = unended(evidence, 'match/later');
      if (!end || none) return none ?? notReached(evidence, { step: 'bulk.status', variant: 'match' });
      const output = asArray(at(jsonOf(end.response), 'output'));
      const types = [...new Set(output.map((each) => asString(at(each, 'type')) ?? 'no type'))];
      const urls = output.flatMap((each) => (at(each, 'type') === 'Group' ? (asString(at(each, 'url')) ?? []) : []));
      if (urls.length === 0) return fail(end, 'an output of type Group', types.length === 0 ? 'no file listed' : `files of ${some(types)}`);
      const read = files.filter(({ request }) => urls.includes(request.url));
      if (read.length === 0) return notReached(evidence, { step: 'bulk.file', variant: 'match' });
      const lost = lostIn(read);
      if (lost) return lost;
      const result = resultOf(evidence, 'match/later');
      return check(result !== undefined, read[0] ?? end, 'Groups that say which list they are, by code or profile', 'none that does');
    }),
    faults: [
      {
        name: 'gives the lists of a match as Parameters alone',
        at: ['group.operation', 'bulk.status', 'bulk.file'],
        behaviour: 'matches-into-parameters',
      },
    ],
  },
  {
    id: 'pa.pmm.accounted',
    lines: ['L4'],
    text: 'Each submitted member is in one of the lists: who cannot be matched is not matched, who opted out is there or among the consent-constrained.',
    source: pdex22('provider-access-api-v2.html', 'provider-access-api-v2, How does Provider Access Work? (pdex-259, pdex-261, pdex-261a)'),
    judge: beside('match/nobody', (exchange, result, evidence) => {
      const twice = resultsOf(evidence).flatMap((each) => repeated(each).map((who) => ({ each, who })))[0];
      if (twice) return fail(twice.each.exchange, 'each member in one of the lists', `${twice.who} more than once`);
      const wanted = submitted(exchange);
      if (wanted === 0) return notTestable('What was submitted is not stored.', 'ours');
      if (!result) return fail(exchange, 'a list that names those who could not be matched', describeBody(exchange));
      const matched = asArray(at(result.groups.MatchedMembers[0], 'member')).length;
      if (matched > 0) return fail(result.exchange, 'nobody matched: they are unknown or opted out', `${matched} matched`);
      if (asArray(at(result.groups.NonMatchedMembers[0], 'member')).length === 0)
        return fail(result.exchange, 'NonMatchedMembers with the member whom nobody knows', 'nobody listed there');
      return check(
        entries(result) === wanted,
        result.exchange,
        `${wanted} submitted members, each in one list`,
        `${entries(result)} entries in all lists`,
      );
    }),
    faults: [
      { name: 'leaves out whom it cannot match', at: 'group.operation', behaviour: 'forgets-whom-it-does-not-match' },
      {
        name: 'lists whom it matched among those who opted out, too',
        at: 'group.operation',
        alter: whenAsked(
          /provider-member-match/,
          alterType('Parameters', (body) => ({
            ...body,
            parameter: asArray(body['parameter']).map((each) =>
              at(each, 'name') === 'ConsentConstrainedMembers'
                ? withMembers(
                    each,
                    asArray(body['parameter'])
                      .flatMap((other) => asArray(at(other, 'resource', 'member')))
                      .filter((entry) => asString(at(entry, 'entity', 'reference'))?.startsWith('#') !== true),
                  )
                : each,
            ),
          })),
        ),
      },
    ],
  },
  {
    id: 'pa.pmm.matched-always',
    lines: ['L2'],
    text: 'MatchedMembers is there once, with an id to export by, even when nobody was matched.',
    source: pdex22('OperationDefinition-ProviderMemberMatch.html', 'OperationDefinition-ProviderMemberMatch, out parameter MatchedMembers 1..1'),
    judge: beside('match/nobody', (exchange, result) => {
      if (!result) return notTestable(`The match brought no list: ${describeBody(exchange)} (judged by pa.pmm.accounted).`, 'payer');
      const { MatchedMembers: matched } = result.groups;
      if (matched.length !== 1) return fail(result.exchange, 'one MatchedMembers, empty', `${matched.length} of them`);
      return check(asString(at(matched[0], 'id')) !== undefined, result.exchange, 'MatchedMembers with an id', 'no id');
    }),
    faults: [
      { name: 'leaves MatchedMembers out when nobody was matched', at: 'group.operation', behaviour: 'lists-matches-only-where-there-are-any' },
    ],
  },
  {
    id: 'pa.pmm.lists-agree',
    lines: ['L2'],
    text: 'A list of a match is what its name says: its code is that of the list, and quantity, where given, is the number of its members.',
    source: pdex22('StructureDefinition-pdex-provider-member-match.html', 'the three Group profiles of the match, code; R4 Group.quantity'),
    judge: onResults(({ groups, exchange }) => {
      const wrong = matchLists.flatMap((list) => groups[list].flatMap((each) => contradicted(list, each)?.concat(` in ${list}`) ?? []));
      return check(wrong.length === 0, exchange, 'lists that agree with themselves', wrong[0] ?? '');
    }, nothing),
    faults: [
      {
        name: 'counts members whom it does not list',
        at: 'group.operation',
        alter: inList('MatchedMembers', (value) => ({ ...value, quantity: asArray(value['member']).length + 1 })),
      },
      {
        name: 'calls those whom it matched not matched',
        at: 'group.operation',
        alter: inList('MatchedMembers', (value) => ({ ...value, code: { coding: [{ code: 'nomatch' }] } })),
      },
    ],
  },
  {
    id: 'pa.pmm.attestation',
    lines: ['L3', 'L4'],
    text: 'A member is matched only where the provider attests that it treats them: a request without the Consent discloses nobody.',
    source: pdex22('provider-access-api-v2.html', 'provider-access-api-v2, How does Provider Access Work? (pdex-255, pdex-257, pdex-258, pdex-261)'),
    judge: beside('match/unattested', (exchange, result) => {
      if (statusOf(exchange) >= 400) return pass;
      if (!result) return notTestable(`The match brought no list: ${describeBody(exchange)}.`, 'payer');
      const matched = peopleIn(result.groups, 'MatchedMembers');
      return check(matched.length === 0, result.exchange, 'nobody matched without an attestation, or a refusal', `disclosed: ${some(matched)}`);
    }),
    faults: [{ name: 'matches members whom nobody attests to treat', at: 'group.operation', behaviour: 'matches-without-attestation' }],
  },
]);
