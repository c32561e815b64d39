import { exportByPost } from '../../src/client/requests/bulk.ts';
import { beside, decided } from '../../src/core/controls.ts';
import { asArray, asString, at, literalReference, resourceOf } from '../../src/core/fhir.ts';
import { check, describeBody, fail, notTestable, onEach, onFirst, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Json, Probe } from '../../src/core/model.ts';
import { panel } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { change, when } from '../alter.ts';
import { allOf } from '../applies.ts';
import { refuse } from '../bulk/alter.ts';
import { allowsWrites, declaresExport, named } from '../bulk/applies.ts';
import { onRefusal } from '../bulk/controls.ts';
import { concerns, noRow, onExport, patientOf, rowsOf, typesOf, whenHad, whenWhole } from '../bulk/exports.ts';
import { grantedNo } from '../cc2/applies.ts';
import { group } from '../group.ts';
import { pdex, pdex22 } from '../sources.ts';

const known = named('members.known.patientId', 'the known member', ({ target }) => target.members.known?.patientId);
const clinical = [
  'Condition',
  'Observation',
  'AllergyIntolerance',
  'Immunization',
  'Procedure',
  'Encounter',
  'MedicationRequest',
  'MedicationDispense',
  'DiagnosticReport',
  'DocumentReference',
  'CarePlan',
  'CareTeam',
  'Goal',
];

/** A provider kick-off that is wrong in one way. */
const wrong = (
  id: string,
  about: { readonly group?: string; readonly token?: string; readonly parameters?: Parameters<typeof exportByPost>[1] },
  expected: NonNullable<Probe['expected']>,
): Probe => ({
  id: `pa.kickoff.${id}`,
  step: 'bulk.kickoff',
  suite: 'bulk.refusals',
  expected,
  request: ({ base, notes }) => {
    const group = about.group ?? notes['bulk.group'];
    if (base === undefined || typeof group !== 'string') return 'no Group is known';
    const spec = exportByPost(
      { base, at: `Group/${group}`, operation: '$davinci-data-export' },
      { exportType: 'hl7.fhir.us.davinci-pdex#provider-download', ...about.parameters },
    );
    return { ...spec, ...(about.token === undefined ? {} : { token: about.token }) };
  },
});

/** Each refusal with its status; another 4xx is a warning where the guide's word is softer. */
const refusals: readonly { readonly id: string; readonly right: readonly number[]; readonly softly?: true; readonly what: string }[] = [
  { id: 'unknown-group', right: [404, 403], what: 'an unknown Group' },
  { id: 'bad-since', right: [400], what: 'an invalid _since' },
  { id: 'no-token', right: [401], softly: true, what: 'no token' },
  { id: 'short-scope', right: [403], what: 'a scope too small' },
];

/** A token for Patient alone that opens a Group was granted more, and is not too small. */
const hasShortScope = (evidence: Evidence): boolean => grantedNo('patient-only', 'Group')(evidence) === true;

const marks = (entry: Json, name: string): Json | undefined =>
  asArray(at(entry, 'extension')).find((each) => asString(at(each, 'url'))?.endsWith(`/${name}`) === true);

