import { check, notTestable, worst, worstOfAll } from '../../src/core/findings.ts';
import { came, type Hearing, left, type Play } from '../../src/core/heard.ts';
import { parseRetryAfter } from '../../src/core/http-date.ts';
import type { Exchange, Finding, NonEmpty, Step } from '../../src/core/model.ts';

/** The vocabulary of judges of clients. The rules of verdict are those of the script: seen, good, bad, and a control on both sides. */

/** One case that the client has met: it was told what the case is about. */
export interface Scene {
  readonly play: Play;
  /** Everything that was asked in this case. */
  readonly heard: readonly Exchange[];
  /** The request whose answer called for a reaction. */
  readonly seen: Exchange;
  /** What was asked after that answer had left. */
  readonly after: readonly Exchange[];
  readonly share: number;
}

export interface CaseOptions {
  /** The right reaction is to do nothing: it counts only if the client is seen alive afterwards. */
  readonly silence?: true;
}

/**
 * Judges each of these cases in which the client met what the case is about. Never a pass for a client that never looked, nor one whose controls failed.
 */
export const onCase =
  (cases: NonEmpty<string>, seen: (exchange: Exchange) => boolean, judge: (scene: Scene) => Finding, { silence }: CaseOptions = {}) =>
  ({ plays, heard, share }: Hearing): Finding =>
    worstOfAll(
      cases.map((id) => {
        const play = plays.find((each) => each.case === id);
        if (play === undefined) return notTestable(`Case ${id} was not part of this run.`, 'target-file');
        if (play.before !== 'completed')
          return notTestable(
            `Case ${id}: the client did not complete the same journey at a healthy payer before it, so its silence would prove nothing.`,
            'set-up',
          );
        const own = heard.filter((each) => each.suite === id);
        const met = own.find(seen);
        if (met === undefined)
          return notTestable(
            `Case ${id}: the client never asked what the case is about (${own.length === 0 ? 'no request came: was it triggered?' : `${own.length} requests came`}).`,
            'not-offered',
          );
        const found = judge({ play, heard: own, seen: met, share, after: own.filter((each) => came(each) >= left(met) && each !== met) });
        if (found.outcome !== 'pass' || !silence || play.after === 'completed') return found;
        return notTestable(
          `Case ${id}: the client kept still, but did not complete the journey at a healthy payer afterwards either: it may be dead, not careful.`,
          'set-up',
        );
      }),
    );

/** The same over those cases that were part of the run: they are of several journeys, and a client need not make all of them. */
export const onPlayed =
  (cases: readonly string[], seen: (exchange: Exchange) => boolean, judge: (scene: Scene) => Finding, options: CaseOptions = {}) =>
  (hearing: Hearing): Finding => {
    const [first, ...others] = cases.filter((id) => hearing.plays.some((each) => each.case === id));
    if (first === undefined) return notTestable(`None of the cases ${cases.join(', ')} was part of this run.`, 'target-file');
    return onCase([first, ...others], seen, judge, options)(hearing);
  };

/** Judges everything of a kind that was heard, in whatever case. */
export const onEvery =
  (what: string, asked: (exchange: Exchange) => boolean, judge: (exchange: Exchange) => Finding) =>
  ({ heard }: Hearing): Finding => {
    const found = heard.filter((each) => each.suite !== '' && asked(each));
    return found.length === 0 ? notTestable(`The client sent no ${what} in this run.`, 'not-offered') : worstOfAll(found.map(judge));
  };

/** Rule 8: the wire can convict; for a pass somebody must have seen the screen. `shows`: what it must show; default the word of the case. */
export function attested(
  { play, seen }: Scene,
  found: Finding,
  shows: (shown: readonly string[]) => boolean = (shown) => shown.some((each) => each.includes(play.word)),
): Finding {
  if (found.outcome !== 'pass') return found;
  if (play.shown === undefined)
    return notTestable(
      `Case ${play.case}: nothing wrong was sent, but nobody told what the screen showed; enter the code word, or let the trigger print it.`,
      'test-data',
    );
  return shows(play.shown) ? found : { ...notShown(play), exchange: seen.index };
}

/** Something that was due did not come: that convicts nobody whom we stopped ourselves. */
export const due = ({ play }: Scene, found: Finding): Finding =>
  found.outcome === 'fail' && play.cut
    ? notTestable(
        `Case ${play.case}: ${found.expected} did not come, but the trigger was ended before it was done. Give it more time (triggers, seconds).`,
        'set-up',
      )
    : found;

