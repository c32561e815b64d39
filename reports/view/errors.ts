import { type ErrorReport, type ErrorScore, goodMark, passMark } from '../../src/core/rubric/report.ts';
import { line, percent, shown } from './text.ts';

/** Rubric 1 as a table: the score and, beside it, what the payer really said. Worst first. */
export function errorsView(report: ErrorReport) {
  const scores = [...report.scores].sort((a, b) => a.points - b.points);
  return {
    any: report.count > 0,
    count: report.count,
    passMark,
    minimum: report.minimum ?? 0,
    mean: (report.mean ?? 0).toFixed(1),
    passed: report.passed,
    good: report.good,
    serverFaults: percent(report.serverFaults),
    failures: report.failures.map((each) => line(each, 300)),
    steps: [...report.steps].sort((a, b) => a.mean - b.mean).map((each) => ({ ...each, mean: each.mean.toFixed(1), style: styleOf(each.minimum) })),
    worst: scores.slice(0, 8).map(scoreView),
    rest: scores.slice(8, 400).map(scoreView),
    left: Math.max(0, scores.length - 400),
  };
}

const styleOf = (points: number): string => (points >= goodMark ? 'pass' : points >= passMark ? 'warn' : 'fail');

const scoreView = (score: ErrorScore) => ({
  probe: line(score.probe, 100),
  step: score.step,
  status: score.status,
  exchange: score.exchange,
  points: score.points,
  width: Math.round((score.points / 20) * 100),
  style: styleOf(score.points),
  silent: score.words === '',
  words: shown(score.words, 300),
  lost: score.criteria
    .filter((each) => each.points < each.max)
    .map((each) => `${each.title}: ${line(each.why, 160)} (${each.points} of ${each.max})`),
  leaks: score.leaks.map((each) => line(each, 160)),
});
