import { newlyWrong } from '../../src/core/changed.ts';
import type { Run, Verdict } from '../../src/core/model.ts';
import { line } from '../view/text.ts';

/** GitHub shows so many of each kind for one step. */
const most = 10;

/**
 * Workflow commands for GitHub Actions: printed by a step, they stand as annotations beside the checks of a pull request. With a baseline only what is new.
 * Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function renderAnnotations(run: Run, baseline?: Run): string {
  const { failed, warned } = newlyWrong(run, baseline);
  const than = baseline === undefined ? '' : `, new against the run of ${baseline.startedAt.slice(0, 10)}`;
  const rest = failed.length - most;
  return [
    ...failed.slice(0, most - (rest > 0 ? 1 : 0)).map((each) => command('error', each, than)),
    ...(rest > 0 ? [`::error title=payer-assay::${text(`and ${rest + 1} more SHALL rows fail${than}: see the summary`)}`] : []),
    ...warned.slice(0, most).map((each) => command('warning', each, than)),
    ...(failed.length + warned.length === 0
      ? [`::notice title=payer-assay::${text(`nothing is wrong that was not before (${run.target.name})`)}`]
      : []),
    '',
  ].join('\n');
}

function command(kind: 'error' | 'warning', { requirement, level, finding }: Verdict, than: string): string {
  const words = finding.outcome === 'fail' ? `expected ${line(finding.expected, 200)}; seen ${line(finding.actual, 300)}` : '';
  return `::${kind} title=${property(`${requirement} (${level}${than})`)}::${text(words)}`;
}

/** What a server says begins no command of its own: one line, percent and line ends encoded as GitHub wants it. */
const text = (words: string): string => line(words, 600).replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
const property = (words: string): string => text(words).replace(/:/g, '%3A').replace(/,/g, '%2C');
