import { decided } from '../../src/core/controls.ts';
import { asArray, asString, at, isResource, jsonOf, literalReference, resourceOf } from '../../src/core/fhir.ts';
import {
  check,
  describeBody,
  fail,
  notReached,
  notTestable,
  onFirst,
  pass,
  select,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, Json, ListChange, Variant } from '../../src/core/model.ts';
import { isPartOf } from '../../src/core/same.ts';
import { roster } from '../../src/core/steps.ts';
import { allOf, declaresOperation, follows } from '../applies.ts';
import { refuse } from '../bulk/alter.ts';
import { allowsWrites, named } from '../bulk/applies.ts';
import { hasOutcome, referencesIn, some } from '../bulk/exports.ts';
import { group } from '../group.ts';
import { atr } from '../sources.ts';
import { extensions } from './groups.ts';

const offers = (name: string) => allOf(follows(guides.atr), declaresOperation('Group', name));
const operation = (evidence: Evidence, variant: Variant<'group.operation'>): Exchange | undefined =>
  select(evidence, { step: 'group.operation', variant })[0];
const listAt = (evidence: Evidence, variant: Variant<'group.read'>): Json | undefined =>
  resourceOf(select(evidence, { step: 'group.read', variant })[0], 'Group');
const entryOf = (group: Json | undefined, patient: string | undefined): Json | undefined =>
  asArray(at(group, 'member')).find((each) => literalReference(at(each, 'entity', 'reference')) === `Patient/${patient}`);
/** Patients that a resource, or those in it, are about. */
const patientsIn = (value: Json | undefined): readonly string[] => [
  ...new Set(
    referencesIn(value ?? null)
      .flatMap((each) => literalReference(each) ?? [])
      .filter((each) => each.startsWith('Patient/')),
  ),
];
const codes = (exchange: Exchange): readonly string[] =>
  asArray(at(jsonOf(exchange.response), 'issue')).flatMap((each) => asString(at(each, 'code')) ?? []);

/** Who else was on the list is still there as before, and a change about one member makes one entry at most. */
function othersStay(evidence: Evidence, change: Exchange, list: Json | undefined, patient: string | undefined): Finding {
  const url = change.request.url.replace(/\/\$[^/]*$/, '');
  const last = select(evidence, { step: 'group.read', where: (each) => each.index < change.index && each.request.url === url }).at(-1);
  const before = last && resourceOf(last, 'Group');
  if (before === undefined || list === undefined) return pass;
  const own = (entry: Json): boolean => literalReference(at(entry, 'entity', 'reference')) === `Patient/${patient}`;
  const lineOf = (entry: Json): string =>
    [
      literalReference(at(entry, 'entity', 'reference')),
      literalReference(at(extensions(entry, 'ext-attributedProvider')[0], 'valueReference', 'reference')) ?? 'no provider',
      at(entry, 'inactive') === true ? 'inactive' : 'active',
    ].join(', ');
  const linesOf = (group: Json, ours: boolean): readonly string[] =>
    asArray(at(group, 'member'))
      .filter((entry) => own(entry) === ours)
      .map(lineOf);
  const [was, is] = [linesOf(before, false), linesOf(list, false)];
  const changed = [...was.filter((each) => !is.includes(each)), ...is.filter((each) => !was.includes(each))];
  if (changed.length > 0) return fail(change, 'the other members as they were', `otherwise than before: ${some(changed)}`);
  const more = linesOf(list, true).length - linesOf(before, true).length;
  return check(more <= 1, change, `one entry more for Patient/${patient} at most`, `${more} more`);
}

