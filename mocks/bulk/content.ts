import type { Made } from '../../fixtures/dataset.ts';
import { priorAuthorization } from '../../fixtures/roster.ts';
import { c4bb } from '../../fixtures/shapes.ts';
import type { Json } from '../../src/core/model.ts';
import type { PayerState } from '../kernel/payer.ts';
import { patientsOf, rosterMemory } from '../roster/store.ts';
import { bulkMemory, type Job } from './jobs.ts';
import { exportTypes } from './rules.ts';

const shared = ['Practitioner', 'PractitionerRole', 'Organization', 'Location', 'Medication'];

/** Patients whose data a job may hold, decided when the job runs: consent counts then, not at kick-off. */
function patientsFor(job: Job, payer: PayerState): ReadonlySet<string> {
  const { data, rules } = payer;
  const listed =
    job.groupId === undefined
      ? new Set(data.members.filter((id) => data.attribution.get(job.organization)?.has(id)))
      : patientsOf(rosterMemory(payer).get(job.groupId)?.resource);
  const wanted = job.wanted.patients;
  const optedOut =
    job.groupId === 'opted-out-a' && rules.exportsOptedOut() ? new Set<string>() : rules.optedOutNow(data.optedOut, bulkMemory(payer).optedOut);
  const asked = wanted === undefined ? listed : new Set(wanted.filter((id) => listed.has(id) || rules.takesForeignPatients(job)));
  return new Set([...asked].filter((id) => !optedOut.has(id)));
}

const lastUpdated = (row: Made): string => String((row['meta'] as { readonly lastUpdated?: Json } | undefined)?.lastUpdated ?? '');

/** All that a job delivers, by type; decided once, when the job runs. Types without rows are left out. */
export function contentOf(job: Job, payer: PayerState): ReadonlyMap<string, readonly Made[]> {
  job.content ??= new Map(
    typesFor(job)
      .map((type) => [type, rowsFor(job, type, payer)] as const)
      .filter(([, rows]) => rows.length > 0),
  );
  return job.content;
}

function rowsFor(job: Job, type: string, payer: PayerState): readonly Made[] {
  const { data, rules } = payer;
  const { wanted } = job;
  const memory = bulkMemory(payer);
  const patients = patientsFor(job, payer);
  const all = candidates(job, type, patients, payer)
    .map((row) => {
      const key = `${type}/${row.id}`;
      const at = memory.changed.get(key) ?? memory.removed.get(key);
      return at === undefined ? row : { ...row, meta: { ...(row['meta'] as object), versionId: '9', lastUpdated: at } as Json };
    })
    .filter((row) => !memory.removed.has(`${type}/${row.id}`) || rules.keepsDeleted())
    .filter((row) => wanted.since === undefined || rules.changedSince(lastUpdated(row), wanted.since, job))
    .filter((row) => wanted.until === undefined || Date.parse(lastUpdated(row)) < Date.parse(wanted.until));
  const filters = wanted.typeFilters.filter((each) => each.startsWith(`${type}?`)).map((each) => new URLSearchParams(each.slice(type.length + 1)));
  const filtered = filters.length === 0 ? all : all.filter((row) => filters.some((filter) => fits(row, filter)));
  const slim =
    type === 'DocumentReference'
      ? filtered.map((row) => linked(row, `${rules.filesAt(payer.origin)}/bulk-files/${job.id}/attachment/${row.id}`))
      : filtered;
  const whole = slim.map((row) => asDelivered(row, job));
  const { elements } = wanted;
  const rows = elements === undefined ? whole : whole.map((row) => subset(row, elements));
  return rules.rowsOf(type, rows, job, data);
}

function candidates(job: Job, type: string, patients: ReadonlySet<string>, payer: PayerState): readonly Made[] {
  const { data } = payer;
  if (type === 'Group') {
    const group = rosterMemory(payer).get(job.groupId ?? '')?.resource;
    return group ? [group] : [];
  }
  if (shared.includes(type)) return data.byType.get(type) ?? [];
  const own = [...patients].flatMap((id) => data.byPatient.get(type)?.get(id) ?? []);
  const authorized = type === 'ExplanationOfBenefit' && patients.has(data.roles.known) && job.wanted.exportType !== undefined;
  return authorized ? [...own, priorAuthorization(data, data.roles.known)] : own;
}

