import { memberMatch } from '../../src/client/requests/fhir.ts';
import { askMemberMatch, consentOf } from '../../src/client/requests/match.ts';
import { noRefusal } from '../../src/core/controls.ts';
import { clientError, fail, notApplicable, notAsked, notReached, pass, select, statusOf, worst } from '../../src/core/findings.ts';
import type { Check, Exchange, Expected, Finding, Json, TargetMember } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { hrex, useCase } from '../sources.ts';
import { askedIn, instead, parameterNames, someMatch, tellsMember } from './answers.ts';
import { offersMemberMatch, onMatches, whenMatching } from './applies.ts';
import { nearMisses } from './near-misses.ts';
import { questionProbe } from './probes.ts';

const wrong = (names: readonly string[]): Expected => ({
  status: [422, 400],
  codes: ['required', 'invalid', 'value', 'structure', 'invariant', 'business-rule', 'processing'],
  names,
  action: 'correct',
});

const noPatient = questionProbe('mm.no-patient', 'known', wrong(['MemberPatient']), (member, base) =>
  memberMatch(base, { coverage: member.coverage, consent: consentOf(member) }),
);
const noCoverage = questionProbe('mm.no-coverage', 'known', wrong(['CoverageToMatch']), (member, base) =>
  memberMatch(base, { patient: member.patient, consent: consentOf(member) }),
);
const otherBeneficiary = questionProbe('mm.other-beneficiary', 'known', wrong(['beneficiary']), (member, base) =>
  memberMatch(base, {
    patient: member.patient,
    coverage: { ...member.coverage, beneficiary: { reference: 'Patient/somebody-else' } },
    consent: consentOf(member),
  }),
);
const noBirthDate = questionProbe('mm.no-birth-date', 'known', wrong(['birthDate', 'birth date']), (member, base) =>
  askMemberMatch(base, { ...member, patient: without(member.patient, 'birthDate') }),
);

const without = (patient: TargetMember['patient'], name: string): TargetMember['patient'] =>
  Object.fromEntries(Object.entries(patient).filter(([key]) => key !== name));

const notMatched =
  (what: string) =>
  (exchange: Exchange): Finding =>
    tellsMember(exchange)
      ? fail(exchange, `${what} is refused`, `status ${statusOf(exchange)} with a member`)
      : (noRefusal(exchange) ?? clientError(exchange, what));

const hasPart = (asked: Json | undefined, name: string): boolean => parameterNames(asked).includes(name);

/** Another person may never be answered as the known member. Slips of the pen are left to Patient/$match, which can say how sure it is. */
const otherPeople = nearMisses.filter((each) => each.otherPerson);
const nearProbes = otherPeople.map((near) =>
  questionProbe(
    `mm.near.${near.id}`,
    'known',
    { status: [422], codes: ['not-found', 'multiple-matches', 'business-rule', 'processing'], names: ['member', 'match'], action: 'correct' },
    (member, base) => askMemberMatch(base, { ...member, patient: near.alter(member.patient) }),
  ),
);

/** What a question must hold, and how many may be asked. */
export const inputChecks: readonly Check[] = group({ scenarios: fhirApi, applies: offersMemberMatch }, [
  {
    id: 'id.mm.missing-patient',
    level: 'SHOULD',
    lines: ['L2', 'L4', 'L7'],
    text: 'MemberPatient is a required input.',
    source: hrex('OperationDefinition-member-match.html'),
    probes: [noPatient],
    judge: onMatches({ step: 'member-match', probe: noPatient.id }, notMatched('a question without MemberPatient')),
    faults: [
      {
        name: 'matches on the card alone',
        at: 'member-match',
        alter: (response, request) =>
          request.method === 'POST' && hasPart(askedIn(request), 'CoverageToMatch') && !hasPart(askedIn(request), 'MemberPatient')
            ? instead(response, 200, someMatch)
            : response,
      },
    ],
  },
  {
    id: 'id.mm.missing-coverage',
    level: 'SHOULD',
    lines: ['L2', 'L4', 'L7'],
    text: 'CoverageToMatch is a required input.',
    source: hrex('OperationDefinition-member-match.html'),
    probes: [noCoverage],
    judge: onMatches({ step: 'member-match', probe: noCoverage.id }, notMatched('a question without CoverageToMatch')),
    faults: [{ name: 'matches on demographics alone', at: 'member-match', behaviour: 'matches-without-coverage' }],
  },
  {
    id: 'id.mm.local-reference',
    level: 'SHOULD',
    lines: ['L2', 'L4'],
    text: 'A request whose Coverage.beneficiary does not point to the MemberPatient parameter is not matched.',
    source: hrex('OperationDefinition-member-match.html'),
    probes: [otherBeneficiary],
    judge: onMatches({ step: 'member-match', probe: otherBeneficiary.id }, notMatched('a coverage of somebody else')),
    faults: [{ name: 'ignores whose coverage it is', at: 'member-match', behaviour: 'ignores-the-beneficiary' }],
  },
  {
    id: 'id.mm.demographics',
    level: 'SHOULD',
    lines: ['L2', 'L4'],
    text: 'The member must have family and given name, birthDate and gender or birth sex.',
    source: hrex('StructureDefinition-hrex-patient-demographics.html'),
    probes: [noBirthDate],
    judge: onMatches({ step: 'member-match', probe: noBirthDate.id }, notMatched('a member without birth date')),
    faults: [{ name: 'matches without a birth date', at: 'member-match', behaviour: 'matches-without-birth-date' }],
  },
  {
    id: 'id.mm.near-miss',
    level: 'FAST',
    lines: ['L4'],
    text: 'A person who is nearly the known member (a twin, a parent of the same name, another birth year) is not answered as that member.',
    source: useCase('Scenario 1 line 4'),
    probes: nearProbes,
    judge: whenMatching((evidence) => {
      const asked = nearProbes.flatMap(({ id }) => select(evidence, { step: 'member-match', probe: id }));
      if (asked.length === 0) return notReached(evidence, { step: 'member-match', probe: 'mm.near.*' });
      return worst(
        asked.map((exchange) =>
          tellsMember(exchange)
            ? fail(exchange, 'no member for another person', `the member is named to ${exchange.probe}`)
            : (noRefusal(exchange) ?? pass),
        ),
      );
    }),
    faults: [{ name: 'matches without looking at the birth date', at: 'member-match', behaviour: 'matches-without-looking-at-the-birth-date' }],
  },
  {
    id: 'id.mm.brute-force',
    level: 'FAST',
    lines: ['L3', 'L4'],
    text: 'The server limits repeated tries with the same demographics and varying card data.',
    source: hrex('OperationDefinition-member-match.html'),
    applies: ({ target }) => target.allow?.bruteForce === true || notAsked('allow.bruteForce', 'which lets the run guess card numbers of one member'),
    judge: whenMatching((evidence) => {
      const tries = select(evidence, { step: 'member-match', variant: 'guess' });
      const last = tries.at(-1);
      if (!last) return notReached(evidence, { step: 'member-match', variant: 'guess' });
      if (tries.some((each) => [401, 403, 429].includes(statusOf(each)))) return pass;
      const limited = tries.some((each) => each.error !== undefined);
      return limited
        ? notApplicable('the payer stopped answering, which may be its way to slow us down')
        : fail(last, `a limit within ${tries.length} tries`, 'no limit was observed');
    }),
    faults: [{ name: 'lets card numbers be guessed', at: 'member-match', behaviour: 'never-slows-down' }],
  },
]);
