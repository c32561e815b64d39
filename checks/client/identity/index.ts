import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, jsonOf, parameterOf, at as path, requestJsonOf } from '../../../src/core/fhir.ts';
import { check, notApplicable, notTestable, pass, worst, worstOfAll } from '../../../src/core/findings.ts';
import { guides } from '../../../src/core/guides.ts';
import type { Hearing } from '../../../src/core/heard.ts';
import { came } from '../../../src/core/heard.ts';
import type { Exchange, Finding, Json, WireRequest } from '../../../src/core/model.ts';
import { fhirApi, oneMember } from '../../../src/core/steps.ts';
import { queryOf } from '../../../src/core/url.ts';
import { hrex, useCase } from '../../sources.ts';
import { aboutMembers, at, attested, chosen, clinical, none, onCase, onEvery, status } from '../marks.ts';

const match = at('member-match');
const part = (each: Exchange, name: string): Json | undefined => parameterOf(requestJsonOf(each.request), name)?.['resource'];
const coding = (value: Json | undefined, code: string): boolean => asArray(path(value, 'coding')).some((each) => path(each, 'code') === code);
const shared = { lines: ['L4'], scenarios: oneMember, level: 'SHALL' } as const;
const page = hrex('OperationDefinition-member-match.html');
const known = ['MemberPatient', 'CoverageToMatch', 'CoverageToLink', 'Consent'];

function shape(each: Exchange): Finding {
  const all = asArray(path(requestJsonOf(each.request), 'parameter'));
  const count = (name: string): number => all.filter((one) => path(one, 'name') === name).length;
  const strange = all.find((one) => !known.includes(asString(path(one, 'name')) ?? '') || path(one, 'resource') === undefined);
  return worst([
    check(
      count('MemberPatient') === 1 && count('CoverageToMatch') === 1,
      each,
      'one MemberPatient and one CoverageToMatch',
      `${count('MemberPatient')} and ${count('CoverageToMatch')}`,
    ),
    check(
      count('Consent') <= 1 && count('CoverageToLink') <= 1,
      each,
      'Consent and CoverageToLink at most once',
      `${count('Consent')} and ${count('CoverageToLink')}`,
    ),
    check(
      strange === undefined,
      each,
      'only the four parameters that are defined, each with a resource',
      `${asString(path(strange, 'name')) ?? 'a parameter without a name'}`,
    ),
  ]);
}

function content(each: Exchange): Finding {
  const [patient, coverage] = [part(each, 'MemberPatient'), part(each, 'CoverageToMatch')];
  const name = path(patient, 'name', 0);
  const sex = asArray(path(patient, 'extension')).some((one) => /birthsex$/.test(asString(path(one, 'url')) ?? ''));
  const member = asArray(path(coverage, 'identifier')).some((one) => coding(path(one, 'type'), 'MB'));
  const holds: readonly (readonly [boolean, string])[] = [
    [asString(path(name, 'family')) !== undefined && asArray(path(name, 'given')).length > 0, 'MemberPatient.name with family and given'],
    [asString(path(patient, 'birthDate')) !== undefined, 'MemberPatient.birthDate'],
    [asString(path(patient, 'gender')) !== undefined || sex, 'MemberPatient.gender or birth sex'],
    [path(coverage, 'relationship') !== undefined, 'CoverageToMatch.relationship'],
    [asArray(path(coverage, 'payor')).length === 1, 'one CoverageToMatch.payor'],
    [path(coverage, 'beneficiary') !== undefined, 'CoverageToMatch.beneficiary'],
    [member || path(coverage, 'subscriberId') !== undefined, 'a member or subscriber id in CoverageToMatch'],
  ];
  return worst(holds.map(([held, what]) => check(held, each, what, 'absent')));
}

function localRefs(each: Exchange): Finding {
  const id = asString(path(part(each, 'MemberPatient'), 'id'));
  const references = [path(part(each, 'CoverageToMatch'), 'beneficiary', 'reference'), path(part(each, 'Consent'), 'patient', 'reference')].flatMap(
    (one) => asString(one) ?? [],
  );
  return worstOfAll(
    references.length === 0
      ? [pass]
      : references.map((one) => check(one === `Patient/${id}`, each, `Patient/${id}, the MemberPatient of the same request`, one)),
  );
}

