import { noRefusal } from '../../src/core/controls.ts';
import { asArray, asString, at, entriesOf, jsonOf, literalReference, parameterOf } from '../../src/core/fhir.ts';
import { check, clip, describeBody, fail, notApplicable, notTestable, onFirst, pass, select, statusOf } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import type { withBody } from '../alter.ts';
import { allOf, declaresSearchParam } from '../applies.ts';
import { group } from '../group.ts';
import { hrex, pdex22, useCase } from '../sources.ts';
import { alterParameters, instead, memberIdentifierIn, parameterNames, someMatch, tellsMember } from './answers.ts';
import { honestForms, hrexVersion, isMatch, knownQuestion, offersMemberMatch, onMatches, whenMatching } from './applies.ts';
import { memberProbe, question } from './probes.ts';

const umb = 'http://hl7.org/fhir/us/davinci-hrex/CodeSystem/hrex-temp|UMB';
const mb = 'http://terminology.hl7.org/CodeSystem/v2-0203|MB';

/** Which identifier type the claimed version of HRex asks for. */
function wantedTypes(evidence: Evidence): readonly string[] {
  const version = hrexVersion(evidence);
  if (version === undefined) return [umb, mb];
  return version.startsWith('1.0') ? [mb] : [umb];
}

const typesOf = (identifier: Parameters<typeof at>[0]): readonly string[] =>
  asArray(at(identifier, 'type', 'coding')).map((coding) => `${asString(at(coding, 'system'))}|${asString(at(coding, 'code'))}`);

const key = (exchange: Exchange): string =>
  `${asString(memberIdentifierIn(exchange)['system']) ?? ''}|${asString(memberIdentifierIn(exchange)['value']) ?? ''}`;

const isRefused = (exchange: Exchange): boolean => [401, 403].includes(statusOf(exchange));
const refusedToUs = (exchange: Exchange) => notTestable(`The payer did not let us do this (status ${statusOf(exchange)}).`, 'payer');

