import { asString, at } from '../../src/core/fhir.ts';
import { notReached, notTestable, select, statusOf, unanswered, worstOfAll } from '../../src/core/findings.ts';
import { memo } from '../../src/core/memo.ts';
import type { AppCallFacts, AppCase, AppSeenFacts, Evidence, Exchange, Facts, Finding, Scenario } from '../../src/core/model.ts';
import { apps } from '../../src/core/steps.ts';
import type { Applies } from '../applies.ts';

/** Reading launches: one page, what it then asked of our EHR, and what stood on the screen in the end. */

export interface Launch {
  readonly kind: AppCase;
  readonly page: Exchange;
  readonly calls: readonly Exchange[];
  readonly seen: Exchange | undefined;
  /** The ordinary launch of the same app. */
  readonly plain: Launch | undefined;
  /** All launches of the same app, this one too. */
  readonly all: readonly Launch[];
}

/** Binds payers that have an app and let it be launched. */
export const launched: Applies = ({ target, exchanges }) => {
  if (target.apps !== undefined) return target.apps.length > 0 || 'the target file names no SMART app to launch (apps: [])';
  return exchanges.some(({ step }) => step === 'app-link')
    ? { open: 'A card or a document links to a SMART app, and the target file does not say whether to launch it: add apps.', because: 'target-file' }
    : 'no answer offered a SMART app, and the target file names none (apps)';
};

/** What rows about launched apps share. */
export const shared = { scenarios: apps, applies: launched, within: scenariosIn } as const;

/** The scenarios of the app that a failure is about; else of all that were launched. Undefined where one of them belongs wherever apps are. */
function scenariosIn({ exchanges }: Evidence, at?: Exchange): readonly Scenario[] | undefined {
  const pages = at === undefined ? exchanges.filter(({ step }) => step === 'app.page') : [at];
  const named = pages.map((page) => factOf(page, 'app.scenario'));
  return named.length === 0 || named.includes(undefined) ? undefined : [...new Set(named.flatMap((each) => each ?? []))].sort();
}

/** Every launch, in the order in which they are stored. */
export const launches = memo((evidence: Evidence): readonly Launch[] => {
  let [plain, all] = [undefined as Launch | undefined, [] as Launch[]];
  return select(evidence, { step: 'app.page' }).map((page) => {
    const kind = page.variant as AppCase;
    if (kind === 'plain') all = [];
    const own = (step: 'app.call' | 'app.seen') => select(evidence, { step, where: (each) => each.follows === page.index });
    const launch: Launch = { kind, page, calls: own('app.call'), seen: own('app.seen')[0], plain: kind === 'plain' ? undefined : plain, all };
    if (kind === 'plain') plain = launch;
    all.push(launch);
    return launch;
  });
});

/** Judges each launch of these kinds; all kinds when none is named. */
export const onLaunches =
  (kinds: readonly AppCase[], judge: (launch: Launch) => Finding) =>
  (evidence: Evidence): Finding => {
    const found = launches(evidence).filter(({ kind }) => kinds.length === 0 || kinds.includes(kind));
    if (found.length > 0) return worstOfAll(found.map((launch) => neverStarted(launch, evidence, judge(launch))));
    const [kind = 'plain'] = kinds;
    const leftOut = evidence.target.apps?.some(({ cases }) => kind !== 'plain' && cases?.includes(kind) === false);
    return leftOut === true
      ? notTestable(`The target file leaves this launch out (apps[].cases): ${kind}.`, 'target-file')
      : notReached(evidence, { step: 'app.page', variant: kind });
  };

/** An app that came to nothing: what stopped it says more than what is missing because of it. */
function neverStarted(launch: Launch, { blocked }: Evidence, finding: Finding): Finding {
  if (finding.outcome !== 'not-testable' || launch.kind !== 'plain' || callsOf(launch, 'authorize').length > 0) return finding;
  const cause = lostCall(launch) === undefined ? blocked.find(({ suite }) => suite === launch.page.suite) : undefined;
  return cause === undefined ? finding : notTestable(`The app did not start: ${cause.reason}.`, cause.because);
}

/** A fact of an exchange; undefined where its answer was lost, and all that was established with it. */
type Known<Name extends keyof Facts> = NonNullable<Facts[Name]> | undefined;
export const factOf = <Name extends keyof Facts>(exchange: Exchange | undefined, name: Name): Known<Name> =>
  (exchange?.facts?.[name] ?? undefined) as Known<Name>;

