import { mark } from '../core/grade.ts';
import type { Run, Verdict } from '../core/model.ts';
import { postconditions } from '../core/postconditions.ts';
import { scoreErrors } from '../core/rubric/errors.ts';
import { facts } from './facts.ts';
import { type Catalogue, judgedUnder, rowsFor } from './judged.ts';
import type { Shown } from './shown.ts';
import { forbiddenIn, type GuideUse, guidesUnder, targetUnder } from './target.ts';
import type { MustShow, Resolved, Retraction } from './types.ts';
import { fitting } from './variant.ts';

/** The grade of one run under one plan: pure, so that a stored run can be graded under any plan, offline. */

export type Word = 'conformant' | 'conformant to an expired version' | 'non-conformant' | 'incomplete' | 'not gradeable' | 'ran';

/** Why the grade is not whole: the first things that a reader must see. */
export interface Gap {
  readonly kind: 'not asked' | 'not offered' | 'not shown' | 'retracted' | 'not gradeable';
  readonly what: string;
  readonly why: string;
  /** Entry of the target file that is missing. */
  readonly add?: string;
}

export interface PlanGrade {
  readonly format: 1;
  readonly name: string;
  readonly title: string;
  readonly status: Resolved['plan']['status'];
  readonly product: string;
  readonly word: Word;
  readonly exitCode: 0 | 1 | 2;
  readonly gaps: readonly Gap[];
  readonly failed: readonly string[];
  /** Rows of a client that somebody's word on the screen decided, kept apart from what the wire shows. */
  readonly attested?: readonly string[];
  readonly mustShow: readonly (Pick<MustShow, 'id' | 'what'> & Shown)[];
  readonly guides: readonly GuideUse[];
  /** Entries of the target file that the plan replaced. */
  readonly replaced: readonly string[];
  readonly notCovered: Resolved['plan']['notCovered'];
  readonly law: Resolved['plan']['law'];
  readonly raised: NonNullable<Resolved['plan']['raise']>;
  readonly counts: Readonly<Record<ReturnType<typeof mark>, number>>;
  readonly shall: { readonly selected: number; readonly verified: number };
  readonly verdicts: readonly Verdict[];
  readonly graded: string;
  readonly validUntil: string;
  readonly planSha256: string;
  readonly tool: Run['tool'];
}

