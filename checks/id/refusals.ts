import { askMemberMatch } from '../../src/client/requests/match.ts';
import { check, clip, describeBody, fail, notTestable, pass, select, status, statusOf, unasked } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Expected, Finding } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { change, when } from '../alter.ts';
import { allOf, follows } from '../applies.ts';
import { group } from '../group.ts';
import { hrex, pdex, useCase } from '../sources.ts';
import { emptyParameters, hasCode, instead, issuesIn, type OutcomeIssue, tellsMember } from './answers.ts';
import { needsMember, offersMemberMatch, onMatches, whenMatching } from './applies.ts';
import { questionProbe } from './probes.ts';

const unprocessable = (codes: readonly string[], names: readonly string[], action: Expected['action']): Expected => ({
  status: [422],
  codes,
  names,
  action,
});

const nobody = questionProbe(
  'mm.nobody',
  'unknown',
  unprocessable(['not-found', 'processing', 'business-rule'], ['member', 'match'], 'correct'),
  (member, base) => askMemberMatch(base, member),
);
const several = questionProbe(
  'mm.several',
  'multipleMatch',
  unprocessable(['multiple-matches', 'duplicate', 'business-rule'], ['more than one', 'multiple', 'several', 'member'], 'correct'),
  (member, base) => askMemberMatch(base, member),
);
const refusedMember = questionProbe(
  'mm.consent-withheld',
  'noConsent',
  unprocessable(['suppressed', 'business-rule', 'forbidden'], ['consent'], 'contact'),
  (member, base) => askMemberMatch(base, member),
);
const expiredConsent = questionProbe(
  'mm.consent-expired',
  'known',
  unprocessable(['suppressed', 'business-rule', 'expired', 'forbidden'], ['consent'], 'contact'),
  (member, base) => askMemberMatch(base, member, { end: '2020-12-31' }),
);
const deniedConsent = questionProbe(
  'mm.consent-denies',
  'known',
  unprocessable(['suppressed', 'business-rule', 'forbidden'], ['consent'], 'contact'),
  (member, base) => askMemberMatch(base, member, { type: 'deny' }),
);
const strangersConsent = questionProbe(
  'mm.consent-of-another',
  'known',
  unprocessable(['suppressed', 'business-rule', 'forbidden', 'invalid'], ['consent'], 'contact'),
  (member, base) => askMemberMatch(base, member, { of: 'somebody-else' }),
);
/** Nobody can honour these: one forbids what is asked for, the other is not the member's. With which status they are refused is the payer's choice. */
const noConsents = [deniedConsent, strangersConsent];
const consentProbes = [refusedMember.id, expiredConsent.id];

/** Answers to the consent probes that this payer is known to refuse: the expired period is PDex's rule, not HRex's. */
function consentAnswers(evidence: Evidence): readonly Exchange[] {
  const pdex = follows(guides.pdex)(evidence) === true;
  return consentProbes.flatMap((probe) => (probe === expiredConsent.id && !pdex ? [] : select(evidence, { step: 'member-match', probe })));
}

const worstOf = (findings: readonly Finding[]): Finding => findings.find((each) => each.outcome !== 'pass') ?? findings[0] ?? pass;

/** 422 answers, one of each cause that could be provoked. */
const causes = (evidence: Evidence): readonly (readonly [cause: string, exchange: Exchange])[] =>
  (
    [
      ['no match', nobody.id],
      ['several matches', several.id],
      ['refused consent', refusedMember.id],
      ['refused consent', expiredConsent.id],
    ] as const
  )
    .flatMap(([cause, probe]) => select(evidence, { step: 'member-match', probe }).map((exchange) => [cause, exchange] as const))
    .filter(([, exchange]) => statusOf(exchange) === 422);

const isError = ({ severity }: OutcomeIssue): boolean => severity === 'error' || severity === 'fatal';

