import type { Evidence } from './check.ts';
import type { Exchange } from './exchange.ts';
import type { Finding } from './finding.ts';
import { notReached, notTestable, reasonIn, type Selector, select, statusOf, unanswered, worst, worstOfAll } from './findings.ts';
import type { Step } from './vocabulary.ts';

/**
 * A refusal counts only beside its control: the same request without the fault, which succeeded in this run. Where the right request is refused as well, the refusal
 * of the wrong one says nothing.
 */

/** Found by the wrong request: the right one in this run, whatever came of it. */
export type Control = (wrong: Exchange, evidence: Evidence) => readonly Exchange[];

const succeeded = (exchange: Exchange): boolean => statusOf(exchange) >= 200 && statusOf(exchange) < 300;

/** Honest requests with the same method, URL and body: the wrong part lies in the headers. */
export const sameRequest: Control = (wrong, { exchanges }) =>
  exchanges.filter(
    ({ probe, request }) =>
      probe === undefined && request.method === wrong.request.method && request.url === wrong.request.url && request.body === wrong.request.body,
  );

/** Honest requests of the same kind: the same step, and the same type and operation where the URL names them. */
export const sameKind: Control = (wrong, { exchanges }) => {
  const kind = ({ step, request }: Exchange) =>
    `${step} ${/\/([A-Z][A-Za-z]+)(?:\/[^/$?]+)?(?:\/(\$[\w-]+))?(?:\?|$)/.exec(request.url)?.slice(1).join(' ') ?? ''}`;
  return exchanges.filter((each) => each.probe === undefined && kind(each) === kind(wrong));
};

/** Honest requests that these select. */
export const honest =
  <S extends Step>(...selectors: readonly Selector<S>[]): Control =>
  (_wrong, evidence) =>
    selectors.flatMap((each) => select(evidence, each));

/** Why a refusal of this request means nothing; undefined when its control succeeded. `good`: what else a control must hold, e.g. data. */
export function withoutControl(
  wrong: Exchange,
  evidence: Evidence,
  control: Control,
  good: (twin: Exchange) => boolean = () => true,
): Finding | undefined {
  const twins = control(wrong, evidence);
  if (twins.some((each) => succeeded(each) && good(each))) return undefined;
  const [twin] = twins;
  if (!twin) return notTestable(`${nameOf(wrong)} was not asked without the fault in this run, so its refusal shows nothing.`, 'payer');
  return (
    unanswered(twin) ??
    notTestable(
      `${nameOf(wrong)} is refused without the fault, too (status ${statusOf(twin)}${reasonIn(twin)}), so its refusal shows nothing.`,
      'payer',
    )
  );
}

const nameOf = ({ request }: Exchange): string => `${request.method} ${request.url}`;

/** Judges wrong requests whose control succeeded. `accepts` is asked first, and without a control: what a wrong request was given speaks for itself. */
export const refusedBeside =
  (
    selectors: readonly Selector[],
    control: Control,
    judge: (exchange: Exchange, evidence: Evidence) => Finding,
    accepts: (exchange: Exchange, evidence: Evidence) => boolean = succeeded,
    good?: (twin: Exchange) => boolean,
  ) =>
  (evidence: Evidence): Finding => {
    const tried = selectors.flatMap((each) => select(evidence, each));
    const [first] = selectors;
    if (tried.length === 0) return first ? notReached(evidence, first) : worst([]);
    return worstOfAll(
      tried.map(
        (exchange) =>
          unanswered(exchange) ??
          (accepts(exchange, evidence) ? undefined : withoutControl(exchange, evidence, control, good)) ??
          judge(exchange, evidence),
      ),
    );
  };