function consent(each: Exchange): Finding {
  const value = part(each, 'Consent');
  const provision = path(value, 'provision');
  const extra = ['securityLabel', 'purpose', 'class', 'code', 'dataPeriod', 'data', 'provision'].filter(
    (name) => path(provision, name) !== undefined,
  );
  const actors = asArray(path(provision, 'actor'));
  const day = each.startedAt.slice(0, 10);
  const [start, end] = [asString(path(provision, 'period', 'start')), asString(path(provision, 'period', 'end'))];
  const policies = asArray(path(value, 'policy')).map((one) => asString(path(one, 'uri')) ?? '');
  const holds: readonly (readonly [boolean, string, string?])[] = [
    [path(value, 'status') === 'active', 'status active'],
    [coding(path(value, 'scope'), 'patient-privacy'), 'scope patient-privacy'],
    [asArray(path(value, 'category')).some((one) => coding(one, 'IDSCL')), 'category IDSCL'],
    [policies.length === 1 && /#(regular|sensitive)$/.test(policies[0] ?? ''), 'one policy, #regular or #sensitive', policies.join()],
    [path(provision, 'type') === 'permit', 'provision of type permit'],
    [
      start !== undefined && end !== undefined && start.slice(0, 10) <= day && day <= end.slice(0, 10),
      'a period that covers today',
      `${start} to ${end}`,
    ],
    [extra.length === 0, 'no further limits in the provision', extra.join()],
    [
      actors.some((one) => coding(path(one, 'role'), 'performer')) && actors.some((one) => coding(path(one, 'role'), 'IRCP')),
      'a discloser (performer) and a recipient (IRCP)',
    ],
    [path(value, 'sourceReference') !== undefined || path(value, 'sourceAttachment') !== undefined, 'a source'],
  ];
  return worst(holds.map(([held, what, seen]) => check(held, each, what, seen ?? 'absent')));
}

/** The version is known before anything about a member leaves. */
function readsFirst({ heard }: Hearing): Finding {
  const suites = [...new Set(heard.map(({ suite }) => suite))].filter((suite) => suite !== '');
  const cases = suites.flatMap((suite) => {
    const own = heard.filter((each) => each.suite === suite);
    // A hook is no request to a FHIR endpoint.
    const first = own.find((each) => aboutMembers(each) && each.step !== 'cds.hook');
    return first === undefined
      ? []
      : [
          check(
            own.some((each) => at('metadata', 'versions')(each) && came(each) < came(first)),
            first,
            'metadata or $versions before the first request about a member',
            `${first.request.method} ${first.request.url}`,
          ),
        ];
  });
  return cases.length === 0 ? notTestable('The client asked for no member in this run.', 'not-offered') : worstOfAll(cases);
}

const change =
  (alter: (text: string) => string) =>
  (request: WireRequest): WireRequest =>
    request.url.endsWith('/$member-match') ? { ...request, body: alter(request.body ?? '') } : request;

export const identityRows: readonly ClientRow[] = [
  {
    id: 'client.identity.match.shape',
    text: 'The request is a Parameters resource with exactly one MemberPatient and one CoverageToMatch and no parameter outside the four defined.',
    source: hrex('StructureDefinition-hrex-parameters-member-match-in.html'),
    ...shared,
    cases: ['I1'],
    anywhere: true,
    judge: onEvery('$member-match', match, shape),
    faults: [
      {
        name: 'adds a parameter of its own',
        sends: change((text) => text.replace('"parameter":[', '"parameter":[{"name":"requester","resource":{"resourceType":"Organization"}},')),
      },
    ],
  },
  {
    id: 'client.identity.match.content',
    text: 'MemberPatient has family and given name, birthDate, and gender or birth sex; CoverageToMatch has relationship, one payor, a beneficiary and a member or subscriber id.',
    source: hrex('StructureDefinition-hrex-patient-demographics.html'),
    ...shared,
    cases: ['I1'],
    anywhere: true,
    judge: onEvery('$member-match', match, content),
    faults: [{ name: 'leaves the birth date out', sends: change((text) => text.replace(/"birthDate":"[^"]*",?/, '')) }],
  },
  {
    id: 'client.identity.match.local-refs',
    text: 'Patient references inside the parameters are local and name the id of MemberPatient.',
    source: hrex('OperationDefinition-member-match.html#resolving-parameter-references'),
    ...shared,
    cases: ['I1'],
    anywhere: true,
    judge: onEvery('$member-match', match, localRefs),
    faults: [
      {
        name: 'refers to the member by a URL of its own',
        sends: change((text) => text.replace(/"beneficiary":\{"reference":"/, '"beneficiary":{"reference":"https://ehr.example.org/fhir/')),
      },
    ],
  },
  {
    id: 'client.identity.consent.content',
    text: 'The Consent is active, permits disclosure under an HRex policy for a stated period, lists the target payer among the disclosers and the initiator among the recipients.',
    source: hrex('StructureDefinition-hrex-consent.html'),
    ...shared,
    cases: ['I1'],
    anywhere: true,
    judge: onEvery('Consent', (each) => match(each) && part(each, 'Consent') !== undefined, consent),
    faults: [{ name: 'sends a consent without an end', sends: change((text) => text.replace(/,"end":"2099-12-31"/, '')) }],
  },
  {
    id: 'client.identity.consent.present',
    text: 'The match request carries the Consent of the member when the agreement asks for it, and a refusal for consent is never answered by dropping or widening it.',
    source: useCase('Requirement line L4 identity'),
    ...shared,
    level: 'FAST',
    holds: [
      { ig: guides.hrex, to: '1.0.0', level: 'SHALL' },
      { ig: guides.hrex, from: '1.1.0' },
    ],
    cases: ['I3c'],
    judge: (hearing, level) =>
      onCase(
        ['I3c'],
        (each) => match(each) && status(each) === 422,
        ({ seen, after }) => {
          const policy = (each: Exchange): string =>
            JSON.stringify([path(part(each, 'Consent'), 'policy'), path(part(each, 'Consent'), 'provision', 'period')]);
          // From HRex 1.1.0 on the Consent is optional, and no plan says whether an agreement asks for it.
          if (part(seen, 'Consent') === undefined && level !== 'SHALL')
            return notApplicable('The request carries no Consent, which HRex leaves open from 1.1.0 on.');
          return worst([
            check(part(seen, 'Consent') !== undefined, seen, 'a Consent', 'none'),
            none(
              after.filter((each) => match(each) && (part(each, 'Consent') === undefined || policy(each) !== policy(seen))),
              'second match without the consent, or with a wider one',
            ),
          ]);
        },
      )(hearing),
    faults: [
      {
        name: 'drops the consent that was refused',
        behaves: 'drops-consent',
        alsoFails: { 'client.identity.no-match-stops': 'it asks again by itself' },
      },
    ],
  },
  {
    id: 'client.identity.no-match-stops',
    text: 'After 422 (no match, several matches, consent) the client asks for no record data and does not try variants of the demographics by itself.',
    source: useCase('Requirement line L4 identity'),
    ...shared,
    level: 'FAST',
    lines: ['L4', 'L7'],
    cases: ['I3a', 'I3b', 'I3c'],
    judge: onCase(
      ['I3a', 'I3b', 'I3c'],
      (each) => match(each) && status(each) === 422,
      (scene) =>
        chosen(scene)
          ? pass
          : worst([
              none(scene.after.filter(match), 'second match without a person deciding'),
              none(scene.after.filter(clinical), 'request for records'),
            ]),
      { silence: true },
    ),
    faults: [{ name: 'tries other spellings after "no match"', behaves: 'respells' }],
  },
  {
    id: 'client.identity.uses-umb',
    text: 'Later requests name the member by the identifier the payer returned.',
    source: page,
    ...shared,
    cases: ['I1'],
    judge: onCase(
      ['I1'],
      (each) => match(each) && status(each) === 200,
      ({ seen, after }) => {
        const identifier = parameterOf(jsonOf(seen.response), 'MemberIdentifier')?.['valueIdentifier'];
        const value = asString(path(identifier, 'value'));
        const named = after.flatMap((each) =>
          queryOf(each.request.url).flatMap(([name, said]) => (/(^|[.:])identifier$/.test(name) ? [[each, said] as const] : [])),
        );
        if (named.length === 0) return after.some(clinical) ? pass : notTestable('The client asked for nothing after the match.', 'not-offered');
        return worst(
          named.map(([each, said]) =>
            check(said === value || said.endsWith(`|${value}`), each, `the identifier that the match gave (…|${value})`, said),
          ),
        );
      },
    ),
    faults: [{ name: 'goes on with the number on the card', behaves: 'keeps-the-card-number' }],
  },
  {
    id: 'client.identity.verifies-returned',
    text: 'The client compares the returned person with its own and stops when they differ.',
    source: useCase('Requirement line L4 identity'),
    ...shared,
    level: 'FAST',
    cases: ['I2'],
    judge: onCase(
      ['I2'],
      (each) => at('read', 'search')(each) && /"id":"other-[0-9a-f]+"/.test(each.response?.body ?? ''),
      (scene) =>
        attested(
          scene,
          none(
            scene.after.filter((each) => /[?&](patient|subject|beneficiary)=(Patient(\/|%2F))?other-/.test(each.request.url)),
            'request for the records of the other person',
          ),
          (shown) => shown.length > 0,
        ),
      { silence: true },
    ),
    faults: [{ name: 'takes whoever comes back', behaves: 'compares-nobody' }],
  },
  {
    id: 'client.identity.two-matches',
    text: 'With two candidates the client takes neither without a person deciding.',
    source: useCase('Requirement line L4 identity'),
    ...shared,
    level: 'FAST',
    cases: ['I4a', 'I4b'],
    judge: (hearing) => {
      // Who does not use $IDI-match is judged by the search alone.
      const both = hearing.heard.some((each) => each.suite === 'I4b' && at('idi-match')(each));
      return onCase(
        both ? ['I4a', 'I4b'] : ['I4a'],
        (each) => at('search', 'idi-match')(each) && /"id":"other-/.test(each.response?.body ?? ''),
        (scene) =>
          attested(scene, chosen(scene) ? pass : none(scene.after.filter(clinical), 'request about either of the two'), (shown) => shown.length > 0),
        { silence: true },
      )(hearing);
    },
    faults: [{ name: 'takes the first of two', behaves: 'takes-the-first' }],
  },
  {
    id: 'client.identity.foreign-entry',
    text: 'A resource of another member inside an answer is not used.',
    source: useCase('Requirement line L4 identity'),
    ...shared,
    level: 'FAST',
    scenarios: ['S1', 'S3', 'S4', 'S6'],
    cases: ['I5'],
    judge: onCase(
      ['I5'],
      (each) => /"reference":"Patient\/other-/.test(each.response?.body ?? ''),
      (scene) =>
        attested(
          scene,
          none(
            scene.after.filter((each) => /other-|\/o-[0-9a-f]{8}/.test(each.request.url)),
            'request for the other member',
          ),
          (shown) => shown.length > 0,
        ),
      { silence: true },
    ),
    faults: [{ name: 'follows what belongs to somebody else', behaves: 'follows-strangers' }],
  },
  {
    id: 'client.version.refuses-unsupported',
    level: 'FAST',
    text: 'The client sends no member data to an endpoint whose declared FHIR version or mode it does not support.',
    source: useCase('Requirement line L1 discovery'),
    lines: ['L1', 'L7'],
    scenarios: fhirApi,
    cases: ['V1a', 'V1b'],
    judge: onCase(['V1a', 'V1b'], at('metadata'), ({ after }) => none(after.filter(aboutMembers), 'request about a member'), { silence: true }),
    faults: [{ name: 'goes on at any version', behaves: 'supports-anything' }],
  },
  {
    id: 'client.version.reads-metadata',
    level: 'FAST',
    text: 'The client learns the FHIR version of an endpoint before it first sends member data to it.',
    source: useCase('Requirement line L1 discovery'),
    lines: ['L1'],
    scenarios: fhirApi,
    agreed: 'hl7.fhir.r4.core',
    inOrder: true,
    judge: readsFirst,
    faults: [{ name: 'never reads metadata', behaves: 'no-metadata' }],
  },
];