/** What a match brings, and that it brings it every time. */
export const memberMatchChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L4'], applies: offersMemberMatch }, [
  {
    id: 'id.mm.supported',
    level: 'SHALL',
    text: 'A server that declares $member-match on Patient (every PDex pdex-server) answers it.',
    source: pdex22('payertopayerexchange.html'),
    // Every legal form refused is a failure; one that is answered is enough.
    judge: (evidence) => {
      const forms = honestForms(evidence);
      const good = forms.find(isMatch);
      if (good) return good === forms[0] ? pass : { ...pass, note: `Accepted in another form than the first: ${good.variant ?? 'a later one'}.` };
      return onFirst(knownQuestion, (exchange) =>
        isRefused(exchange) ? refusedToUs(exchange) : fail(exchange, '200 with Parameters for the known member', describeBody(exchange)),
      )(evidence);
    },
    faults: [
      {
        name: 'answers 501 although the operation is declared',
        at: 'member-match',
        alter: (response, { method }) => (method === 'POST' && response.status === 200 ? instead(response, 501, notImplemented) : response),
      },
    ],
  },
  {
    id: 'id.mm.identifier',
    level: 'SHALL',
    text: 'A match returns exactly one MemberIdentifier parameter with valueIdentifier holding type UMB and a value.',
    source: hrex('StructureDefinition-hrex-parameters-member-match-out.html'),
    judge: onMatches(knownQuestion, (exchange, evidence) => {
      const count = parameterNames(jsonOf(exchange.response)).filter((name) => name === 'MemberIdentifier').length;
      if (count !== 1) return fail(exchange, 'exactly one MemberIdentifier', `${count} of them`);
      const identifier = memberIdentifierIn(exchange);
      if (!asString(identifier['value'])?.trim()) return fail(exchange, 'MemberIdentifier with a value', 'no value');
      const wanted = wantedTypes(evidence);
      const seen = typesOf(identifier);
      return check(
        seen.some((type) => wanted.includes(type)),
        exchange,
        `MemberIdentifier of type ${wanted.join(' or ')}`,
        seen.length === 0 ? 'no type' : seen.join(', '),
      );
    }),
    faults: [
      {
        name: 'leaves out the type of MemberIdentifier',
        at: 'member-match',
        alter: (response) => alterIdentifier(response, ({ type: _, ...rest }) => rest),
      },
      {
        name: 'sends an empty MemberIdentifier',
        at: 'member-match',
        alter: (response) => alterIdentifier(response, (all) => ({ ...all, value: '' })),
        alsoFails: { 'sec.missing-data': 'an empty value is also an element without data that should have been left out' },
      },
    ],
  },
  {
    id: 'id.mm.member-id',
    level: 'MAY',
    text: 'The answer may add MemberId with a RESTful reference to the Patient.',
    source: hrex('StructureDefinition-hrex-parameters-member-match-out.html'),
    holds: [{ ig: guides.hrex, from: '1.1.0' }],
    judge: whenMatching((evidence) => {
      const [match] = select(evidence, knownQuestion);
      const [read] = select(evidence, { step: 'read', variant: 'member-id' });
      if (!match || literalReference(at(parameterOf(jsonOf(match.response), 'MemberId'), 'valueReference', 'reference')) === undefined)
        return notApplicable('the answer holds no MemberId');
      if (!read?.response) return notTestable('MemberId was not read.', 'payer');
      if (isRefused(read)) return refusedToUs(read);
      const value = asString(memberIdentifierIn(match)['value']);
      if (!value) return notTestable('MemberIdentifier has no value to compare with.', 'payer');
      const patient = jsonOf(read.response);
      const carries = asArray(at(patient, 'identifier')).some((each) => at(each, 'value') === value);
      return check(
        at(patient, 'resourceType') === 'Patient' && carries,
        read,
        'a Patient that carries the returned member identifier',
        describeBody(read),
      );
    }),
    faults: [
      {
        name: 'points MemberId to another patient',
        at: 'member-match',
        behaviour: 'points-member-id-to-a-neighbour',
        alsoFails: { 'id.mm.right-person': 'the neighbour is not who was asked about' },
      },
    ],
  },
  {
    id: 'id.mm.closed-output',
    level: 'SHALL',
    text: 'The response profile allows no other parameters than MemberIdentifier and MemberId.',
    source: hrex('StructureDefinition-hrex-parameters-member-match-out.html'),
    judge: onMatches(knownQuestion, (exchange, evidence) => {
      if (!isMatch(exchange)) return notTestable(`No Parameters came in this form: ${describeBody(exchange)}.`, 'payer');
      const allowed = hrexVersion(evidence)?.startsWith('1.0') ? ['MemberIdentifier'] : ['MemberIdentifier', 'MemberId'];
      const extra = parameterNames(jsonOf(exchange.response)).filter((name) => !allowed.includes(name));
      return check(extra.length === 0, exchange, `no parameter but ${allowed.join(' and ')}`, `also ${extra.join(', ')}`);
    }),
    faults: [
      {
        name: 'adds a list of candidates',
        at: 'member-match',
        alter: (response) => alterParameters(response, (all) => [...all, { name: 'Candidate', valueString: 'another member' }]),
      },
    ],
  },
  {
    id: 'id.mm.stable',
    level: 'FAST',
    text: 'Two matches for the same member return the same identifier.',
    source: useCase('Scenario 1 line 4'),
    judge: whenMatching((evidence) => {
      const both = select(evidence, {
        step: 'member-match',
        member: 'known',
        where: (each) => each.variant === undefined || each.variant === 'again',
      });
      const answered = both.filter((each) => statusOf(each) === 200 && asString(memberIdentifierIn(each)['value']));
      const last = answered.at(-1);
      if (answered.length < 2 || !last) return notTestable('The known member was not matched twice.', 'payer');
      const keys = new Set(answered.map(key));
      return check(keys.size === 1, last, 'the same MemberIdentifier each time', `${keys.size} different ones in ${answered.length} answers`);
    }),
    faults: [{ name: 'gives another identifier the second time', at: 'member-match', behaviour: 'renames-a-member-on-the-second-match' }],
  },
  {
    id: 'id.mm.identifier-usable',
    level: 'FAST',
    text: 'The returned member identifier finds the Patient in later requests.',
    source: useCase('Scenario 1 line 4'),
    judge: whenMatching((evidence) => {
      const [search] = select(evidence, { step: 'search', variant: 'member-identifier' });
      const canSearch = declaresSearchParam('Patient', 'identifier')(evidence);
      if (typeof canSearch === 'string') return notApplicable(canSearch);
      if (!search?.response)
        return notTestable('No search by MemberIdentifier was made: the match gave none, or Patient search by identifier is not offered.', 'payer');
      if (isRefused(search)) return refusedToUs(search);
      const found = entriesOf(jsonOf(search.response)).filter((each) => each.resource?.resourceType === 'Patient').length;
      return check(
        statusOf(search) === 200 && found === 1,
        search,
        'exactly one Patient for the MemberIdentifier',
        `${describeBody(search)}, ${found} Patients`,
      );
    }),
    faults: [
      {
        name: 'returns an identifier that finds nobody',
        at: 'member-match',
        alter: (response) => alterIdentifier(response, (all) => ({ ...all, system: 'https://inside.example.org/keys' })),
      },
    ],
  },
  {
    id: 'id.mm.provider-inputs',
    level: 'SHOULD',
    text: 'A provider may call without CoverageToLink and without Consent.',
    source: hrex('OperationDefinition-member-match.html'),
    holds: [{ ig: guides.hrex, from: '1.1.0' }],
    judge: onMatches({ step: 'member-match', variant: 'no-consent' }, (exchange) => {
      if (isRefused(exchange)) return refusedToUs(exchange);
      if (isMatch(exchange)) return pass;
      const none = noRefusal(exchange);
      if (none) return none;
      if (statusOf(exchange) < 400) return fail(exchange, '200 with Parameters for MemberPatient and CoverageToMatch alone', describeBody(exchange));
      const wantsLink = (exchange.response?.body ?? '').includes('CoverageToLink');
      return wantsLink
        ? fail(exchange, '200 for MemberPatient and CoverageToMatch alone', `status ${statusOf(exchange)}: CoverageToLink is demanded`)
        : { outcome: 'pass', note: 'This payer wants a Consent with every question, as PDex allows.' };
    }),
    faults: [{ name: 'demands CoverageToLink from a provider', at: 'member-match', behaviour: 'demands-coverage-to-link' }],
  },
  {
    id: 'id.mm.get-refused',
    level: 'SHOULD',
    text: '$member-match changes state, so it is not callable by GET.',
    source: hrex('OperationDefinition-member-match.html'),
    probes: [
      {
        ...memberProbe('mm.get', {
          status: [405, 404, 400, 501],
          codes: ['not-supported', 'not-found', 'invalid'],
          names: ['GET', 'POST', 'member-match'],
          action: 'correct',
        }),
        request: ({ base }) =>
          base === undefined ? 'no FHIR base URL is known' : { method: 'GET', url: `${base}/Patient/$member-match`, token: 'default' },
      },
    ],
    judge: onMatches({ step: 'member-match', probe: 'mm.get' }, (exchange) => {
      // 501 says that nothing of this kind is done; any other 5xx has decided nothing.
      const none = statusOf(exchange) === 501 ? undefined : noRefusal(exchange);
      return none ?? check(statusOf(exchange) >= 300, exchange, 'GET is refused: the operation changes state', `status ${statusOf(exchange)}`);
    }),
    faults: [
      { name: 'answers GET', at: 'member-match', alter: (response, { method }) => (method === 'GET' ? instead(response, 200, someMatch) : response) },
    ],
  },
  {
    id: 'id.mm.token-needed',
    level: 'SHALL',
    lines: ['L3', 'L4'],
    text: '$member-match needs authorization.',
    source: pdex22('CapabilityStatement-pdex-server.html', 'CapabilityStatement-pdex-server.html rest.security'),
    holds: [{ ig: guides.pdex }],
    applies: allOf(offersMemberMatch, ({ target }) => target.auth.kind !== 'none' || 'the target file says that the API is open'),
    probes: [
      {
        ...memberProbe('mm.no-token', {
          status: [401],
          codes: ['login', 'security', 'invalid_token'],
          names: ['token', 'Authorization'],
          action: 'reauthenticate',
        }),
        request: (known) => {
          const spec = question(known, 'known');
          return typeof spec === 'string' ? spec : { ...spec, token: 'none' };
        },
      },
    ],
    judge: onMatches({ step: 'member-match', probe: 'mm.no-token' }, (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 401) return pass;
      const evaluated = (seen >= 200 && seen < 300) || seen === 422 || tellsMember(exchange);
      const finding = fail(exchange, '401 without a token', `status ${seen}: ${clip(exchange.response?.body ?? '', 80)}`);
      return evaluated ? finding : { ...finding, severity: 'warning' };
    }),
    faults: [{ name: 'matches without any token', at: 'member-match', behaviour: 'matches-without-a-token' }],
  },
]);

const notImplemented = {
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'not-supported', details: { text: 'The operation member-match is not offered here. Contact the payer.' } }],
};

const alterIdentifier = (response: Parameters<typeof withBody>[0], change: (identifier: Record<string, unknown>) => object) =>
  alterParameters(response, (all) =>
    all.map((each) =>
      at(each, 'name') === 'MemberIdentifier'
        ? { ...(each as object), valueIdentifier: change(at(each, 'valueIdentifier') as Record<string, unknown>) as never }
        : each,
    ),
  );
