import { agrees, type Compared, crashed, structural } from './compare.ts';

/** A kind of disagreement that a person has looked at. Patterns are matched with the first structural error of each tier, '' for none. */
export interface Adjudication {
  readonly id: string;
  readonly tier1: string;
  readonly tier2: string;
  /** Met since the page was measured, and how often in a count of its own; the next measurement counts it, and this goes. */
  readonly apart?: string;
  readonly right: 'tier 1' | 'tier 2' | 'neither' | 'both';
  readonly reason: string;
}

/** Stands for the synthetic data set in the list below: Group is in no guide's examples. */
export const ownData = 'our own data';

/** The guides that agreement is measured on, each with what it needs, in load order. */
export const sets: readonly { readonly file: string; readonly packages: readonly string[]; readonly mutants: number }[] = [
  { file: 'hl7.fhir.us.core-6.1.0', packages: ['hl7.fhir.us.core#6.1.0'], mutants: 4 },
  { file: 'hl7.fhir.us.core-7.0.0', packages: ['hl7.fhir.us.core#7.0.0'], mutants: 2 },
  { file: 'hl7.fhir.us.core-3.1.1', packages: ['hl7.fhir.us.core#3.1.1'], mutants: 5 },
  { file: 'hl7.fhir.us.carin-bb-2.0.0', packages: ['hl7.fhir.us.core#3.1.1', 'hl7.fhir.us.carin-bb#2.0.0'], mutants: 20 },
  { file: 'hl7.fhir.us.davinci-pdex-plan-net-1.1.0', packages: ['hl7.fhir.us.core#3.1.1', 'hl7.fhir.us.davinci-pdex-plan-net#1.1.0'], mutants: 10 },
  { file: 'hl7.fhir.us.davinci-pdex-2.0.0', packages: ['hl7.fhir.us.core#3.1.1', 'hl7.fhir.us.davinci-pdex#2.0.0'], mutants: 10 },
  { file: 'hl7.fhir.us.davinci-crd-2.0.1', packages: ['hl7.fhir.us.core#3.1.1', 'hl7.fhir.us.davinci-crd#2.0.1'], mutants: 10 },
  { file: ownData, packages: ['hl7.fhir.us.core#6.1.0'], mutants: 15 },
];

/** Always loaded besides, in both tiers. */
export const terminologyPackages = ['hl7.terminology.r4#7.0.1', 'hl7.fhir.uv.extensions.r4#5.3.0-ballot-tc1'] as const;

export interface Disagreement {
  readonly from: string;
  readonly rule: string;
  readonly tier1: string;
  readonly tier2: string;
  readonly text: string;
  readonly adjudication: string | null;
}

export const firstRule = (issues: Compared['tier1']): string => structural(issues)[0]?.rule ?? '';

/** Disagreements, each with the adjudication that covers it, or null. */
export function disagreements(compared: readonly Compared[], adjudications: readonly Adjudication[]): readonly Disagreement[] {
  return compared
    .filter((each) => !crashed(each) && !agrees(each))
    .map((each) => {
      const [tier1, tier2] = [firstRule(each.tier1), firstRule(each.tier2)];
      const covering = adjudications.find((one) => new RegExp(one.tier1).test(tier1) && new RegExp(one.tier2).test(tier2));
      const first = structural(each.tier1)[0] ?? structural(each.tier2)[0];
      return {
        from: each.from,
        rule: each.rule,
        tier1,
        tier2,
        text: `${first?.expression ?? ''}: ${first?.text ?? ''}`.slice(0, 200),
        adjudication: covering?.id ?? null,
      };
    });
}

/** Counts per mutation rule. */
export function byRule(
  compared: readonly Compared[],
): Readonly<Record<string, { readonly compared: number; readonly agreed: number; readonly invalid: number }>> {
  const out: Record<string, { compared: number; agreed: number; invalid: number }> = {};
  for (const each of compared) {
    if (crashed(each)) continue;
    out[each.rule] ??= { compared: 0, agreed: 0, invalid: 0 };
    const row = out[each.rule];
    if (!row) continue;
    row.compared++;
    if (agrees(each)) row.agreed++;
    if (structural(each.tier2).length > 0) row.invalid++;
  }
  return out;
}