/** Calls of one kind. */
export const callsOf = ({ calls }: Launch, ...kinds: readonly NonNullable<AppCallFacts['app.call']>[]): readonly Exchange[] =>
  calls.filter((call) => {
    const kind = factOf(call, 'app.call');
    return kind !== undefined && kinds.includes(kind);
  });

/** Why the calls of a launch cannot be counted: one of them was lost. Undefined when all are there. */
export const lostCall = ({ calls }: Launch): Finding | undefined => {
  const lost = calls.find((call) => factOf(call, 'app.call') === undefined);
  return lost && (unanswered(lost) ?? notTestable('What the app asked of our EHR was not kept.', 'ours'));
};

const silent = (what: string): Finding => notTestable(`The app never ${what}.`, 'payer');

/** Judges each authorization request of each launch. */
export const onAuthorize = (judge: (said: NonNullable<AppCallFacts['app.authorize']>, exchange: Exchange, launch: Launch) => Finding) =>
  onLaunches([], (launch) => {
    const found = callsOf(launch, 'authorize').flatMap((call) => {
      const said = factOf(call, 'app.authorize');
      return said === undefined ? [] : [judge(said, call, launch)];
    });
    return lostCall(launch) ?? (found.length === 0 ? silent('asked for authorization') : worstOfAll(found));
  });

/** Judges what was seen in the end of launches of these kinds. */
export const onSeen = (kinds: readonly AppCase[], judge: (facts: AppSeenFacts, seen: Exchange, launch: Launch) => Finding) =>
  onLaunches(kinds, (launch) => {
    const { page, seen } = launch;
    if (statusOf(page) >= 400) return notTestable(`The launch URL answers with status ${statusOf(page)}.`, 'payer');
    if (seen === undefined) return unanswered(page) ?? notTestable('No page of the app was seen.', 'payer');
    const facts = seen.facts;
    if (facts === undefined || factOf(seen, 'app.errors') === undefined)
      return unanswered(seen) ?? notTestable('What the page showed was not kept.', 'ours');
    return judge(facts, seen, launch);
  });

/** The same, of what follows the app's own access token: an app that never got one has none to lose. */
export const onTokenHeld = (judge: (facts: AppSeenFacts, seen: Exchange) => Finding) =>
  onSeen(['plain'], (facts, seen, launch) => lostCall(launch) ?? (hasToken(launch) ? judge(facts, seen) : silent('got an access token')));

export const hasToken = (launch: Launch): boolean =>
  callsOf(launch, 'token').some(({ response }) => response?.status === 200) ||
  callsOf(launch, 'query').some((call) => factOf(call, 'app.authorised') === true);

export const isEmptyAnswer = ({ response }: Exchange): boolean => {
  if (response?.status === 404) return true;
  try {
    return at(JSON.parse(response?.body ?? ''), 'total') === 0;
  } catch {
    return false;
  }
};

/** Lines that stand on this page in the end, and that are no words of an ordinary launch, nor of one that is still under way. */
export function newWords({ seen, plain, all }: Launch): string {
  const lines = (text: string) => text.split('\n').map((line) => line.trim());
  const passing = all.flatMap((each) => [factOf(each.seen, 'app.passing') ?? '', factOf(each.seen, 'app.waiting') ?? '']);
  const known = new Set([textOf(plain?.seen), ...passing].flatMap(lines));
  const pages = all.map(({ page }) => page.response?.body ?? '');
  return lines(textOf(seen))
    .filter((line) => line !== '' && !known.has(line) && !pages.some((page) => page.includes(line)))
    .join(' ');
}

export const textOf = (exchange: Exchange | undefined): string => asString(exchange?.response?.body) ?? '';

/** One launch of each kind, with a control: the ordinary launch of this app came as far as this. */
export const besidePlain = (launch: Launch, came: (plain: Launch) => boolean, what: string, judge: () => Finding): Finding => {
  const { plain } = launch;
  if (plain === undefined) return notTestable('The ordinary launch of this app is not in the history.', 'ours');
  return lostCall(plain) ?? (came(plain) ? judge() : notTestable(`In its ordinary launch the app ${what}, so this launch shows nothing.`, 'payer'));
};