/** Types a job may hold: what was asked for, within the token's scope. Lists and shared data come only when asked for. */
function typesFor({ wanted, scope, level }: Job): readonly string[] {
  const asked =
    wanted.types ??
    exportTypes.filter(
      (type) => type !== 'Group' && !shared.includes(type) && (type !== 'Provenance' || level !== 'group' || wanted.associated.length > 0),
    );
  return exportTypes.filter((type) => asked.includes(type) && scope.includes(type));
}

/** The few search parameters that _typeFilter takes here. */
function fits(row: Made, filter: URLSearchParams): boolean {
  return [...filter].every(([name, value]) => {
    if (name === 'status' || name === 'use') return row[name] === value;
    if (name === 'service-date' || name === 'date')
      return dateFits((row['billablePeriod'] as { readonly start?: string } | undefined)?.start ?? '', value);
    if (name === '_lastUpdated') return dateFits(lastUpdated(row), value);
    return true;
  });
}

const dateFits = (seen: string, wanted: string): boolean => {
  const [, prefix = 'eq', value = ''] = /^(eq|ge|gt|le|lt)?(.*)$/.exec(wanted) ?? [];
  const cut = seen.slice(0, value.length);
  return { eq: cut === value, ge: cut >= value, gt: cut > value, le: cut <= value, lt: cut < value }[prefix] ?? false;
};

/** Elements that a resource may not lose even under _elements. */
const mandatory: Readonly<Record<string, readonly string[]>> = {
  Coverage: ['status', 'beneficiary', 'payor'],
  ExplanationOfBenefit: ['status', 'type', 'use', 'patient', 'created', 'insurer', 'provider', 'outcome', 'insurance'],
};

function subset(row: Made, elements: readonly string[]): Made {
  const type = row.resourceType;
  const listed = elements.map((each) => (each.startsWith(`${type}.`) ? each.slice(type.length + 1) : each));
  const kept = Object.entries(row).filter(([name]) => ['resourceType', 'id', ...(mandatory[type] ?? []), ...listed].includes(name));
  const tag = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }];
  return { ...(Object.fromEntries(kept) as Made), meta: { ...(row['meta'] as { readonly [key: string]: Json }), tag } };
}

/** A document whose text is fetched apart, so that it does not swell the rows. */
const linked = (row: Made, url: string): Made => ({
  ...row,
  content: (row['content'] as readonly { readonly attachment: { readonly [key: string]: Json } }[]).map(({ attachment, ...rest }) => {
    const { data: _data, ...others } = attachment;
    return { ...rest, attachment: { ...others, url } };
  }),
});

/** A row as this kind of export has it. */
export function asDelivered(row: Made, { wanted }: Job): Made {
  if (wanted.exportType?.startsWith('hl7.fhir.us.davinci-pdex#') !== true) return row;
  return row.resourceType === 'ExplanationOfBenefit' ? withoutAmounts(row) : row.resourceType === 'Patient' ? asC4bb(row) : row;
}

/** Beside claims, the Patient names the profile that the claims guide wants. */
export const asC4bb = (row: Made): Made => {
  const meta = row['meta'] as { readonly profile?: readonly string[] };
  return { ...row, meta: { ...meta, profile: [...(meta.profile ?? []), c4bb('C4BB-Patient')] } };
};

/** A claim as 42 CFR 422.121 wants it for providers: no remittances, no cost sharing; Basis profile. */
function withoutAmounts(row: Made): Made {
  if (row['use'] !== 'claim') return row;
  const { total: _total, payment: _payment, ...rest } = row;
  const meta = row['meta'] as { readonly profile?: readonly string[] };
  const adjudication = (value: Json | undefined): Json[] =>
    ((value ?? []) as readonly { readonly [key: string]: Json }[]).filter((each) => each['amount'] === undefined);
  return {
    ...(rest as unknown as Made),
    meta: { ...meta, profile: (meta.profile ?? []).map((url) => (/C4BB-ExplanationOfBenefit-/.test(url) ? `${url}-Basis` : url)) },
    ...(row['adjudication'] === undefined ? {} : { adjudication: adjudication(row['adjudication']) }),
    item: ((row['item'] ?? []) as readonly { readonly [key: string]: Json }[]).map((item) => {
      const { adjudication: before, ...others } = item;
      const left = adjudication(before);
      return left.length === 0 ? others : { ...others, adjudication: left };
    }),
  };
}
