import type { Json } from '../../src/core/model.ts';
import type { Job } from '../bulk/jobs.ts';
import type { PayerState } from '../kernel/payer.ts';
import { entriesOfGroup, patientOf, patientsOf, replaceMembers, rosterMemory } from './store.ts';

const pdex = (name: string): string => `http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/${name}`;
const tracking = [pdex('base-ext-last-transmission'), pdex('base-ext-last-types'), pdex('base-ext-last-typefilter')];

/** PDex 2.1: a provider export leaves its time, types and filters on the members it was about. */
export function markExport(payer: PayerState, { groupId = '', wanted, transactionTime }: Job): void {
  const group = rosterMemory(payer).get(groupId)?.resource;
  if (!group || !wanted.exportType?.startsWith('hl7.fhir.us.davinci-pdex#') || !payer.rules.tracksExports()) return;
  const about = wanted.patients === undefined ? patientsOf(group) : new Set(wanted.patients);
  const marks: readonly Json[] = [
    { url: pdex('base-ext-last-transmission'), valueDateTime: transactionTime },
    ...(wanted.types === undefined ? [] : [{ url: pdex('base-ext-last-types'), valueString: wanted.types.join(',') }]),
    ...(wanted.typeFilters.length === 0 ? [] : [{ url: pdex('base-ext-last-typefilter'), valueString: wanted.typeFilters.join(',') }]),
  ];
  replaceMembers(
    payer,
    groupId,
    entriesOfGroup(group).map((entry) => {
      if (!about.has(patientOf(entry))) return entry;
      const before = ((entry['extension'] ?? []) as readonly { readonly url: string }[]).filter((each) => !tracking.includes(each.url));
      return { ...entry, extension: [...(before as unknown as Json[]), ...marks] };
    }),
  );
}
