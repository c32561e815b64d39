import { versionsOf } from '../../src/core/binding.ts';
import {
  asArray,
  asObject,
  asString,
  at,
  entriesOf,
  isObject,
  type JsonObject,
  jsonOf,
  literalReference,
  type Resource,
} from '../../src/core/fhir.ts';
import { check, fail, notApplicable, notTestable, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, WireRequest } from '../../src/core/model.ts';
import { claimsExport } from '../../src/core/steps.ts';
import { type Applies, anyOf, declaresType } from '../applies.ts';
import { groupBefore, isGroup } from '../atr/exports.ts';
import { fewBytesKept, rowsOfType } from '../bulk/alter.ts';
import {
  askedTypes,
  baseOf,
  type Export,
  hadAny,
  keyOf,
  lastUpdatedOf,
  membersOf,
  noRow,
  onExport,
  patientOf,
  rowsOf,
  some,
  typesOf,
  whenHad,
  whenWhole,
} from '../bulk/exports.ts';
import { daysOf } from '../bulk/filters.ts';
import { group } from '../group.ts';
import { eachResource } from '../sec/lib.ts';
import { carinBB, useCase } from '../sources.ts';

const profile = 'http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-';
const isC4bb = (row: Resource): boolean => asArray(at(row, 'meta', 'profile')).some((url) => asString(url)?.startsWith(profile) === true);
/** Versions that a resource gives its C4BB profiles, e.g. `2.0.0`. */
const versionsIn = (row: Resource): readonly string[] =>
  asArray(at(row, 'meta', 'profile')).flatMap((url) => {
    const [canonical = '', version] = (asString(url) ?? '').split('|');
    return canonical.startsWith(profile) && version !== undefined && /^\d/.test(version) ? [version] : [];
  });
const isUnversioned = (row: Resource): boolean => isC4bb(row) && versionsIn(row).length === 0;
const claimTypes = ['ExplanationOfBenefit', 'Claim'];
const claimsIn = (job: Export): readonly Resource[] => rowsOf(job).filter((row) => claimTypes.includes(row.resourceType));
const refs = (row: Resource): readonly string[] =>
  [at(row, 'patient', 'reference'), ...asArray(row['insurance']).map((each) => at(each, 'coverage', 'reference'))].flatMap(
    (each) => literalReference(each) ?? [],
  );

/** Start of the window of service dates that a kick-off asks for, by POST or GET. */
const windowOf = ({ url, body }: Pick<WireRequest, 'url' | 'body'>): string | undefined =>
  /service-date(?:=|%3D)ge(\d{4}-\d{2}-\d{2})/.exec(body ?? url)?.[1];
const isServedBefore = (row: Resource, from: string | undefined): boolean => {
  const days = daysOf(row);
  return from !== undefined && days.length > 0 && days.every((day) => day < from);
};
/** What is wrong with `focal` in a claim's insurance; undefined when nothing is. */
function focalProblem(row: Resource): string | undefined {
  const insurance = asArray(row['insurance']);
  const focal = insurance.map((each) => at(each, 'focal'));
  if (insurance.length === 0 || focal.some((each) => typeof each !== 'boolean')) return 'insurance with focal on each';
  return focal.filter((each) => each === true).length > 1 ? 'at most one focal insurance' : undefined;
}
/** Claims on a Coverage of which somebody else is the beneficiary. */
function crossedClaims(claims: readonly Resource[], coverages: readonly Resource[]): readonly string[] {
  const beneficiaries = new Map(coverages.map((row) => [keyOf(row), patientOf(row)]));
  return claims.flatMap((row) =>
    asArray(row['insurance']).flatMap((each) => {
      const coverage = literalReference(at(each, 'coverage', 'reference'));
      const beneficiary = coverage === undefined ? undefined : beneficiaries.get(coverage);
      return beneficiary === undefined || beneficiary === patientOf(row)
        ? []
        : [`${keyOf(row)} of ${patientOf(row)}: ${coverage} is that of ${beneficiary}`];
    }),
  );
}
const isClaimOfC4bb = (row: Resource): boolean => row.resourceType === 'ExplanationOfBenefit' && isC4bb(row);

/** Not declared, and exported all the same. */
const exportsClaims: Applies = ({ exchanges }) =>
  exchanges.some((each) => each.step === 'bulk.file' && claimTypes.includes(asString(each.facts?.['file.type']) ?? '')) || 'No export held claims.';

