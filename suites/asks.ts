import type { Ask, ExportName, Step, Variant } from '../src/core/model.ts';

/** How suites say what they ask (`Suite.asks`). */

/** The honest forms of one step; none named = the plain form. */
export const asked = <S extends Step>(step: S, ...variants: readonly Variant<S>[]): Ask => (variants.length === 0 ? { step } : { step, variants });

/** Deliberately wrong forms that no probe of the catalogue stands for, because they need what the suite only learns on its way. */
export const probed = (step: Step, ...probes: readonly string[]): Ask => ({ step, variants: [], probes });

/** The same, of what leaves something at the payer until it is taken back. */
export const changing = (changes: string, ask: Ask): Ask => ({ ...ask, changes });

const jobs = 'starts export jobs, which are cancelled';

/** Whole exports, from kick-off to DELETE. */
export const exported = (...variants: readonly ExportName[]): readonly Ask[] =>
  (['bulk.kickoff', 'bulk.status', 'bulk.file', 'bulk.delete'] as const).map((step) => {
    const ask = asked(step, ...variants);
    return step === 'bulk.kickoff' ? changing(jobs, ask) : ask;
  });

/** Exports that are started only to see the answer, and taken back at once. */
export const started = (...variants: readonly Variant<'bulk.kickoff'>[]): readonly Ask[] => [
  changing(jobs, asked('bulk.kickoff', ...variants)),
  asked('bulk.delete', 'clean-up'),
];

/** The operator's switches, thrown and put back. */
export const switched = (...names: readonly ('optOut' | 'change' | 'remove')[]): readonly Ask[] => [
  changing(
    "throws the operator's switches, which are put back",
    asked('operation', ...names.flatMap((name) => [`switch/${name}`, `switch-back/${name}`] as const)),
  ),
];
