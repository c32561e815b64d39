import { declaredEditions } from '../core/binding.ts';
import { capabilityOf } from '../core/capability.ts';
import { type Guide, idsOf, guides as known } from '../core/guides.ts';
import type { Run, Target } from '../core/model.ts';
import type { Forbidden, Resolved } from './types.ts';

/** The plan wins over the target file. */

const holds: Readonly<Record<Forbidden, (target: Target) => boolean>> = {
  expectedFailures: ({ expectedFailures = [] }) => expectedFailures.length > 0,
  minVerified: ({ minVerified }) => minVerified !== undefined,
  'evidence:hashes': ({ evidence }) => evidence === 'hashes',
  'tls.relaxed': ({ tls }) => tls?.relaxed === true,
};

/** Entries of the target file that one of the plans forbids. */
export const forbiddenIn = (target: Target, plans: readonly Resolved[]): readonly string[] =>
  [...new Set(plans.flatMap(({ plan }) => plan.forbid))].filter((each) => holds[each](target));

/** One guide under the plan: what is bound, what the payer's own documents say, and by which edition it is judged. */
export interface GuideUse {
  readonly id: string;
  readonly bind: string;
  readonly declared: readonly string[];
  readonly used: string;
  readonly state: 'bound' | 'accepted' | 'expired' | 'another' | 'undeclared';
}

/** Claims are tested, not believed: the edition is the plan's, or one that the plan accepts and the payer declares. */
export function guidesUnder(run: Pick<Run, 'exchanges' | 'target' | 'side'>, { guides }: Resolved): readonly GuideUse[] {
  const evidence = { exchanges: run.exchanges, target: run.target, blocked: [] };
  const isClient = run.side === 'client';
  const read = isClient || capabilityOf(evidence) !== undefined;
  return Object.entries(guides).flatMap(([id, { bind, accept = [], expired = [] }]) => {
    const guide = Object.values<Guide>(known).find((each) => idsOf(each).includes(id));
    // A client has no document of its own that says it: the answers here are those of our payers.
    const claimed = run.target.guides?.[id];
    const said = isClient ? (typeof claimed === 'string' ? [claimed] : []) : guide === undefined ? [] : declaredEditions(evidence, guide);
    const declared = [...new Set(said)];
    const one = (used: string, state: GuideUse['state']): readonly GuideUse[] => [{ id, bind, declared, used, state }];
    if (!read || declared.length === 0) return one(bind, 'undeclared');
    if (declared.includes(bind)) return one(bind, 'bound');
    const accepted = accept.findLast((each) => declared.includes(each));
    if (accepted !== undefined) return one(accepted, 'accepted');
    const old = expired.findLast((each) => declared.includes(each));
    // Judged by what it says: nobody fails by an edition that it does not offer.
    return old === undefined ? one(declared.at(-1) ?? bind, 'another') : one(old, 'expired');
  });
}

/** The target as judges see it under a plan; entries that the plan replaces are named in `replaced`. */
export function targetUnder(
  target: Target,
  used: Readonly<Record<string, string>>,
  limits: Resolved['plan']['limits'],
): { readonly target: Target; readonly replaced: readonly string[] } {
  const { expectedFailures, minVerified, guides, ...rest } = target;
  const said = Object.entries(guides ?? {}).filter(([id, value]) => used[id] !== undefined && value !== used[id]);
  return {
    target: {
      ...rest,
      guides: { ...used },
      ...(limits === undefined ? {} : { agreement: { ...rest.agreement, limits } }),
    },
    replaced: [
      ...said.map(([id, value]) => `guides["${id}"] (${String(value)})`),
      ...(expectedFailures === undefined ? [] : ['expectedFailures']),
      ...(minVerified === undefined ? [] : ['minVerified']),
    ],
  };
}