/** A person decided, and the trigger or the run sheet says so: a line `chosen: ...` of the screen. What follows was not done by itself. */
export const chosen = ({ play }: Scene): boolean => play.shown?.some((line) => /^chosen: \S/i.test(line)) === true;

const notShown = (play: Play) => ({
  outcome: 'fail' as const,
  expected: `the screen shows what the payer said (code word ${play.word})`,
  actual: `case ${play.case}: the screen showed ${play.shown?.join(' / ').slice(0, 200) || 'nothing'}`,
});

export const at =
  (...steps: readonly Step[]) =>
  ({ step }: Exchange): boolean =>
    steps.includes(step);
export const status = ({ response }: Exchange): number => response?.status ?? 0;
/** The whole of it came, or the part that was asked for. */
export const served = (each: Exchange): boolean => status(each) === 200 || status(each) === 206;
export const header = ({ request }: Exchange, name: string): string => request.headers[name] ?? '';
export const clinical = at('read', 'search', 'page', 'everything', 'vread', 'binary', 'docref');
/** Names a member, or asks for what is a member's. */
export const aboutMembers = at(
  'member-match',
  'match',
  'idi-match',
  'read',
  'search',
  'page',
  'everything',
  'vread',
  'binary',
  'docref',
  'bulk.kickoff',
  'cds.hook',
);

/** Method, address and body are the same. */
export const same = (a: Exchange, b: Exchange): boolean =>
  a.request.method === b.request.method && a.request.url === b.request.url && a.request.body === b.request.body;
/** The same again, later in the same case. */
export const repeatsOf = (what: Exchange, heard: readonly Exchange[]): readonly Exchange[] =>
  heard.filter((each) => each !== what && came(each) >= came(what) && same(each, what));
export const pathOf = ({ request }: Exchange): string => request.url.replace(/^[a-z]+:\/\/[^/]*/i, '');

/** Ms from the last byte of an answer to the first of the next request. */
export const gap = (before: Exchange, after: Exchange): number => came(after) - left(before);
/** What Retry-After asked for, ms, counted from when the answer had left; undefined when it asked for nothing. */
export function askedToWait(exchange: Exchange): number | undefined {
  const sent = Date.parse(exchange.startedAt) + (left(exchange) - came(exchange));
  const told = parseRetryAfter(exchange.response?.headers['retry-after'], sent);
  return told.kind === 'wait' ? told.ms : undefined;
}
/** Clocks, timers and HTTP dates are not exact, ms. */
const slack = 500;

/** The next request of the same kind comes no sooner than the answer asked for. `tolerance`, ms. */
export const waits = (told: Exchange, next: Exchange, tolerance = slack): Finding => {
  const wanted = askedToWait(told) ?? 0;
  return check(
    gap(told, next) >= wanted - tolerance,
    next,
    `no request before Retry-After: ${told.response?.headers['retry-after']} is over`,
    `the next one ${seconds(gap(told, next))} after the answer (${next.suite})`,
  );
};
export const seconds = (ms: number): string => `${Math.round(ms / 10) / 100} s`;

/** At most so many. */
export const atMost = (most: number, found: readonly Exchange[], what: string, about: Exchange): Finding =>
  check(found.length <= most, found[most] ?? about, `at most ${most} ${what}`, `${found.length} (${about.suite})`);
export const none = (found: readonly Exchange[], what: string): Finding => {
  const [one] = found;
  return one === undefined
    ? { outcome: 'pass' }
    : check(
        false,
        one,
        `no ${what}`,
        `${one.request.method} ${one.request.url} in case ${one.suite}${found.length > 1 ? `, and ${found.length - 1} more` : ''}`,
      );
};
export { worst };

/** What a server of the client tells about what we asked it when it was not reached, says "later" or redirects, or when we read a part only: nothing. */
export function unheard(each: Exchange): Finding | undefined {
  const what = `${each.request.method} ${each.request.url}`;
  const said = status(each);
  if ([0, 429, 503].includes(said))
    return notTestable(`The server of the client gave no answer to ${what} (${said || 'nothing came'}).`, said === 0 ? 'network' : 'throttled');
  if (said >= 300 && said < 400)
    return notTestable(`The server of the client redirects ${what} (${said}), and the script follows no redirect.`, 'ours');
  return each.facts?.['heard.asked']?.cut ? notTestable(`The answer to ${what} is longer than what the script reads.`, 'ours') : undefined;
}
