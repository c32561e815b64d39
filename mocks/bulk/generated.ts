import { makeMember } from '../../fixtures/member.ts';
import type { PayerState } from '../kernel/payer.ts';

/** Exports of any size without storage: the Group `generated-N` has N claims, made line by line from the seed. */

/** Claims of a generated Group; undefined for any other id. */
export function generatedLines(groupId: string | undefined): number | undefined {
  const match = /^generated-(\d{1,9})$/.exec(groupId ?? '');
  return match ? Number(match[1]) : undefined;
}

/** Claims per generated member. */
const claimsEach = 10;
export const generatedTypes = ['Patient', 'Coverage', 'ExplanationOfBenefit'] as const;
export const generatedCount = (type: string, claims: number): number => (type === 'ExplanationOfBenefit' ? claims : Math.ceil(claims / claimsEach));

/** Lines of one type, from place `from`. Cheap: one template, a few ids put in. */
export function* generatedRows(type: string, claims: number, { data }: PayerState): Generator<string> {
  const member = makeMember(data.seed, 3, data.ground);
  const of = (wanted: string): string => JSON.stringify(member.resources.find((each) => each.resourceType === wanted) ?? {});
  const id = (text: string): string => (JSON.parse(text) as { readonly id: string }).id;
  const [patient, coverage, template] = [of('Patient'), of('Coverage'), of(type)];
  const [patientId, coverageId, ownId] = [id(patient), id(coverage), id(template)];
  const parts = template.split(new RegExp(`(${patientId}|${coverageId}|${ownId})`));
  for (let index = 0; index < generatedCount(type, claims); index++) {
    const owner = type === 'ExplanationOfBenefit' ? Math.floor(index / claimsEach) : index;
    const ids: Record<string, string> = { [ownId]: `g${index}`, [coverageId]: `g${owner}`, [patientId]: `g${owner}` };
    if (type !== 'ExplanationOfBenefit') ids[ownId] = `g${owner}`;
    yield parts.map((part) => ids[part] ?? part).join('');
  }
}

/** The lines as bytes, a quarter of a megabyte at a time, made as fast as they are read and no faster. */
export function generatedStream(type: string, claims: number, payer: PayerState): ReadableStream<Uint8Array> {
  const rows = generatedRows(type, claims, payer);
  return new ReadableStream({
    pull(controller) {
      const lines: string[] = [];
      for (let size = 0; size < 2 ** 18; ) {
        const next = rows.next();
        if (next.done) {
          if (lines.length > 0) controller.enqueue(Buffer.from(`${lines.join('\n')}\n`));
          controller.close();
          return;
        }
        lines.push(next.value);
        size += next.value.length;
      }
      controller.enqueue(Buffer.from(`${lines.join('\n')}\n`));
    },
  });
}
