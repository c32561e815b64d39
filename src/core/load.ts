import type { ConformanceHits, LatencyData, LoadFacts, LoadStage, StageAnswers } from './model.ts';
import { normalQuantile } from './stats/normal.ts';
import { wilsonLower, wilsonUpper } from './stats/wilson.ts';

/** Reading what a load has shown: error shares, shedding and recovery. Shared by judges, rubric 3 and reports. */

const add = (stages: readonly LoadStage[], pick: (answers: StageAnswers) => number): number =>
  stages.reduce((sum, { answers }) => sum + pick(answers), 0);

/** How the requests of some stages went wrong: `3 with 5xx, 2 timed out`. */
export const wordsOf = (stages: readonly LoadStage[]): string => {
  const parts = [
    [add(stages, (each) => each.failed), 'with 5xx'],
    [add(stages, (each) => each.late), 'timed out'],
    [add(stages, (each) => each.lost), 'connections lost'],
    [add(stages, (each) => each.shedBare), '429 without Retry-After'],
    [add(stages, (each) => each.shed), 'shed with Retry-After'],
    [add(stages, (each) => each.refused), 'refused with another 4xx'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  return said.length === 0 ? 'none failed' : said.join(', ');
};

/** So long must a stage be, in seconds, for its rate to be distinguished from its edges. */
const longEnough = 20;
/** The most by which what was sent may differ from what was wanted, as a share. */
export const tolerableDrift = 0.03;

/** What a stage was to send a second and what it sent, tokens included; `why` where they differ by more than 3 % in 20 s or more. */
export function sentIn(stage: LoadStage, load: Pick<LoadFacts, 'dropped' | 'inconclusive' | 'share'>) {
  const wanted = stage.rate * (load.share ?? 1);
  const due = wanted * stage.seconds;
  const { requests } = stage.answers;
  // One request more or less is the edge of a stage, whatever share it is.
  const differs = stage.seconds >= longEnough && Math.abs(requests - due) > Math.max(1, due * tolerableDrift);
  const why = !differs
    ? undefined
    : requests > due
      ? 'more was sent than wanted: please report it'
      : (load.inconclusive ??
        (load.dropped > 0 ? `${load.dropped} requests found no virtual user free` : 'the journeys had nothing to ask for a while'));
  return { wanted, sent: requests / stage.seconds, ...(why === undefined ? {} : { why }) };
}

/** Answers of a stage that were not what an honest request gets. */
export const troubled = ({ requests, ok }: StageAnswers): number => requests - ok;

/** At the agreed rate: 5xx, timeouts and shed answers count, broken connections (which may be ours) do not. One-sided 95 % bounds. */
export function errorShare(stages: readonly LoadStage[], wanted: number) {
  const requests = add(stages, (each) => each.requests);
  const bad = add(stages, (each) => each.failed + each.late + each.shed + each.shedBare);
  const [lower, upper] = [wilsonLower(bad, requests), wilsonUpper(bad, requests)];
  const share = requests === 0 ? 0 : bad / requests;
  // The sample size at which the normal bound around the share seen would just miss the limit.
  const gap = Math.max(Math.abs(share - wanted), wanted / 4);
  const enough = (normalQuantile(0.95) ** 2 * Math.max(share, wanted)) / gap ** 2;
  return { requests, bad, share, lower, upper, needed: Math.max(1, Math.ceil(enough - requests)), words: wordsOf(stages) };
}

/** Beyond the agreed rate: what is neither an answer nor a polite refusal is bad. */
export function overloadOf(stages: readonly LoadStage[]) {
  const requests = add(stages, (each) => each.requests);
  const bad = add(stages, (each) => each.failed + each.late + each.lost + each.shedBare);
  return { requests, bad, shed: add(stages, (each) => each.shed), words: wordsOf(stages) };
}

export interface Recovery {
  /** From the end of the overload to the first answer from which at most 1 % of the rest are errors; absent when that never came. */
  readonly ms?: number;
  /** How long it was watched for. */
  readonly watchedMs: number;
}

/** After the last overload; undefined when nothing was asked then. */
export function recoveryOf(latency: LatencyData | undefined): Recovery | undefined {
  const stages = latency?.load?.stages ?? [];
  const index = stages.findLastIndex(({ kind }) => kind === 'recovery');
  const stage = stages[index];
  if (!latency || !stage) return undefined;
  const answers = latency.series
    .flatMap((series) => series.at.flatMap((at, nth) => (series.stage?.[nth] === index ? [{ at, ok: series.ok[nth] === 1 }] : [])))
    .sort((a, b) => a.at - b.at);
  if (answers.length === 0) return undefined;
  const watchedMs = stage.seconds * 1000;
  let [errors, since] = [0, answers.length];
  for (let nth = answers.length - 1; nth >= 0; nth--) {
    if (answers[nth]?.ok === false) errors++;
    else if (errors <= (answers.length - nth) / 100) since = nth;
  }
  const from = answers[since]?.at;
  return { watchedMs, ...(from === undefined ? {} : { ms: since === 0 ? 0 : Math.max(0, from - stage.from) }) };
}

/** At which rates a requirement held, and how often it did not at the others: `held at 2 a second; 3.1 % of 812 answers at 50 a second`. */
export function ratesOf({ byStage = [] }: ConformanceHits, stages: readonly LoadStage[] = []): string {
  const rates = new Map<number, { checked: number; failed: number }>();
  for (const { stage, checked, failed } of byStage) {
    const rate = stages[stage]?.rate;
    if (rate === undefined) continue;
    const sofar = rates.get(rate) ?? { checked: 0, failed: 0 };
    rates.set(rate, { checked: sofar.checked + checked, failed: sofar.failed + failed });
  }
  const sorted = [...rates].sort(([a], [b]) => a - b);
  const held = sorted.filter(([, { failed }]) => failed === 0).map(([rate]) => round(rate));
  const broken = sorted.filter(([, { failed }]) => failed > 0);
  return [
    ...(held.length > 0 ? [`held at ${held.join(', ')} a second`] : []),
    ...broken.map(([rate, { checked, failed }]) => `not in ${round((failed / checked) * 100)} % of ${checked} answers at ${round(rate)} a second`),
  ].join('; ');
}

const round = (value: number): number => Number(value.toPrecision(3));