/** Grades a stored run under a plan. Rows of the plan that the catalogue no longer has are open, and said to be gone. */
export function gradeUnder(run: Run, asked: Resolved, catalogue: Catalogue, retracted: readonly Retraction[] = []): PlanGrade {
  const resolved = fitting(run, asked);
  const { plan, rows } = resolved;
  const today = run.finishedAt.slice(0, 10);
  const guides = guidesUnder(run, resolved);
  const { target, replaced } = targetUnder(run.target, Object.fromEntries(guides.map(({ id, used }) => [id, used])), plan.limits);
  // A plan of a scenario holds all its rows: that the run was made for plans limits nothing here.
  const { plans: _, ...selection } = run.selection ?? {};
  const out = new Map(retracted.map((each) => [each.requirement, each]));
  const all = rowsFor(plan, catalogue);
  const under: Run = { ...run, target };
  const { verdicts, attested, unfit } = judgedUnder(under, resolved, catalogue, new Set(out.keys()));
  const posts = plan.mustShow.some(({ fact }) => fact === 'postconditions')
    ? postconditions(
        { ...under, verdicts, selection },
        scoreErrors(
          under,
          catalogue.checks.flatMap((check) => check.probes ?? []),
        ),
      )
    : [];
  const mustShow = plan.mustShow.map((wanted) => ({
    id: wanted.id,
    what: wanted.what,
    ...facts[wanted.fact]({ run: under, verdicts, rows: all, posts }, wanted),
  }));
  const gaps: readonly Gap[] = [
    ...forbiddenIn(run.target, [resolved])
      .filter((each) => each === 'evidence:hashes' || each === 'tls.relaxed')
      .map(
        (each): Gap => ({
          kind: 'not gradeable',
          what: each,
          why: 'the plan forbids this entry of the target file, and the evidence was made with it',
        }),
      ),
    ...(unfit === undefined ? [] : [{ kind: 'not gradeable' as const, what: 'the run', why: unfit }]),
    ...(run.partial === undefined ? [] : [{ kind: 'not gradeable' as const, what: 'the run', why: run.partial }]),
    ...Object.entries(selection).map(
      ([name, values]): Gap => ({
        kind: 'not asked',
        what: 'the whole plan',
        why: `the run was limited: --${name === 'only' ? 'only' : 'scenario'} ${values.join(',')}`,
      }),
    ),
    ...plan.mustShow.flatMap((wanted, nth): readonly Gap[] => {
      const found = mustShow[nth];
      if (found === undefined || found.state === 'shown') return [];
      return [{ kind: found.state, what: wanted.what, why: found.text, ...(wanted.needs === undefined ? {} : { add: wanted.needs }) }];
    }),
    ...guides
      .filter(({ state }) => state === 'another')
      .map(({ id, bind, declared }): Gap => ({ kind: 'not offered', what: `${id} ${bind}`, why: `the payer declares ${declared.join(', ')} only` })),
    ...verdicts.filter((each) => each.level === 'SHALL' && each.finding.outcome === 'not-testable').map(gapOf),
    ...Object.keys(rows)
      .filter((id) => !out.has(id) && !all.some((row) => row.id === id))
      .map(
        (id): Gap => ({
          kind: 'not shown',
          what: id,
          why: 'this version of payer-assay has no such row: grade with the version that made the edition, or retract the row',
        }),
      ),
  ].toSorted((a, b) => rank(a) - rank(b));
  const counts = { pass: 0, fail: 0, warning: 0, 'not-testable': 0, 'not-applicable': 0 };
  for (const verdict of verdicts) counts[mark(verdict)]++;
  const failed = verdicts.filter((each) => mark(each) === 'fail').map((each) => each.requirement);
  const mixedUp = (run.latency?.load?.mixedUp ?? 0) > 0;
  const shall = verdicts.filter(({ level }) => level === 'SHALL');
  const verified = shall.filter((each) => ['pass', 'fail', 'warning'].includes(mark(each))).length;
  const word = wordOf({
    // Rows that do not apply show nothing: a grade stands on at least one that was verified.
    gaps: verified === 0 ? [...gaps, nothing] : gaps,
    failed: failed.length > 0 || mixedUp,
    expired: guides.some(({ state }) => state === 'expired'),
    certifies: plan.certifies !== false,
  });
  return {
    format: 1,
    name: resolved.name,
    title: plan.title,
    status: plan.status,
    product: run.target.name,
    word,
    exitCode: word === 'conformant' || word === 'ran' ? 0 : word === 'non-conformant' ? 1 : 2,
    gaps: [
      ...gaps,
      ...(verified === 0 ? [nothing] : []),
      ...retracted
        .filter(({ requirement }) => rows[requirement] !== undefined)
        .map((each): Gap => ({ kind: 'retracted', what: each.requirement, why: `since ${each.since}: ${each.why}` })),
    ],
    failed,
    ...(attested.length === 0 ? {} : { attested }),
    mustShow,
    guides,
    // A run under a plan was driven with the plan's own guides.
    replaced: run.selection?.plans === undefined ? replaced : replaced.filter((each) => !each.startsWith('guides[')),
    notCovered: plan.notCovered,
    law: plan.law,
    raised: plan.raise ?? {},
    counts,
    shall: { selected: shall.length, verified },
    verdicts,
    graded: run.finishedAt,
    validUntil: dayAfter(today, plan.gradeDays, plan.until),
    planSha256: resolved.sha256,
    tool: run.tool,
  };
}

/** What nobody asked comes first: one entry of the target file fixes it. */
const rank = ({ kind }: Gap): number => ['not gradeable', 'not asked', 'not offered', 'not shown', 'retracted'].indexOf(kind);

const nothing: Gap = { kind: 'not shown', what: 'the plan', why: 'not one SHALL row of it was verified' };

function gapOf({ requirement, finding }: Verdict): Gap {
  const { reason, because, add } = finding.outcome === 'not-testable' ? finding : { reason: '', because: undefined, add: undefined };
  const kind =
    because === 'target-file' || because === 'test-data' || because === 'set-up'
      ? 'not asked'
      : because === 'not-offered'
        ? 'not offered'
        : 'not shown';
  return { kind, what: requirement, why: reason, ...(add === undefined ? {} : { add }) };
}

interface Standing {
  readonly gaps: readonly Gap[];
  readonly failed: boolean;
  readonly expired: boolean;
  readonly certifies: boolean;
}

/** The only place that knows how a plan's result word is found. What failed was shown: a gap beside it does not excuse it. */
function wordOf({ gaps, failed, expired, certifies }: Standing): Word {
  if (gaps.some(({ kind }) => kind === 'not gradeable')) return 'not gradeable';
  if (!certifies) return 'ran';
  if (failed) return 'non-conformant';
  if (gaps.length > 0) return 'incomplete';
  return expired ? 'conformant to an expired version' : 'conformant';
}

function dayAfter(day: string, days: number, last: string | undefined): string {
  const end = new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
  return last !== undefined && last < end ? last : end;
}
