import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, at as path, requestJsonOf } from '../../../src/core/fhir.ts';
import { check, notApplicable, notTestable, worst, worstOfAll } from '../../../src/core/findings.ts';
import type { Hearing } from '../../../src/core/heard.ts';
import type { Exchange, Finding, Json, WireRequest } from '../../../src/core/model.ts';
import { identityMatching } from '../../sources.ts';
import { at, onEvery } from '../marks.ts';

const asked = at('idi-match');
const shared = { lines: ['L4'], scenarios: ['S1'], level: 'SHALL' } as const;
const profile = /^http:\/\/hl7\.org\/fhir\/us\/identity-matching\/StructureDefinition\/IDI-Patient(-L[012])?(\||$)/;

/** The person of the request: the guide and its drafts call the parameter differently. */
const personIn = (each: Exchange): Json | undefined => {
  const body = requestJsonOf(each.request);
  const found = asArray(path(body, 'parameter')).find((one) => /^(IDIPatient|patient|resource)$/.test(asString(path(one, 'name')) ?? ''));
  return path(found, 'resource');
};

/** Least weight that each level promises: IDI-Patient-L0 9, L1 and L2 10. */
const promised: Readonly<Record<string, number>> = { '-L0': 9, '-L1': 10, '-L2': 10 };

/**
 * 5 for each strong number (10 at most), 4 for one and 5 for several of address, e-mail, phone, other number and photo, 3 for first and last name, 2 for the
 * birth date. Source: http://hl7.org/fhir/us/identity-matching/patient-matching.html#patient-weighted-elements
 */
function weightOf(patient: Json | undefined): number {
  const numbers = asArray(path(patient, 'identifier'));
  const strong = numbers.filter(
    (each) =>
      asArray(path(each, 'type', 'coding')).some((one) => /^(PPN|DL|STID)$/.test(asString(path(one, 'code')) ?? '')) ||
      /HL7PersonIdentifier$/.test(asString(path(each, 'system')) ?? ''),
  ).length;
  const reached = (system: string): boolean => asArray(path(patient, 'telecom')).some((each) => path(each, 'system') === system);
  const lives = asArray(path(patient, 'address')).some(
    (each) =>
      path(each, 'line') !== undefined &&
      (path(each, 'postalCode') !== undefined || (path(each, 'city') !== undefined && path(each, 'state') !== undefined)),
  );
  const weak = [lives, reached('email'), reached('phone'), numbers.length > strong, path(patient, 'photo') !== undefined].filter(Boolean).length;
  const named = asArray(path(patient, 'name')).some((each) => path(each, 'family') !== undefined && path(each, 'given') !== undefined);
  return Math.min(10, 5 * strong) + (weak > 1 ? 5 : 4 * weak) + (named ? 3 : 0) + (path(patient, 'birthDate') === undefined ? 0 : 2);
}

function profiled(each: Exchange): Finding {
  const patient = personIn(each);
  const claimed = asArray(path(patient, 'meta', 'profile')).flatMap((one) => asString(one) ?? []);
  const levels = claimed.flatMap((one) => {
    const found = profile.exec(one);
    return found === null ? [] : [found[1] ?? ''];
  });
  const weight = weightOf(patient);
  return worst([
    check(levels.length > 0, each, 'meta.profile with an IDI Patient profile', claimed.join(', ') || 'none'),
    ...levels.map((level) =>
      check(weight >= (promised[level] ?? 0), each, `IDI-Patient${level}: a weight of ${promised[level] ?? 0} or more`, `a weight of ${weight}`),
    ),
  ]);
}

const texts = (value: Json | undefined): readonly string[] => asArray(value).flatMap((each) => asString(each) ?? []);

/** The extensions of the assertion that brought the token of this request. */
function extensionsOf(each: Exchange, { heard }: Hearing): Json | undefined {
  const token = each.facts?.['heard.token'];
  if (typeof token !== 'object') return undefined;
  const giver = heard.find((one) => one.suite === each.suite && one.facts?.['heard.gave']?.nth === token.nth);
  return path(giver?.facts?.['heard.jwt']?.claims, 'extensions');
}

/** Only a match for a person's own access needs the extension about the person: what it is for, the assertion says itself. */
function personal(hearing: Hearing): Finding {
  const matches = hearing.heard.filter((each) => each.suite !== '' && asked(each));
  if (matches.length === 0) return notTestable('The client sent no $IDI-match in this run.', 'not-offered');
  const found = matches.flatMap((each): readonly Finding[] => {
    const extensions = extensionsOf(each, hearing);
    const user = path(extensions, 'hl7-b2b-user');
    const purposes = texts(path(extensions, 'hl7-b2b', 'purpose_of_use'));
    if (user === undefined)
      return purposes.some((one) => /PATRQT|T-IAS/i.test(one))
        ? [check(false, each, "hl7-b2b-user in the assertion for a person's own access", `hl7-b2b with ${purposes.join(', ')}`)]
        : [];
    return [
      worst([
        check(path(user, 'version') === '1', each, 'hl7-b2b-user with version "1"', String(path(user, 'version') ?? 'none')),
        check(
          texts(path(user, 'purpose_of_use')).length > 0,
          each,
          'purpose_of_use: a list of codes',
          JSON.stringify(path(user, 'purpose_of_use') ?? null),
        ),
        check(
          path(user, 'user_person', 'resourceType') === 'Person',
          each,
          'user_person: a FHIR Person',
          JSON.stringify(path(user, 'user_person') ?? null).slice(0, 80),
        ),
        check(
          path(user, 'consent_reference') === undefined || path(user, 'consent_policy') !== undefined,
          each,
          'consent_reference only with consent_policy',
          'consent_reference alone',
        ),
      ]),
    ];
  });
  return found.length === 0 ? notApplicable('No match of this run was for the own access of a person.') : worstOfAll(found);
}

const change =
  (alter: (text: string) => string) =>
  (request: WireRequest): WireRequest =>
    /\$idi-match/i.test(request.url) ? { ...request, body: alter(request.body ?? '') } : request;

const without = (text: string, names: readonly string[]): string =>
  JSON.stringify(JSON.parse(text, (key, value: Json) => (names.includes(key) ? undefined : value)) as Json);

export const idiRows: readonly ClientRow[] = [
  {
    id: 'client.identity.idi-profile',
    text: 'The patient sent for matching declares and meets one of the IDI Patient profiles.',
    source: identityMatching('OperationDefinition-IDI-match.html'),
    ...shared,
    cases: ['I4b'],
    anywhere: true,
    judge: onEvery('$IDI-match', asked, profiled),
    faults: [
      { name: 'declares no profile of the person', sends: change((text) => without(text, ['meta'])) },
      {
        name: 'declares level 1 with a name and a birth date only',
        sends: change((text) => without(text, ['address', 'telecom', 'identifier'])),
      },
    ],
  },
  {
    id: 'client.identity.idi-b2b-user',
    text: 'The token assertion for a consumer match carries extensions["hl7-b2b-user"].',
    source: identityMatching('patient-matching.html#consumer-match'),
    ...shared,
    lines: ['L3', 'L4'],
    cases: ['I4c'],
    anywhere: true,
    judge: personal,
    faults: [{ name: 'matches for a patient as if it were for the practice', behaves: 'consumer-as-organization' }],
  },
];
