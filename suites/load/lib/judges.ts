import type { Area } from '../../../checks/area.ts';
import type { Check } from '../../../src/core/model.ts';

/**
 * The catalogue's judges, family by family and only on demand: every virtual user of k6 holds all that it loads for itself, and there may be
 * six hundred of them.
 */
const families = {
  cc1: () => import('../../../checks/cc1/index.ts').then((it) => it.cc1),
  cc2: () => import('../../../checks/cc2/index.ts').then((it) => it.cc2),
  udap: () => import('../../../checks/udap/index.ts').then((it) => it.udap),
  cc3: () => import('../../../checks/cc3/index.ts').then((it) => it.cc3),
  id: () => import('../../../checks/id/index.ts').then((it) => it.id),
  rest: () => import('../../../checks/rest/index.ts').then((it) => it.rest),
  err: () => import('../../../checks/err/index.ts').then((it) => it.err),
  mode: () => import('../../../checks/mode/index.ts').then((it) => it.mode),
  sec: () => import('../../../checks/sec/index.ts').then((it) => it.sec),
  doc: () => import('../../../checks/doc/index.ts').then((it) => it.doc),
  record: () => import('../../../checks/record/index.ts').then((it) => it.record),
  gaps: () => import('../../../checks/gaps/index.ts').then((it) => it.gaps),
  crd: () => import('../../../checks/crd/index.ts').then((it) => it.crd),
  bulk: () => import('../../../checks/bulk/index.ts').then((it) => it.bulk),
  atr: () => import('../../../checks/atr/index.ts').then((it) => it.atr),
  pa: () => import('../../../checks/pa/index.ts').then((it) => it.pa),
  claims: () => import('../../../checks/claims/index.ts').then((it) => it.claims),
  valid: () => import('../../../checks/valid/index.ts').then((it) => it.valid),
} as const satisfies Readonly<Record<string, () => Promise<Area>>>;

export type Family = keyof typeof families;
/** What judging takes of a check. */
export interface Judge extends Pick<Check, 'id' | 'applies' | 'judge'> {
  readonly family: Family;
}
export type Judges = ReadonlyMap<string, Judge>;

export const allFamilies = Object.keys(families) as readonly Family[];

/** The judges of these families by id. */
export async function judgesOf(names: readonly Family[]): Promise<Judges> {
  const judges = new Map<string, Judge>();
  for (const family of names) {
    const { checks } = await families[family]();
    // Time is judged over all answers together, by the limits: of a 95th percentile one answer in twenty may be late.
    for (const { id, judge, applies } of checks) if (!id.startsWith('time.')) judges.set(id, { family, id, judge, ...(applies ? { applies } : {}) });
  }
  return judges;
}
