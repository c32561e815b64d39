import { checks, excluded } from '../../checks/index.ts';
import { type Grade, grade } from '../../src/core/grade.ts';
import type { Run } from '../../src/core/model.ts';
import { type PostCondition, postconditions } from '../../src/core/postconditions.ts';
import { scoreErrors } from '../../src/core/rubric/errors.ts';
import { scorecard } from '../../src/core/scorecard.ts';
import { scenarios } from '../../src/core/vocabulary.ts';
import { bulkView } from './bulk.ts';
import { cardsView } from './cards.ts';
import { completenessView } from './completeness.ts';
import { discoveryView } from './discovery.ts';
import { errorsView } from './errors.ts';
import { exchangeViews } from './exchange.ts';
import { fixFirstView } from './fix-first.ts';
import { openView } from './open.ts';
import { p95Of } from './p95.ts';
import { requirementsView } from './requirements.ts';
import { rubricsView } from './rubrics.ts';
import { scorecardView } from './scorecard.ts';
import { count, duration, instant, line, plural } from './text.ts';
import { marks } from './words.ts';

const banners = {
  conformant: { ...marks.pass, word: 'Conformant' },
  'non-conformant': { ...marks.fail, word: 'Non-conformant' },
  incomplete: { ...marks['not-testable'], word: 'Incomplete' },
} as const;

/** Everything conformance.html shows, as data. The day of the run decides whether an expectation had expired. */
export function conformanceView(run: Run) {
  const errors = scoreErrors(
    run,
    checks.flatMap((check) => check.probes ?? []),
  );
  const result = grade(run, run.finishedAt.slice(0, 10));
  const proofs = new Set(run.verdicts.flatMap(({ finding }) => (finding.outcome === 'fail' ? [finding.exchange] : [])));
  const posts = postconditions(run, errors);
  return {
    title: line(run.target.name, 120),
    isClient: run.side === 'client',
    meta: metaOf(run),
    banner: banners[result.result],
    tally: tallyOf(result, posts),
    score: scorecardView(scorecard(run.verdicts, run.selection), posts, { errors, p95: p95Of(run) }),
    fix: fixFirstView(run),
    errors: errorsView(errors),
    rubrics: rubricsView(run),
    open: openView(run),
    completeness: completenessView(run),
    discovery: discoveryView(run),
    cards: cardsView(run),
    bulk: bulkView(run),
    expectations: expectationsView(run, result),
    requirements: requirementsView(run),
    exchanges: exchangeViews(run.exchanges, proofs),
    exchangeCount: count(run.exchanges.length),
    foot: footOf(run),
  };
}

function metaOf(run: Run): readonly string[] {
  // Of what the operator claims, a reader of the head wants the guides and their versions.
  const guides = Object.entries(run.target.guides ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' && /^\d+\.\d+/.test(value) ? [line(`${name.replace(/^hl7\.fhir\.(us|uv)\./, '')} ${value}`, 60)] : [],
  );
  return [
    line(run.target.fhir?.base ?? run.target.cds?.base ?? 'endpoint found by discovery', 200),
    instant(run.startedAt),
    `${plural(run.exchanges.length, 'request')} in ${duration(Math.max(0, Date.parse(run.finishedAt) - Date.parse(run.startedAt)))}`,
    ...guides.slice(0, 10),
  ];
}

function tallyOf({ counts, failed, expected, exitCode, mixedUp, mute }: Grade, posts: readonly PostCondition[]): readonly string[] {
  const missed = new Set(posts.flatMap((post) => (post.state === 'missed' ? [post.scenario] : []))).size;
  return [
    ...(mute === undefined ? [] : [`no statement: ${line(mute, 300)}`]),
    `${failed.length} SHALL failed`,
    plural(counts.warning, 'warning'),
    `${counts['not-testable']} not testable`,
    `${counts.pass} passed`,
    ...(expected.length > 0 ? [`${expected.length} expected`] : []),
    `exit code ${exitCode}`,
    ...(mixedUp > 0 ? [`${count(mixedUp)} answers under load about another member`] : []),
    ...(missed > 0 ? [`${missed} of ${scenarios.length} scenarios miss a post-condition`] : []),
  ];
}

function expectationsView(run: Run, result: Grade) {
  const standing = run.verdicts.flatMap(({ requirement, expected }) => (expected ? [{ ...expected, requirement }] : []));
  return {
    any: standing.length + result.stale.length > 0,
    standing: standing.map((each) => ({
      id: each.requirement,
      owner: line(each.owner, 80),
      reason: line(each.reason, 300),
      expires: line(each.expires, 20),
    })),
    stale: result.stale.map((each) => ({ id: line(each.requirement, 120), why: line(each.why, 300) })),
  };
}

function footOf(run: Run): readonly string[] {
  const { tool, seed, validators = [], target } = run;
  return [
    `${tool.name} ${line(tool.version, 40)}${tool.node ? `, Node ${line(tool.node, 40)}` : ''}`,
    `catalogue: ${checks.length} judged, ${excluded.length} excluded with reasons`,
    validators.length > 0
      ? `payloads judged by ${validators.map((each) => line(each, 120)).join(', ')}`
      : 'payloads were not judged by a validator in this run',
    ...(seed === undefined ? [] : [`seed ${seed}`]),
    `evidence ${target.evidence ?? 'pseudonymised'}`,
    `the whole run is in run.json (format ${run.format})`,
  ];
}