/** Claims that the search for one member showed and that this export asked for too: the member is on the roster, the day within the window, nothing newer than the export. */
function searchedClaims(job: Export, evidence: Evidence): readonly Resource[] {
  const group = groupBefore(evidence, 'before-claims');
  if (!isGroup(group)) return [];
  const members = membersOf(group);
  const [from, until] = [windowOf(job.kickoff.request), Date.parse(asString(job.manifest['transactionTime']) ?? '')];
  return select(evidence, { step: 'search', variant: 'claims/patient', where: (each) => statusOf(each) === 200 })
    .flatMap((exchange) => entriesOf(jsonOf(exchange.response)).flatMap(({ resource }) => resource ?? []))
    .filter(
      (row) =>
        row.resourceType === 'ExplanationOfBenefit' &&
        row['use'] === 'claim' &&
        members.has(patientOf(row, baseOf(job)) ?? '') &&
        daysOf(row).some((day) => from === undefined || day >= from) &&
        Date.parse(lastUpdatedOf(row) ?? '') < until,
    );
}

const onClaims = (judge: (job: Export, evidence: Evidence) => Finding) => onExport('claims', judge);

/** Claims from wherever the run got them: the export of the panel (S6), the search for one member's claims (S1), or both. */
export const onClaimRows = (judge: (rows: readonly Resource[], exchange: Exchange, evidence: Evidence) => Finding) => (evidence: Evidence) => {
  const [search] = select(evidence, { step: 'search', variant: 'claims/patient', where: (each) => statusOf(each) === 200 });
  const exported = select(evidence, { step: 'bulk.kickoff', variant: 'claims' }).length > 0 || !search;
  return worst([
    ...(exported ? [onClaims((job) => whenHad(job, () => judge(rowsOf(job), job.final, evidence)))(evidence)] : []),
    ...(search
      ? [
          judge(
            entriesOf(jsonOf(search.response)).flatMap(({ resource }) => resource ?? []),
            search,
            evidence,
          ),
        ]
      : []),
  ]);
};
export const isClaimSearch = ({ url }: { readonly url: string }): boolean => /\/ExplanationOfBenefit\?patient=[^&]+$/.test(url);
/** The same profiles without their versions. */
const unversioned = (row: JsonObject): JsonObject => ({
  ...row,
  meta: { ...asObject(row['meta']), profile: asArray(at(row, 'meta', 'profile')).map((url) => String(url).replace(/\|.*$/, '')) },
});
const metaWithout = (row: JsonObject, name: string): JsonObject => ({
  ...row,
  meta: Object.fromEntries(Object.entries(isObject(row['meta']) ? row['meta'] : {}).filter(([key]) => key !== name)),
});