/** A change in each of its forms: done and visible, or refused with a reason that is not "unknown parameter". */
const eachForm =
  (forms: readonly ListChange[], visible: (group: Json | undefined, patient: string | undefined) => boolean, what: string) =>
  (evidence: Evidence): Finding => {
    const tried = forms.filter((variant) => operation(evidence, variant) !== undefined);
    if (tried.length === 0) return notReached(evidence, { step: 'group.operation', variant: forms[0] ?? 'add/id' });
    const done = tried.some((variant) => statusOf(operation(evidence, variant) as Exchange) < 300);
    return worst(
      tried.map((variant): Finding => {
        const exchange = operation(evidence, variant) as Exchange;
        const none = unanswered(exchange);
        if (none) return none;
        const seen = statusOf(exchange);
        if (seen >= 500 || (seen >= 400 && !hasOutcome(exchange)))
          return fail(exchange, 'the change, or an OperationOutcome with the reason', describeBody(exchange));
        if (seen >= 400 && codes(exchange).includes('not-supported'))
          return fail(exchange, `the parameters of ${variant} taken`, `refused as not supported (status ${seen})`);
        // A reason of its own does not count against one form where another was done; where none was, nothing was seen to work.
        if (seen >= 400) return done ? pass : notTestable(`No change of the list was done: ${describeBody(exchange)}.`, 'payer');
        const look = select(evidence, { step: 'group.read', variant })[0];
        const unseen = look ? unanswered(look) : notReached(evidence, { step: 'group.read', variant });
        if (unseen) return unseen;
        const patient = evidence.target.bulk?.memberToAdd?.patient;
        const list = listAt(evidence, variant);
        if (!visible(list, patient)) return fail(exchange, what, `status ${seen}, and the list does not show it`);
        return othersStay(evidence, exchange, list, patient);
      }),
    );
  };

