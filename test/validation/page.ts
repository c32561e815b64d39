import type { Adjudication, Disagreement } from './agreement.ts';

/** What scripts/validation-agreement.ts measured. */
export interface Agreement {
  readonly engine: string;
  readonly seed: number;
  readonly compared: number;
  readonly examples: number;
  readonly mutants: number;
  readonly crashed: number;
  readonly rawPercent: number;
  readonly adjudicatedPercent: number;
  readonly sets: readonly {
    readonly file: string;
    readonly examples: number;
    readonly mutants: number;
    readonly crashed: number;
    readonly disagreed: number;
    readonly tier1: number;
    readonly tier2: number;
    readonly codedBoth: number;
  }[];
  readonly rules: Readonly<Record<string, { readonly compared: number; readonly agreed: number; readonly invalid: number }>>;
  readonly adjudications: Readonly<Record<string, number>>;
  readonly disagreements: readonly Disagreement[];
}

/** docs/validation-agreement.md. */
export function agreementPage(found: Agreement, adjudications: readonly Adjudication[]): string {
  const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
    [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
  return `# Do the two validation tiers agree?

Written by \`node scripts/validation-agreement.ts\`; do not edit. Tier 1 is the in-process validator of this project, tier 2 the HL7 engine ${found.engine}.
Both judged every published example of seven guides and some of our own data (${found.examples}) and ${found.mutants} mutants of them, each with one rule broken (seed ${found.seed}).
They *agree* on a resource when both find errors outside terminology, or neither does. On ${found.crashed} mutants the engine crashed; those are left out.

**${found.rawPercent} % agreement on ${found.compared} resources; ${found.adjudicatedPercent} % once disagreements in which tier 1 is right are counted for it.**

## By guide
Errors of codes are compared apart, because the tiers can expand different value sets; the last three columns count resources with such errors.

${table(
  ['guide', 'examples', 'mutants', 'crashed', 'disagree', 'code errors: tier 1', 'tier 2', 'both'],
  found.sets.map((row) => [row.file, row.examples, row.mutants, row.crashed, row.disagreed, row.tier1, row.tier2, row.codedBoth]),
)}

## By rule broken
*invalid* counts where the engine finds an error outside terminology: some mutations leave a resource valid (dropping an optional element), which tests for false alarms.

${table(
  ['rule', 'compared', 'invalid', 'agreed'],
  Object.entries(found.rules).map(([rule, row]) => [rule, row.compared, row.invalid, row.agreed]),
)}

## Disagreements, adjudicated by hand
${table(
  ['kind', 'count', 'right', 'why'],
  adjudications.map((each) => [each.id, each.apart ?? found.adjudications[each.id] ?? 0, each.right, each.reason.replaceAll('|', '\\|')]),
)}

Not adjudicated: ${found.disagreements.filter((each) => each.adjudication === null).length}.
${found.disagreements
  .filter((each) => each.adjudication === null)
  .map(
    (each) =>
      `- ${each.rule} of ${each.from}: tier 1 says \`${each.tier1 || 'nothing'}\`, tier 2 \`${each.tier2 || 'nothing'}\` (${each.text.replaceAll('|', '/')})`,
  )
  .join('\n')}
`;
}
