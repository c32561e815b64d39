import { asArray, asString, at, jsonOf, requestJsonOf } from '../core/fhir.ts';
import { mark } from '../core/grade.ts';
import type { Exchange, Verdict } from '../core/model.ts';
import { allLines } from '../core/scorecard.ts';
import { claimsAmongRows, declaredClaims, declaredTypes, priorAuthorizations } from './content.ts';
import { select } from './select.ts';
import { missing, type Scene, type Shown, shown } from './shown.ts';
import type { FactName, MustShow } from './types.ts';

/** What a plan may ask to be shown: pure functions over the run. Each says shown or not, and why in words. */

type Fact = (scene: Scene, wanted: MustShow) => Shown;

const isServed = ({ response }: Exchange): boolean => response !== null && response.status >= 200 && response.status < 300;
const verified = (verdict: Verdict): boolean => ['pass', 'fail', 'warning'].includes(mark(verdict));
const isLoopback = (url: string): boolean => /^http:\/\/(127\.|localhost[:/]|\[::1\])/.test(url);

/** What came of honest requests at one step. */
function asked({ run }: Scene, { step, variant, member, min = 1 }: MustShow): Shown {
  const honest = run.exchanges.filter(
    (each) =>
      each.step === step &&
      // About a member also what is asked to be refused: an unknown member is such a question.
      (each.probe === undefined || member !== undefined) &&
      (variant === undefined || each.variant === variant) &&
      (member === undefined || each.member === member),
  );
  const what = [step, variant, member].filter((each) => each !== undefined).join(', ');
  const answered = honest.filter((each) => each.response !== null);
  // A refusal may be the right answer about a member; where no member is named, only content shows something.
  const good =
    member === undefined ? answered.filter(isServed) : answered.filter(({ response }) => response !== null && ![429, 503].includes(response.status));
  if (good.length >= min) return shown(`${what}: ${good.length} answered`, good[0]);
  if (honest.length === 0) return missing('not asked', `${what} was not asked`);
  if (good.length > 0) return missing('not shown', `${what}: ${good.length} answered, ${min} are wanted`);
  return missing('not offered', `${what} was asked ${honest.length} times; last answer: ${honest.at(-1)?.response?.status ?? 'none'}`);
}

/** Finished jobs: the last answer of their status holds the manifest. */
const manifestsOf = (exchanges: readonly Exchange[], variant: string | undefined) =>
  exchanges.flatMap((manifest) => {
    const { step, probe, response } = manifest;
    if ((step !== 'bulk.status' && step !== 'bulk.manifest') || probe !== undefined || response?.status !== 200) return [];
    const output = asArray(at(jsonOf(response), 'output'));
    return output.length > 0 && (variant === undefined || manifest.variant === variant) ? [{ manifest, output }] : [];
  });

const isWhole = (exchange: Exchange): boolean => isServed(exchange) && exchange.facts?.['file.cut'] === undefined;

/** Files of an export that were read whole, against those that its manifest lists. */
function exportFinished(scene: Scene, wanted: MustShow): Shown {
  const { exchanges } = scene.run;
  const started = asked(scene, { ...wanted, step: 'bulk.kickoff' });
  if (started.state !== 'shown') return started;
  for (const { manifest, output } of manifestsOf(exchanges, wanted.variant)) {
    const read = exchanges.filter(
      (each) => each.step === 'bulk.file' && each.probe === undefined && each.variant === manifest.variant && isWhole(each),
    );
    const types = new Set(read.map(({ facts: known }) => known?.['file.type']));
    if (read.length >= output.length && output.every((each) => types.has(asString(at(each, 'type')))))
      return shown(`export ${manifest.variant}: finished, ${output.length} files read`, manifest);
  }
  return missing('not shown', 'an export was kicked off, and none was seen finished with every file read');
}

function lines({ verdicts }: Scene, { scenario }: MustShow): Shown {
  const mine = verdicts.filter((each) => scenario === undefined || each.scenarios.includes(scenario));
  const without = allLines.filter((line) => !mine.some((each) => each.lines.includes(line) && verified(each)));
  return without.length === 0
    ? shown('every requirement line has a verified row')
    : missing('not shown', `no row was verified on ${without.join(', ')}`);
}

export const facts: Readonly<Record<FactName, Fact>> = {
  metadata: (scene) => asked(scene, { id: 'metadata', what: '', fact: 'metadata', step: 'metadata' }),
  https: ({ run }) => {
    const base = run.target.fhir?.base ?? run.target.cds?.base ?? run.target.directory?.base ?? run.exchanges[0]?.request.url ?? '';
    if (base.startsWith('https:')) return shown('the base is https');
    return isLoopback(base) ? shown('the base is on this machine: a test installation') : missing('not offered', `${base} is plain http`);
  },
  evidence: ({ run }) =>
    run.target.evidence === 'hashes' ? missing('not shown', 'evidence is hashes: nothing can be judged again') : shown('answers are stored'),
  decided: ({ verdicts, rows }, { rows: selectors = [], min = 1 }) => {
    const ids = new Set(select(selectors, rows, 'mustShow'));
    const mine = verdicts.filter(({ requirement }) => ids.has(requirement));
    const good = mine.filter(verified);
    if (good.length >= min) return shown(`${good.length} ${good.length === 1 ? 'row' : 'rows'} decided`);
    const open = mine.find((each) => !verified(each))?.finding;
    const why = open !== undefined && 'reason' in open ? `: ${open.reason}` : '';
    const because = open !== undefined && 'because' in open ? open.because : undefined;
    return missing(
      because === 'target-file' || mine.length === 0 ? 'not asked' : 'not shown',
      `${good.length} of at least ${min} rows decided${why}`,
    );
  },
  answered: asked,
  'export-finished': exportFinished,
  'claims-among-rows': claimsAmongRows,
  'prior-authorizations': priorAuthorizations,
  'declared-types': declaredTypes,
  'declared-claims': declaredClaims,
  timed: ({ run }, { min = 1 }) => {
    const counts = new Map<string, number>();
    for (const each of run.exchanges) {
      if (each.step !== 'cds.hook' || each.probe !== undefined || !isServed(each)) continue;
      const hook = asString(at(requestJsonOf(each.request), 'hook')) ?? 'unknown';
      counts.set(hook, (counts.get(hook) ?? 0) + 1);
    }
    if (counts.size === 0) return missing('not asked', 'no hook was called');
    const least = Math.min(...counts.values());
    const said = [...counts].map(([hook, n]) => `${hook} ${n}`).join(', ');
    return least >= min ? shown(`timed calls: ${said}`) : missing('not asked', `timed calls: ${said}; ${min} are wanted, the fewest are ${least}`);
  },
  'match-followed': (scene, wanted) => {
    const start = asked(scene, { ...wanted, step: 'group.operation', variant: 'match' });
    if (start.state !== 'shown') return start;
    if (!scene.run.exchanges.some((each) => each.step === 'group.operation' && each.variant === 'match' && each.response?.status === 202))
      return start;
    const [end] = manifestsOf(scene.run.exchanges, 'match');
    return end
      ? shown('the match was followed to the end of its job', end.manifest)
      : missing('not shown', 'the match became a job, and its end was not seen');
  },
  lines,
  postconditions: ({ posts }, { scenario }) => {
    const open = posts.filter((each) => each.scenario === scenario && each.state !== 'met' && each.state !== 'missed');
    return open.length === 0 ? shown('P1 to P5 are decided') : missing('not shown', `${open.map(({ id, why }) => `${id}: ${why}`).join(' ')}`);
  },
};