export const providerExportChecks: readonly Check[] = group(
  { scenarios: panel, holds: [{ ig: guides.pdex, from: '2.1.0' }], applies: declaresExport('Group', 'davinci-data-export') },
  [
    {
      id: 'pa.export.post',
      level: 'SHALL',
      lines: ['L5'],
      text: 'Provider access export is started with POST and Prefer: respond-async.',
      source: pdex22('provider-access-api.html'),
      judge: onFirst({ step: 'bulk.kickoff', variant: 'claims' }, (exchange) => {
        const location = exchange.response?.headers['content-location'];
        return check(
          statusOf(exchange) === 202 && isHttpUrl(location),
          exchange,
          '202 with Content-Location for a kick-off by POST',
          statusOf(exchange) === 202 ? `Content-Location: ${location ?? 'absent'}` : describeBody(exchange),
        );
      }),
      faults: [
        {
          name: 'does not take a provider export by POST',
          at: 'bulk.kickoff',
          alter: (response, request) =>
            request.body?.includes('ExplanationOfBenefit,Coverage,Patient') === true
              ? refuse(405, 'not-supported', 'An export is started by GET. Correct the method and send the request again.')(response, request)
              : response,
        },
      ],
    },
    {
      id: 'pa.export.types',
      level: 'SHALL',
      lines: ['L2', 'L7'],
      text: 'The export accepts each of the three PDex provider exportType values.',
      source: pdex22('provider-access-api.html'),
      judge: (evidence) => {
        const tried = ['delta', 'download', 'snapshot'].map((kind) =>
          onFirst({ step: 'bulk.kickoff', variant: `type/${kind}` }, (exchange) =>
            check(statusOf(exchange) === 202, exchange, `exportType hl7.fhir.us.davinci-pdex#provider-${kind} accepted`, describeBody(exchange)),
          )(evidence),
        );
        return worst(tried);
      },
      faults: [
        {
          name: 'does not know the delta export',
          at: 'bulk.kickoff',
          alter: (response, request) =>
            request.body?.includes('provider-delta') === true
              ? refuse(
                  400,
                  'not-supported',
                  'The exportType provider-delta is not supported. Correct exportType and send the request again.',
                )(response, request)
              : response,
        },
      ],
    },
    {
      id: 'pa.export.consent-at-run',
      level: 'SHALL',
      lines: ['L4'],
      text: 'Opt-out is checked when the export runs.',
      source: pdex22('provider-access-api.html'),
      applies: allOf(
        declaresExport('Group', 'davinci-data-export'),
        named(
          'bulk.controls.optOut and bulk.controlled.patient',
          "the operator's switch for an opt-out",
          ({ target }) => target.bulk?.controls?.optOut !== undefined && target.bulk.controlled?.patient !== undefined,
        ),
        allowsWrites,
      ),
      judge: onExport('after-opt-out', (job, evidence) => {
        const patient = `Patient/${evidence.target.bulk?.controlled?.patient}`;
        const found = noRow(job, {
          of: rowsOf(job),
          what: 'row of anybody',
          wrong: (row) => patientOf(row) === patient,
          expected: `no data of ${patient}, who opted out before this export`,
          seen: 'disclosed:',
        });
        // Who was not exported before cannot be seen to have gone.
        if (found.outcome !== 'pass') return found;
        return onExport('claims', (before) =>
          rowsOf(before).some((row) => patientOf(row) === patient)
            ? pass
            : whenHad(before, () => notTestable(`The export before the opt-out held no data of ${patient} either.`, 'test-data')),
        )(evidence);
      }),
      mustSee: (row, { variant, target }) => variant === 'after-opt-out' && patientOf(row) === `Patient/${target.bulk?.controlled?.patient}`,
      faults: [{ name: 'exports as if nobody had opted out since', at: 'bulk.status', behaviour: 'caches-consent' }],
    },
    {
      id: 'pa.export.ignore-foreign',
      level: 'SHALL',
      lines: ['L4'],
      text: 'Patients in the request that are invalid or not members are ignored.',
      source: pdex22('provider-access-api.html'),
      applies: allOf(
        declaresExport('Group', 'davinci-data-export'),
        known,
        named('bulk.foreignPatient', 'a patient outside the Group', ({ target }) => target.bulk?.foreignPatient),
      ),
      judge: (evidence) => {
        const started = select(evidence, { step: 'bulk.kickoff', variant: 'with-stranger' })[0];
        const alone = select(evidence, { step: 'bulk.kickoff', variant: 'everything' })[0];
        if (started && statusOf(started) >= 400)
          return (
            decided(started) ??
            beside(alone, 'The export of the member alone', () => fail(started, 'the export accepted, the stranger ignored', describeBody(started)))
          );
        return onExport('with-stranger', (job, { target }) => {
          const stranger = `Patient/${target.bulk?.foreignPatient}`;
          return noRow(job, {
            of: rowsOf(job),
            what: 'row of the member',
            wrong: (row) => patientOf(row) === stranger,
            expected: `no data of ${stranger}, who is not in the Group`,
            seen: 'disclosed:',
          });
        })(evidence);
      },
      // Rubric 5 asks the same of every export and of the member who is foreign by name.
      mustSee: (row, { target }, text) =>
        [target.bulk?.foreignPatient, target.members.notAttributed?.patientId].some((id) => id !== undefined && concerns(row, text, id)),
      faults: [{ name: 'exports a patient outside the Group to a provider', at: 'bulk.status', behaviour: 'provider-exports-strangers' }],
    },
    {
      id: 'pa.export.tracking',
      level: 'SHALL',
      lines: ['L2'],
      text: 'After an export the Group member has lastTransmitted, and lastResources/lastFilters when _type/_typeFilter were used.',
      source: pdex22('provider-access-api.html'),
      holds: [{ ig: guides.pdex, from: '2.1.0', to: '2.1.0' }],
      judge: onExport('claims', (_job, evidence) =>
        onFirst({ step: 'group.read', variant: 'after-claims' }, (exchange) => {
          const active = asArray(resourceOf(exchange, 'Group')?.['member']).filter((entry) => at(entry, 'inactive') !== true);
          if (active.length === 0) return notTestable(`The Group could not be read after the export: ${describeBody(exchange)}.`, 'payer');
          for (const name of ['base-ext-last-transmission', 'base-ext-last-types', 'base-ext-last-typefilter']) {
            const bare = active.find((entry) => marks(entry, name) === undefined);
            if (bare)
              return fail(
                exchange,
                `the extension ${name} on exported members`,
                `none on ${literalReference(at(bare, 'entity', 'reference')) ?? 'a member'}`,
              );
          }
          return pass;
        })(evidence),
      ),
      faults: [{ name: 'does not keep track of exports', at: ['bulk.status', 'group.read'], behaviour: 'tracks-no-exports' }],
    },
    {
      id: 'pa.default-all',
      level: 'SHALL',
      lines: ['L2'],
      text: 'Without _type all available resource types are exported.',
      source: pdex22('provider-access-api.html'),
      applies: allOf(declaresExport('Group', 'davinci-data-export'), known),
      judge: onExport('everything', (job) => {
        const types = typesOf(job);
        if (types.length === 0) return notTestable('The export lists no file.', 'test-data');
        const missing = [
          ...(types.includes('Patient') ? [] : ['Patient']),
          ...(types.some((type) => clinical.includes(type)) ? [] : ['clinical data']),
          ...(types.includes('ExplanationOfBenefit') ? [] : ['ExplanationOfBenefit']),
        ];
        return check(missing.length === 0, job.final, 'Patient, clinical data and ExplanationOfBenefit without _type', `types: ${types.join(', ')}`);
      }),
      faults: [
        {
          name: 'exports Patient alone when no type is named',
          at: 'bulk.status',
          behaviour: 'exports-patient-by-default',
          alsoFails: { 'pa.payload.prior-auth': 'no ExplanationOfBenefit, no prior authorization' },
        },
      ],
    },
    {
      id: 'pa.response-classes',
      level: 'SHALL',
      lines: ['L7'],
      text: 'Errors use 400 invalid parameter, 401 unauthorized, 403 insufficient scope, 404 unknown resource (410 deleted).',
      source: pdex22('CapabilityStatement-pdex-provider-access-server.html'),
      probes: [
        wrong(
          'unknown-group',
          { group: 'no-such-list' },
          { status: [404, 403], codes: ['not-found', 'forbidden'], names: ['Group', 'no-such-list'], action: 'correct' },
        ),
        wrong(
          'bad-since',
          { parameters: { _since: 'yesterday' } },
          { status: [400], codes: ['invalid', 'value', 'structure'], names: ['_since', 'yesterday'], action: 'correct' },
        ),
        wrong(
          'no-token',
          { token: 'none' },
          { status: [401], codes: ['login', 'security', 'unknown', 'forbidden'], names: ['token', 'Authorization'], action: 'reauthenticate' },
        ),
        wrong(
          'short-scope',
          { token: 'patient-only' },
          { status: [403], codes: ['forbidden', 'security'], names: ['scope', 'Group'], action: 'reauthenticate' },
        ),
      ],
      judge: (evidence) =>
        worst(
          refusals
            .filter(({ id }) => id !== 'short-scope' || hasShortScope(evidence))
            .map(({ id, right, softly, what }) =>
              onEach(
                { step: 'bulk.kickoff', probe: `pa.kickoff.${id}` },
                onRefusal((exchange) => {
                  const seen = statusOf(exchange);
                  if (right.includes(seen)) return pass;
                  return (softly && seen >= 400 ? warn : fail)(exchange, `status ${right.join(' or ')} for ${what}`, describeBody(exchange));
                }),
              )(evidence),
            ),
        ),
      faults: [
        {
          name: 'answers a wrong parameter with 422',
          drives: ['bulk.claims'],
          at: 'bulk.kickoff',
          alter: when(({ body }) => body?.includes('yesterday') === true, change({ status: 422 })),
        },
      ],
    },
    {
      id: 'pa.payload.prior-auth',
      level: 'SHOULD',
      lines: ['L2'],
      text: 'The provider export holds prior authorizations as PDex Prior Authorization (ExplanationOfBenefit, use preauthorization).',
      source: pdex('provider-access-api.html', 'provider-access-api.html#da-vinci-data-export-payload'),
      applies: allOf(
        declaresExport('Group', 'davinci-data-export'),
        known,
        named('bulk.priorAuthorizations', 'prior authorizations', ({ target }) => target.bulk?.priorAuthorizations),
      ),
      judge: onExport('everything', (job) =>
        whenWhole(job, () => {
          const found = rowsOf(job, 'ExplanationOfBenefit').filter((row) => row['use'] === 'preauthorization');
          if (found.length === 0) return fail(job.final, 'an ExplanationOfBenefit with use preauthorization', 'none');
          const profiled = found.some((row) =>
            asArray(at(row, 'meta', 'profile')).some((url) => asString(url)?.includes('/pdex-priorauthorization') === true),
          );
          return check(
            profiled,
            job.final,
            'the profile pdex-priorauthorization',
            `profiles: ${JSON.stringify(at(found[0], 'meta', 'profile') ?? null)}`,
          );
        }),
      ),
      faults: [{ name: 'leaves prior authorizations out', at: 'bulk.status', behaviour: 'omits-prior-authorizations' }],
    },
  ],
);