export const operationChecks: readonly Check[] = group({ scenarios: roster, lines: ['L2'] }, [
  {
    id: 'atr.member-change-final',
    level: 'SHALL',
    lines: ['L7'],
    text: 'Adding or removing members of a final list is rejected with an OperationOutcome.',
    source: atr('OperationDefinition-member-add.html'),
    holds: [{ ig: guides.atr }],
    applies: allOf(
      declaresOperation('Group', 'member-add'),
      allowsWrites,
      named('bulk.lists.final', 'a final test list', ({ target }) => target.bulk?.lists?.final),
    ),
    judge: (evidence) => {
      const members = (variant: Variant<'group.read'>): readonly Json[] => asArray(at(listAt(evidence, variant), 'member'));
      const [before, after] = (['final/before', 'final/after'] as const).map((variant) => listAt(evidence, variant));
      const last = select(evidence, { step: 'group.read', variant: 'final/after' })[0];
      if (
        last &&
        before &&
        after &&
        !(isPartOf(members('final/before'), members('final/after')) && isPartOf(members('final/after'), members('final/before')))
      )
        return fail(last, 'the members of the final list as they were', 'another list of members');
      return worst(
        (['final/add', 'final/remove'] as const).map((variant) =>
          onFirst({ step: 'group.operation', variant }, (exchange) => {
            const seen = statusOf(exchange);
            // The control: the list can be read. A change that nobody may make is refused for another reason.
            if (before === undefined) return notTestable('The final list could not be read before.', 'payer');
            return (
              decided(exchange) ??
              check(
                seen >= 400 && seen < 500 && hasOutcome(exchange),
                exchange,
                'a 4xx status with an OperationOutcome for a final list',
                describeBody(exchange),
              )
            );
          })(evidence),
        ),
      );
    },
    faults: [{ name: 'changes lists that are final', at: 'group.operation', behaviour: 'changes-closed-lists' }],
  },
  {
    id: 'atr.attribution-status',
    level: 'SHOULD',
    lines: ['L2', 'L7'],
    text: '$attribution-status returns a Bundle about one member and an OperationOutcome for a non-member.',
    source: atr('OperationDefinition-attribution-status.html'),
    applies: offers('attribution-status'),
    judge: (evidence) => {
      const member = operation(evidence, 'status/member');
      const stranger = operation(evidence, 'status/stranger');
      if (!stranger) return notReached(evidence, { step: 'group.operation', variant: 'status/stranger' });
      const lost = [stranger, ...(member ? [member] : [])].map(unanswered).find((each) => each !== undefined);
      if (lost) return lost;
      const bundle = (exchange: Exchange): boolean => {
        const value = jsonOf(exchange.response);
        return isResource(value, 'Bundle') || asArray(at(value, 'parameter')).some((each) => isResource(at(each, 'resource'), 'Bundle'));
      };
      if (member && !bundle(member)) return fail(member, 'a Bundle about the member', describeBody(member));
      const asked = evidence.target.members.known?.patientId;
      const others = member ? patientsIn(jsonOf(member.response)).filter((each) => each !== `Patient/${asked}`) : [];
      if (member && asked !== undefined && others.length > 0) return fail(member, `a Bundle about Patient/${asked}`, `disclosed: ${some(others)}`);
      const outcome = hasOutcome(stranger) || JSON.stringify(jsonOf(stranger.response) ?? null).includes('"resourceType":"OperationOutcome"');
      return check(outcome, stranger, 'an OperationOutcome for somebody who is not on the list', describeBody(stranger));
    },
    faults: [{ name: 'says nothing about somebody who is not on the list', at: 'group.operation', behaviour: 'is-silent-about-non-members' }],
  },
  {
    id: 'atr.member-add',
    level: 'SHOULD',
    text: '$member-add accepts memberId+providerNpi or patientReference+providerReference (optionally attributionPeriod).',
    source: atr('OperationDefinition-member-add.html'),
    applies: allOf(
      offers('member-add'),
      allowsWrites,
      named('bulk.lists.draft', 'a draft test list', ({ target }) => target.bulk?.lists?.draft),
    ),
    judge: eachForm(
      ['add/id', 'add/id-period', 'add/reference', 'add/reference-period'],
      (group, patient) => entryOf(group, patient) !== undefined,
      'the member on the list',
    ),
    faults: [
      {
        name: 'does not take a member by id',
        at: 'group.operation',
        alter: (response, request) =>
          request.url.endsWith('$member-add') && request.body?.includes('memberId') === true && response.status === 200
            ? refuse(400, 'not-supported', 'The parameter memberId is not supported. Correct the request: use patientReference.')(response, request)
            : response,
      },
      {
        name: 'accepts a member and forgets it',
        at: 'group.operation',
        behaviour: 'forgets-added-members',
        alsoFails: {
          'atr.group.read': 'nothing changes, so no newer version is there',
          'atr.member-remove': 'who was never added cannot be removed',
        },
      },
      { name: 'adds a member twice', at: ['group.operation', 'group.read'], behaviour: 'adds-members-twice' },
    ],
  },
  {
    id: 'atr.confirm',
    level: 'SHALL',
    text: '$confirm-attribution-list answers 201.',
    source: atr('spec.html#consumer-indicates-to-the-producer'),
    applies: allOf(
      offers('confirm-attribution-list'),
      allowsWrites,
      named('bulk.lists.toConfirm', 'a list to confirm', ({ target }) => target.bulk?.lists?.toConfirm),
    ),
    judge: onFirst({ step: 'group.operation', variant: 'confirm' }, (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 201) return pass;
      if (seen === 202) return { outcome: 'pass', note: 'answered 202 rather than 201' };
      return seen < 300 ? warn(exchange, '201', `status ${seen}`) : fail(exchange, '201', describeBody(exchange));
    }),
    faults: [{ name: 'cannot confirm a list', at: 'group.operation', behaviour: 'confirms-with-500' }],
  },
  {
    id: 'atr.member-remove',
    level: 'SHALL',
    text: '$member-remove takes memberId, memberId+providerNpi, patientReference, patientReference+providerReference(+coverageReference); a removal not done gives an OperationOutcome; on a draft list the member stays listed as inactive.',
    source: atr('OperationDefinition-member-remove.html'),
    applies: allOf(
      offers('member-remove'),
      allowsWrites,
      named('bulk.lists.draft', 'a draft test list', ({ target }) => target.bulk?.lists?.draft),
    ),
    judge: eachForm(
      ['remove/id', 'remove/id-alone', 'remove/reference', 'remove/reference-alone'],
      (group, patient) => at(entryOf(group, patient), 'inactive') === true,
      'the member still listed, as inactive',
    ),
    faults: [
      { name: 'strikes removed members from a draft list', at: 'group.operation', behaviour: 'strikes-removed-members' },
      { name: 'removes everybody', at: ['group.operation', 'group.read'], behaviour: 'removes-everybody' },
    ],
  },
]);