export const claimsExportChecks: readonly Check[] = group({ lines: ['L2'] }, [
  {
    id: 'claims.meta-profile',
    level: 'SHALL',
    scenarios: ['S1', 'S6'],
    text: 'C4BB resources name their profile in meta.profile.',
    source: carinBB('CapabilityStatement-c4bb.html'),
    holds: [{ ig: guides.c4bb }],
    judge: onClaimRows((rows, exchange) => {
      const claims = rows.filter((row) => row.resourceType === 'ExplanationOfBenefit' && row['use'] === 'claim');
      if (claims.length === 0) return notTestable('The answer holds no ExplanationOfBenefit with use claim.', 'not-offered');
      const context = new Set(claims.flatMap(refs));
      const bare = [...claims, ...rows.filter((row) => context.has(keyOf(row)))].filter((row) => !isC4bb(row));
      return check(bare.length === 0, exchange, `meta.profile with a ${profile}... URL`, `none on ${some(bare.map(keyOf))}`);
    }),
    mustSee: (row, { variant }) =>
      variant === 'claims' && !isC4bb(row) && (row['use'] === 'claim' || ['Coverage', 'Patient'].includes(row.resourceType)),
    faults: [
      {
        name: 'does not name the profile of its claims',
        at: 'bulk.file',
        alter: rowsOfType('ExplanationOfBenefit', (row) => metaWithout(row, 'profile')),
        alsoFails: { 'pa.payload.prior-auth': 'a prior authorization is known by its profile' },
      },
      {
        name: 'does not name the profile of the claims it finds',
        at: 'search',
        alter: eachResource(isClaimSearch, (row) => metaWithout(row, 'profile') as Resource),
      },
    ],
  },
  {
    id: 'claims.meta-version',
    level: 'SHALL',
    scenarios: ['S1', 'S6'],
    text: 'C4BB resources name the edition of their profile in meta.profile: |2.0., |2.1 or |2.2, each by its own invariant.',
    source: carinBB('StructureDefinition-C4BB-ExplanationOfBenefit.html', 'EOB-meta-profile-version and its like in each profile'),
    holds: [{ ig: guides.c4bb, from: '2.0.0' }],
    judge: onClaimRows((rows, exchange, evidence) => {
      const profiled = rows.filter(isC4bb);
      if (profiled.length === 0) return notApplicable('No row names a C4BB profile.');
      const bare = profiled.filter(isUnversioned);
      if (bare.length > 0) return fail(exchange, 'a C4BB profile with its version in meta.profile', `no version on ${some(bare.map(keyOf))}`);
      const minor = (version: string): string => version.split('.').slice(0, 2).join('.');
      const claimed = new Set(versionsOf(evidence, guides.c4bb).map(minor));
      const other = profiled.find((row) => claimed.size > 0 && !versionsIn(row).some((each) => claimed.has(minor(each))));
      return other === undefined
        ? pass
        : warn(
            exchange,
            `profiles of C4BB ${[...claimed].join(' or ')}, which the payer says it follows`,
            `${keyOf(other)}: ${versionsIn(other).join(', ')}`,
          );
    }),
    mustSee: (row, { variant }) => variant === 'claims' && isUnversioned(row),
    faults: [
      {
        name: 'does not say which edition the profiles of its claims are of',
        at: 'bulk.file',
        alter: rowsOfType('ExplanationOfBenefit', unversioned),
      },
    ],
  },
  {
    id: 'claims.trio',
    level: 'FAST',
    scenarios: claimsExport,
    text: 'A panel claims export contains claims (ExplanationOfBenefit or Claim), Coverage and Patient for the members.',
    source: useCase('Scenario 6'),
    holds: [{ ig: guides.bulk }],
    applies: anyOf(...claimTypes.map(declaresType), exportsClaims),
    judge: onClaims((job, evidence) => {
      const [types, asked] = [typesOf(job), askedTypes(job)];
      // Only what the kick-off asked for can be missing.
      const wanted = (type: string): boolean => asked?.includes(type) ?? true;
      if (!claimTypes.some(wanted))
        return notTestable(`The export of claims asked for ${some(asked ?? [])}: no type of claims is declared.`, 'not-offered');
      const missing = [
        ...(types.some((type) => claimTypes.includes(type)) ? [] : ['ExplanationOfBenefit or Claim']),
        ...['Coverage', 'Patient'].filter((type) => wanted(type) && !types.includes(type)),
      ];
      if (missing.length > 0) return fail(job.final, 'claims, Coverage and Patient', `no ${missing.join(', no ')}; types: ${types.join(', ')}`);
      const expected = 'the Patient and Coverage of each claim in the same export';
      const rowByRow = () => {
        const keys = new Set(rowsOf(job).map(keyOf));
        const open = claimsIn(job)
          .flatMap(refs)
          .filter((each) => !keys.has(each));
        if (open.length > 0) return fail(job.final, expected, `not there: ${some([...new Set(open)])}`);
        const crossed = crossedClaims(claimsIn(job), rowsOf(job, 'Coverage'));
        if (crossed.length > 0) return fail(job.final, 'claims on a Coverage of the patient themselves', some(crossed));
        const lost = searchedClaims(job, evidence).filter((row) => !keys.has(keyOf(row)));
        return check(lost.length === 0, job.final, 'every claim that a search for the same member shows', `not there: ${some(lost.map(keyOf))}`);
      };
      return whenWhole(job, rowByRow, [
        { question: 'claims.have-patients', expected },
        { question: 'claims.have-coverage', expected },
      ]);
    }),
    faults: [
      { name: 'exports claims without their coverage', at: 'bulk.status', behaviour: 'claims-lose-coverage' },
      { name: 'leaves half of the claims out (K7.4)', at: 'bulk.status', behaviour: 'claims-lose-half', drives: ['claims.search'] },
    ],
  },
  {
    id: 'claims.roster-bound',
    level: 'FAST',
    lines: ['L2', 'L4'],
    scenarios: claimsExport,
    text: 'The claims export covers exactly the roster of the same contract.',
    source: useCase('Scenario 6'),
    holds: [{ ig: guides.bulk }],
    judge: onClaims((job, evidence) => {
      const group = groupBefore(evidence, 'before-claims');
      if (!isGroup(group)) return group;
      const expected = 'claims of members of the Group only';
      const rowByRow = () => {
        const members = membersOf(group, { inactive: true });
        const others = claimsIn(job).filter((row) => !members.has(patientOf(row, baseOf(job)) ?? ''));
        if (others.length > 0) return fail(job.final, expected, `disclosed: claims of others: ${some(others.map(keyOf))}`);
        return hadAny(job, claimsIn(job), 'claim');
      };
      return whenWhole(job, rowByRow, [{ question: 'claims.on-roster', expected, sample: true }]);
    }),
    faults: [
      {
        name: 'exports claims of a member of another provider',
        at: 'bulk.status',
        behaviour: 'claims-of-strangers',
        alsoFails: { 'claims.trio': "the stranger's Patient and Coverage are not in the export" },
      },
      {
        name: 'exports such a claim at the end of a file too large to store',
        at: 'bulk.status',
        behaviour: 'claims-of-strangers',
        target: fewBytesKept,
        alsoFails: { 'claims.trio': "the stranger's Patient and Coverage are not in the export" },
      },
    ],
  },
  {
    id: 'claims.window',
    level: 'FAST',
    scenarios: claimsExport,
    text: 'The claims export keeps to the window of service dates that was asked for (from 2016-01-01, or as agreed).',
    source: useCase('Scenario 6'),
    holds: [{ ig: guides.bulk }],
    judge: onClaims((job) => {
      const from = windowOf(job.kickoff.request);
      if (from === undefined) return notTestable('The kick-off asked for no window of service dates.', 'ours');
      return noRow(job, {
        of: claimsIn(job).filter((row) => daysOf(row).length > 0),
        what: 'claim with a day of service',
        wrong: (row) => isServedBefore(row, from),
        expected: `claims served from ${from} on`,
        seen: 'served before:',
      });
    }),
    mustSee: (row, { variant, request }) => variant === 'claims' && claimTypes.includes(row.resourceType) && isServedBefore(row, windowOf(request)),
    faults: [
      { name: 'exports claims from before the window', at: 'bulk.status', behaviour: 'claims-from-long-ago' },
      {
        name: 'exports such a claim at the end of a file too large to store',
        at: 'bulk.status',
        behaviour: 'claims-from-long-ago',
        target: fewBytesKept,
      },
    ],
  },
  {
    id: 'claims.last-updated',
    level: 'SHALL',
    scenarios: ['S1', 'S6'],
    text: 'C4BB EOB, Coverage and Patient have meta.lastUpdated.',
    source: carinBB('StructureDefinition-C4BB-ExplanationOfBenefit.html', 'EOBBaseProfile.fsh, CoverageProfile.fsh, PatientProfile.fsh'),
    holds: [{ ig: guides.c4bb }],
    judge: onClaimRows((rows, exchange) => {
      const profiled = rows.filter(isC4bb);
      if (profiled.length === 0) return notApplicable('No row names a C4BB profile.');
      const bare = profiled.filter((row) => lastUpdatedOf(row) === undefined);
      return check(bare.length === 0, exchange, 'meta.lastUpdated on each C4BB resource', `none on ${some(bare.map(keyOf))}`);
    }),
    mustSee: (row, { variant }) => variant === 'claims' && isC4bb(row) && lastUpdatedOf(row) === undefined,
    faults: [
      {
        name: 'does not say when claims were updated',
        at: 'bulk.file',
        alter: rowsOfType('ExplanationOfBenefit', (row) => metaWithout(row, 'lastUpdated')),
      },
      {
        name: 'does not say when the claims it finds were updated',
        at: 'search',
        alter: eachResource(isClaimSearch, (row) => metaWithout(row, 'lastUpdated') as Resource),
      },
    ],
  },
  {
    id: 'claims.focal',
    level: 'SHALL',
    scenarios: ['S1', 'S6'],
    text: 'Each EOB has at least one insurance with focal given, and at most one focal=true.',
    source: carinBB('StructureDefinition-C4BB-ExplanationOfBenefit.html', 'EOB-insurance-focal'),
    holds: [{ ig: guides.c4bb }],
    judge: onClaimRows((rows, exchange) => {
      const claims = rows.filter(isClaimOfC4bb);
      if (claims.length === 0) return notApplicable('No ExplanationOfBenefit names a C4BB profile.');
      for (const row of claims) {
        const problem = focalProblem(row);
        if (problem === undefined) continue;
        const focal = asArray(row['insurance']).map((each) => at(each, 'focal'));
        return fail(exchange, problem, `${keyOf(row)}: ${JSON.stringify(focal)}`);
      }
      return pass;
    }),
    mustSee: (row, { variant }) => variant === 'claims' && isClaimOfC4bb(row) && focalProblem(row) !== undefined,
    faults: [
      {
        name: 'calls two coverages focal',
        at: 'bulk.file',
        alter: rowsOfType('ExplanationOfBenefit', (row) => ({ ...row, insurance: [...asArray(row['insurance']), ...asArray(row['insurance'])] })),
      },
      {
        name: 'finds claims with two focal coverages',
        at: 'search',
        alter: eachResource(isClaimSearch, (row) => ({ ...row, insurance: [...asArray(row['insurance']), ...asArray(row['insurance'])] })),
      },
    ],
  },
]);
