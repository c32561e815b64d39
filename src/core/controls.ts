import { hollowIn } from './bare.ts';
import type { Evidence } from './check.ts';
import type { Exchange } from './exchange.ts';
import type { Finding } from './finding.ts';
import { describeBody, notReached, notTestable, type Selector, select, statusOf, unanswered, worst, worstOfAll } from './findings.ts';
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

/** As `unanswered`, for what hopes for a refusal: a server that breaks down (5xx) has refused nothing. */
export const decided = (exchange: Exchange): Finding | undefined =>
  unanswered(exchange) ??
  (statusOf(exchange) >= 500 ? notTestable(`The payer broke down instead of deciding: ${describeBody(exchange)}.`, 'payer') : undefined);

/** Why this is not even a refusal: nothing, or a page of the web, with a status of success. */
export function unsaid(exchange: Exchange): Finding | undefined {
  const hollow = hollowIn(exchange);
  const { method, url } = exchange.request;
  return hollow === undefined ? undefined : notTestable(`${method} ${url} gave status 200 with ${hollow}: neither an answer nor a refusal.`, 'payer');
}

/** Why a request that should be refused was not: lost, put off, broken down, or nothing of either kind. Undefined: it was refused, or served. */
export const noRefusal = (exchange: Exchange): Finding | undefined => decided(exchange) ?? unsaid(exchange);

/** Why these controls show nothing; undefined when one succeeded. `what` names the right request; `good`: what else a control must hold, e.g. data. */
function unproven(controls: readonly Exchange[], what: string, good: (control: Exchange) => boolean = () => true): Finding | undefined {
  if (controls.some((each) => succeeded(each) && good(each))) return undefined;
  const [first] = controls;
  if (!first) return notTestable(`${what} was not asked for in this run, so a refusal of the wrong request would prove nothing.`, 'ours');
  const words = `${what} ${succeeded(first) ? 'brings nothing' : 'is refused'} too, so a refusal of the wrong request proves nothing`;
  return unanswered(first) ?? notTestable(`${words}: ${describeBody(first)}.`, 'payer');
}

/** A refusal, or an absence, is judged only where its control succeeded. `control`: that request, undefined where none was sent; `what` names it. */
export const beside = (control: Exchange | undefined, what: string, judge: () => Finding): Finding =>
  unproven(control === undefined ? [] : [control], what) ?? judge();

/** Judges what should be refused. Served all the same: as it stands. Refused: only beside its control. Lost, put off or broken down: not testable. */
export const refusal = (exchange: Exchange, control: Exchange | undefined, what: string, judge: () => Finding): Finding =>
  decided(exchange) ?? (statusOf(exchange) < 400 ? judge() : beside(control, what, judge));

/** Why a refusal of this request means nothing; undefined when its control succeeded. */
export const withoutControl = (wrong: Exchange, evidence: Evidence, control: Control, good?: (twin: Exchange) => boolean): Finding | undefined =>
  unproven(control(wrong, evidence), `${wrong.request.method} ${wrong.request.url} without the fault`, good);

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
          (accepts(exchange, evidence) ? undefined : (unsaid(exchange) ?? withoutControl(exchange, evidence, control, good))) ??
          judge(exchange, evidence),
      ),
    );
  };
