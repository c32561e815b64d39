import { setTimeout as sleep } from 'node:timers/promises';
import { entriesOf, isResource } from '../core/fhir.ts';
import type { Json, RequestSpec, Step, TransportError } from '../core/model.ts';
import { parseUrl } from '../core/url.ts';
import { renewToken } from './bulk/token.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { answered, type Labels, type Provider, type Reply, replyOf } from './conversation.ts';
import { patient, polite } from './manners/again.ts';
import { idempotent, once, sending } from './manners/once.ts';
import type { Pace } from './manners/pace.ts';
import { patienceOf, rest, seconds } from './manners/patience.ts';
import { asking, inWords } from './manners/waiting.ts';
import { noteNothingBegan, Stop } from './stop.ts';
import type { Wire } from './wire.ts';

interface Manners {
  readonly pace: Pace;
  readonly breaker: CircuitBreaker;
  readonly trusted: (url: string) => boolean;
  readonly redirects: number;
}

/** A payer that asked for more time than we have is left alone until then. */
export function refuseBusy(pace: Pace, url: string, lane: string | undefined, most: number): void {
  const due = pace.due(url, lane);
  if (due <= most) return;
  throw new Stop(
    `${parseUrl(url)?.origin ?? url} answered 429 and asked us to stay away for another ${seconds(due)}, which is beyond our limit of ${seconds(most)}. Run again later, or raise --max-wait (bulk.maxWait in the target file)`,
    'throttled',
  );
}

function refuseDead(breaker: CircuitBreaker, url: string): void {
  const dead = breaker.reason(url);
  if (dead !== undefined) throw new Stop(dead, 'network');
}

/** Asks until an answer decides something, or our limit is reached; records that answer alone, and what came before it as facts. */
export function createConverse(provider: Provider, wire: Wire, manners: Manners): Provider['converse'] {
  const { transport, known, signal, rules } = provider;
  const { pace, breaker } = manners;
  let renewedAt = performance.now();
  return async (step, spec, { labels = {}, about = {}, relabel, policy = polite, unstoppable = false } = {}) => {
    const patience = patienceOf(known);
    const maxWait = unstoppable ? 10_000 : patience.maxWait;
    const lane = step === 'bulk.kickoff' ? step : undefined;
    const options = {
      // Also a payer that wants to be left alone for an hour is asked once to forget what we began.
      ...(unstoppable ? { longest: 1000 } : { signal }),
      ...(lane === undefined ? {} : { lane }),
      ...(labels.once ? { once: true } : {}),
      ...(isRepeatable(spec) ? { repeatable: true } : {}),
    };
    const way = sending(transport, { ...(unstoppable ? {} : { signal }), timeout: rules.patience(labels.timeout ?? transport.limits.timeout) });
    const retries: Json[] = [];
    const began = performance.now();
    let renewed = false;
    // May the payer have begun something?
    let begun = false;
    try {
      for (let attempt = 0; ; attempt++) {
        if (!unstoppable) signal.throwIfAborted();
        // What we must take back is stronger than what we fear: a clean-up asks also whom we had given up.
        if (!labels.once && !unstoppable) {
          if (attempt === 0) refuseDead(breaker, spec.url);
          refuseBusy(pace, spec.url, lane, maxWait);
          const pause = Math.min(breaker.pause(spec.url), maxWait);
          if (pause > 0) await sleep(pause, undefined, { signal });
        }
        const request = await wire(spec, labels.probe !== undefined);
        const before: boolean = begun;
        begun = true;
        const { result: sent, facts, lost } = await asking(inWords(request.method, step, labels.probe), () => once(way, request, options, manners));
        begun = before || !(isThrottling(sent.response?.status) || sent.error?.unsent);
        retries.push(...lost);
        const left = maxWait - (performance.now() - began);
        const header = sent.response?.headers['retry-after'];
        const wait = rules.waits(header, attempt, patience);
        const tries = rules.mostTries(pace.exhausted(spec.url, lane) > 0 ? Math.min(2, policy.tries) : policy.tries);
        const again = policy.again(sent, attempt) && (sent.response !== null || isHarmless(step, spec, sent.error));
        const worth = !labels.once && rules.asksAgain(again, step, sent, attempt);
        // A token that was good a minute ago may have ended since: one look at a new one, unless the refusal is what the request was sent for.
        const expired =
          sent.response?.status === 401 &&
          spec.token === 'default' &&
          request.headers['authorization'] !== undefined &&
          !renewed &&
          labels.probe === undefined;
        const due = expired && !labels.once && (policy.beyond === 'stop' || performance.now() - renewedAt > 60_000);
        const renew = rules.renewsToken(due, step, sent.response?.status ?? 0);
        if (renew || (worth && attempt + 1 < tries && (wait.ms <= left || policy.beyond === 'stop'))) {
          retries.push({ status: sent.response?.status ?? null, error: sent.error?.code ?? null, retryAfter: header ?? null });
          if (isThrottling(sent.response?.status)) wire.putOff();
          if (renew) {
            renewed = true;
            renewedAt = performance.now();
            if (await renewToken(provider)) continue;
          } else {
            await rest(wait, left, unstoppable ? undefined : signal, `${spec.method} ${spec.url}`);
            continue;
          }
        }
        if (!labels.once) breaker.saw(spec.url, sent.error);
        if (worth && sent.response !== null) pace.gaveUp(spec.url, lane);
        const told = retries.length === 0 ? {} : policy === patient ? { 'bulk.retries': retries } : { 'http.retries': retries };
        const reply = replyOf(
          provider.observe(step, request, { ...sent, facts: { ...sent.facts, ...facts, ...about, ...told } }, relabel?.(answered(sent)) ?? labels),
        );
        if (!begun) noteNothingBegan(reply);
        if (known.opened && opensRecords(reply, spec, labels)) known.opened[step] ??= spec;
        return reply;
      }
    } catch (cause) {
      if (!begun) noteNothingBegan(cause);
      throw cause;
    }
  };
}

/** Has a good token opened there what is a member's own, or a list of members? */
function opensRecords({ status, json, exchange: { step } }: Reply, { token }: RequestSpec, { probe, member }: Labels): boolean {
  if (status !== 200 || token !== 'default' || probe !== undefined) return false;
  const about = member === 'known' || member === 'largeRecord' || step === 'group.read' || step === 'group.search';
  return about && !(isResource(json, 'Bundle') && entriesOf(json).length === 0);
}

const isThrottling = (status: number | undefined): boolean => status === 429 || status === 503;

/** Repeating it changes nothing, whatever its method says. An assertion is signed afresh each time. */
const isRepeatable = ({ url, assertion }: RequestSpec): boolean => assertion !== undefined || (parseUrl(url)?.path.endsWith('/_search') ?? false);

/**
 * May it be sent again though nobody answered? What the payer never heard, and what changes nothing there. A kick-off that was heard has started a job that
 * nobody knows of: a second one would make it two. Source: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
 */
const isHarmless = (step: Step, spec: RequestSpec, error: TransportError | undefined): boolean =>
  error?.unsent === true || (step !== 'bulk.kickoff' && (idempotent.has(spec.method) || isRepeatable(spec)));
