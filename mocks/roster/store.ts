import type { Made } from '../../fixtures/dataset.ts';
import { rostersOf } from '../../fixtures/roster.ts';
import type { Json } from '../../src/core/model.ts';
import { generatedCount, generatedId, generatedLines } from '../bulk/generated.ts';
import type { PayerState } from '../kernel/payer.ts';

/** A list as it stands now, and the clinic it belongs to. */
export interface KeptGroup {
  readonly owner: string;
  resource: Made;
}

/** The payer's lists; changes last until the payer forgets. */
export const rosterMemory = (payer: PayerState): Map<string, KeptGroup> =>
  payer.memory('roster', () => new Map([...rostersOf(payer.data).groups].map(([id, { owner, resource }]) => [id, { owner, resource }])));

/** The list, if this organization may see it; it cannot tell "none" from "not yours". Generated lists are made when somebody asks, and are everybody's. */
export function groupFor(payer: PayerState, id: string, organization: string): Made | undefined {
  const memory = rosterMemory(payer);
  const claims = generatedLines(id);
  if (claims !== undefined) {
    const kept = memory.get(id) ?? { owner: '', resource: generatedRoster(payer, id, generatedCount('Patient', claims)) };
    memory.set(id, kept);
    return kept.resource;
  }
  const kept = memory.get(id);
  return kept && payer.rules.maySeeGroup(kept.owner, organization) ? kept.resource : undefined;
}

/** The embedded payer's own list with other members: those that the export of this Group holds. */
function generatedRoster(payer: PayerState, id: string, members: number): Made {
  const [template] = rostersOf(payer.data).groups.values();
  if (!template) throw new Error('The data set has no attribution list to make others from. Correct fixtures/roster.ts.');
  const [entry] = entriesOfGroup(template.resource);
  const text = JSON.stringify(entry)
    .replace(/"Patient\/[^"]*"/, '"Patient/#"')
    .replace(/"Coverage\/[^"]*"/, '"Coverage/#"');
  const member = Array.from({ length: members }, (_, index) => JSON.parse(text.replaceAll('#', generatedId(index))) as Json);
  return { ...template.resource, id, quantity: members, member };
}

export const entriesOfGroup = (group: Made | undefined): readonly { readonly [key: string]: Json }[] =>
  (group?.['member'] as readonly { readonly [key: string]: Json }[] | undefined) ?? [];
export const patientOf = (entry: { readonly [key: string]: Json }): string =>
  String((entry['entity'] as { readonly reference?: Json } | undefined)?.reference ?? '').replace('Patient/', '');

/** Patients on a list; inactive entries only when asked for. */
export const patientsOf = (group: Made | undefined, { inactive = false } = {}): ReadonlySet<string> =>
  new Set(
    entriesOfGroup(group)
      .filter((entry) => inactive || entry['inactive'] !== true)
      .map(patientOf),
  );

/** Puts a new version of a list in place of the old one. */
export function replaceMembers(payer: PayerState, id: string, member: readonly Json[]): void {
  const kept = rosterMemory(payer).get(id);
  if (!kept) return;
  const meta = kept.resource['meta'] as { readonly versionId: string };
  kept.resource = {
    ...kept.resource,
    meta: { ...meta, versionId: String(Number(meta.versionId) + 1), lastUpdated: new Date().toISOString() },
    quantity: member.length,
    member,
  };
}

export function replaceExtensions(payer: PayerState, id: string, change: (extension: readonly Json[]) => readonly Json[]): void {
  const kept = rosterMemory(payer).get(id);
  if (kept) kept.resource = { ...kept.resource, extension: change((kept.resource['extension'] as readonly Json[]) ?? []) };
}
