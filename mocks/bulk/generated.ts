import type { Made } from '../../fixtures/dataset.ts';
import { makeMember } from '../../fixtures/member.ts';
import type { PayerState } from '../kernel/payer.ts';
import type { Job } from './jobs.ts';

/** Exports of any size without storage: the Group `generated-N` has N claims of N/10 members, made line by line from the seed. */

/** Claims of a generated Group; undefined for any other id. */
export function generatedLines(groupId: string | undefined): number | undefined {
  const match = /^generated-(\d{1,9})$/.exec(groupId ?? '');
  return match ? Number(match[1]) : undefined;
}

/** Claims per generated member. */
const claimsEach = 10;
const generatedTypes = ['Patient', 'Coverage', 'ExplanationOfBenefit'] as const;
/** What a job holds of a generated Group: of the types there are, those that were asked for and allowed. Nothing has changed since anything. */
export const typesGenerated = ({ wanted, scope }: Job): readonly string[] =>
  wanted.since === undefined ? generatedTypes.filter((type) => scope.includes(type) && wanted.types?.includes(type) !== false) : [];
export const generatedCount = (type: string, claims: number): number => (type === 'ExplanationOfBenefit' ? claims : Math.ceil(claims / claimsEach));
/** Of a member, their coverage, and (in a count of its own) a claim. */
export const generatedId = (index: number): string => `g${index}`;

export interface Generated {
  readonly type: string;
  readonly claims: number;
  /** The template as this job delivers it. */
  readonly shape?: (row: Made) => Made;
}

/** Lines of one type. Cheap: one template, a few ids put in. */
export function* generatedRows({ type, claims, shape = (row) => row }: Generated, { data, rules }: PayerState): Generator<string> {
  const member = makeMember(data.seed, 3, data.ground);
  const of = (wanted: string): Made => {
    const found = member.resources.find((each) => each.resourceType === wanted);
    if (!found) throw new Error(`The generated member has no ${wanted}. Correct fixtures/member.ts.`);
    return found;
  };
  const [patientId, coverageId, ownId] = [of('Patient').id, of('Coverage').id, of(type).id];
  const parts = JSON.stringify(shape(of(type))).split(new RegExp(`(${patientId}|${coverageId}|${ownId})`));
  const count = generatedCount(type, claims);
  for (let index = 0; index < count; index++) {
    const owner = generatedId(type === 'ExplanationOfBenefit' ? Math.floor(index / claimsEach) : index);
    const ids: Record<string, string> = { [ownId]: generatedId(index), [coverageId]: owner, [patientId]: owner };
    const line = parts.map((part) => ids[part] ?? part).join('');
    yield index === count - 1 ? rules.lastLine(line, type, data) : line;
  }
}

/** The lines as bytes, a quarter of a megabyte at a time, made as fast as they are read and no faster. */
export function generatedStream(what: Generated, payer: PayerState): ReadableStream<Uint8Array> {
  const rows = generatedRows(what, payer);
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