/** What a refused question must look like. */
export const refusalChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L4', 'L7'], applies: offersMemberMatch }, [
  {
    id: 'id.mm.no-match',
    level: 'SHALL',
    text: 'No match gives HTTP 422.',
    source: hrex('OperationDefinition-member-match.html'),
    applies: allOf(offersMemberMatch, needsMember('unknown', 'a person whom this payer does not know')),
    probes: [nobody],
    judge: onMatches({ step: 'member-match', probe: nobody.id }, (exchange) =>
      statusOf(exchange) === 400
        ? notTestable(
            `The payer calls the question invalid (400): ${clip(exchange.response?.body ?? '', 160)}. Complete members.unknown in the target file.`,
            'target-file',
          )
        : status(exchange, 422),
    ),
    faults: [
      {
        name: 'answers 200 with empty Parameters',
        at: 'member-match',
        alter: (response) => (hasCode(response, 'not-found') ? instead(response, 200, emptyParameters) : response),
      },
      { name: 'answers 404', at: 'member-match', alter: when((_request, response) => hasCode(response, 'not-found'), change({ status: 404 })) },
    ],
  },
  {
    id: 'id.mm.multiple-matches',
    level: 'SHALL',
    text: 'More than one match gives HTTP 422 and never more than one member.',
    source: hrex('OperationDefinition-member-match.html'),
    applies: allOf(offersMemberMatch, needsMember('multipleMatch', 'a question that fits two members')),
    probes: [several],
    judge: onMatches({ step: 'member-match', probe: several.id }, (exchange) =>
      tellsMember(exchange) ? fail(exchange, '422 and no member', `status ${statusOf(exchange)} with a member`) : status(exchange, 422),
    ),
    faults: [{ name: 'takes the first of two members', at: 'member-match', behaviour: 'takes-the-first-of-several' }],
  },
  {
    id: 'id.mm.consent-refused',
    level: 'SHALL',
    text: 'A match whose consent terms the server cannot honour gives 422 and no patient id.',
    source: hrex('OperationDefinition-member-match.html'),
    holds: [{ ig: guides.hrex, from: '1.1.0' }],
    probes: [refusedMember, expiredConsent, ...noConsents],
    judge: whenMatching((evidence) => {
      const told = noConsents.flatMap(({ id }) => select(evidence, { step: 'member-match', probe: id })).find(tellsMember);
      if (told !== undefined)
        return fail(told, 'no member for a consent that denies, or that is of somebody else', `the member is named to ${told.probe}`);
      const answers = consentAnswers(evidence);
      if (answers.length === 0) return unasked('members.noConsent', 'a member whose consent the payer refuses');
      return worstOf(
        answers.map((exchange) =>
          tellsMember(exchange)
            ? fail(exchange, '422 and no member when the consent is refused', `status ${statusOf(exchange)} with a member`)
            : status(exchange, 422),
        ),
      );
    }),
    faults: [
      { name: 'matches whatever the consent says', at: 'member-match', behaviour: 'matches-whatever-the-consent' },
      { name: 'takes a denial for a consent (F3.26)', at: 'member-match', behaviour: 'takes-a-denial-for-a-consent' },
      { name: 'does not look whose consent it is (F3.27)', at: 'member-match', behaviour: 'takes-consents-of-others' },
    ],
  },
  {
    id: 'id.mm.consent-outcome',
    level: 'SHALL',
    text: 'A refused consent is answered 422 with an OperationOutcome that says that the consent request could not be complied with.',
    source: pdex('payertopayerexchange.html'),
    holds: [{ ig: guides.pdex }],
    judge: whenMatching((evidence) => {
      const answers = consentAnswers(evidence).filter((exchange) => statusOf(exchange) === 422);
      if (answers.length === 0) return notTestable('No consent was refused with 422 in this run.', 'not-offered');
      return worstOf(
        answers.map((exchange) => {
          const about = issuesIn(exchange)?.some(
            (issue) => isError(issue) && /consent|permission|authori[sz]|disclos|suppress/i.test(`${issue.words} ${issue.code}`),
          );
          return check(about === true, exchange, 'an OperationOutcome that says the consent cannot be complied with', describeBody(exchange));
        }),
      );
    }),
    faults: [
      {
        name: 'refuses a consent without naming it',
        at: 'member-match',
        alter: (response) =>
          hasCode(response, 'suppressed')
            ? instead(response, 422, oneIssue('business-rule', 'The request cannot be met. Contact the payer for help.'))
            : response,
      },
    ],
  },
  {
    id: 'id.mm.oo-on-422',
    level: 'SHOULD',
    text: 'A 422 answer carries an OperationOutcome that names the failure.',
    source: hrex('OperationDefinition-member-match.html'),
    holds: [{ ig: guides.hrex, from: '1.1.0' }],
    judge: whenMatching((evidence) => {
      const answers = causes(evidence).map(([, exchange]) => exchange);
      if (answers.length === 0) return notTestable('No question was refused with 422 in this run.', 'not-offered');
      return worstOf(
        answers.map((exchange) => {
          const named = issuesIn(exchange)?.some((issue) => isError(issue) && issue.words.trim() !== '');
          return check(named === true, exchange, 'an OperationOutcome with an error that names the failure', describeBody(exchange));
        }),
      );
    }),
    faults: [
      {
        name: 'refuses an unknown person with an empty body',
        at: 'member-match',
        alter: (response) => (hasCode(response, 'not-found') ? { ...response, body: '' } : response),
        alsoFails: {
          'err.oo.on-failure': 'an empty 422 is also a failed FHIR request without an OperationOutcome',
          'err.actionable': 'an empty 422 also tells no next step',
        },
      },
    ],
  },
  {
    id: 'id.mm.oo-distinct',
    level: 'FAST',
    text: 'No match, multiple matches and consent failure can be told apart by issue.code or details.',
    source: useCase('Scenario 1 line 7'),
    applies: allOf(offersMemberMatch, needsMember('multipleMatch', 'a question that fits two members')),
    judge: whenMatching((evidence) => {
      const seen = new Map<string, { cause: string; exchange: Exchange }>();
      const hides = evidence.target.statements?.['member-match.hides-consent'] === true;
      const answers = causes(evidence).filter(([cause, exchange]) => issuesIn(exchange) !== undefined && !(hides && cause === 'refused consent'));
      if (new Set(answers.map(([cause]) => cause)).size < 2)
        return notTestable('Fewer than two kinds of refusal with an OperationOutcome could be compared.', 'not-offered');
      for (const [cause, exchange] of answers) {
        const print = JSON.stringify((issuesIn(exchange) ?? []).map(({ code, words }) => [code, words]));
        const same = seen.get(print);
        if (same && same.cause !== cause)
          return fail(exchange, `${cause} and ${same.cause} can be distinguished`, 'the same code and the same text for both');
        seen.set(print, { cause, exchange });
      }
      return pass;
    }),
    faults: [
      {
        name: 'gives several matches the same answer as none',
        at: 'member-match',
        alter: (response) =>
          hasCode(response, 'multiple-matches') || hasCode(response, 'not-found')
            ? instead(response, 422, oneIssue('not-found', 'No single member fits the data. Check the data and send the request again.'))
            : response,
      },
    ],
  },
]);

const oneIssue = (code: string, text: string) => ({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, details: { text } }] });
