import { all, check, clip, fail, notTestable, pass, statusOf, unanswered, warn } from '../../src/core/findings.ts';
import type { Exchange, Finding } from '../../src/core/model.ts';
import { plainLanguage } from '../../src/core/rubric/language.ts';
import { group } from '../group.ts';
import { cdsHooks, useCase } from '../sources.ts';
import { besidePlain, callsOf, factOf, hasToken, isEmptyAnswer, type Launch, lostCall, newWords, onLaunches, onSeen, shared, textOf } from './lib.ts';

/** What a person sees: the right member, and words wherever something goes wrong. */

const at = 'app.page';
const errors = useCase('Errors: what happened, and what to do next');
/** A value that a program forgot to fill in. */
const leftOver = /\bundefined\b|\bNaN\b|\[object \w+\]|(^|\s)null(\s|$)/;

/** Words that stand here and not in the ordinary launch, fit for a person. */
function wordsFor(launch: Launch, seen: Exchange, what: string): Finding {
  const words = newWords(launch);
  if (words === '')
    return fail(seen, `words for the user: ${what}`, textOf(seen) === '' ? 'an empty page' : 'nothing that the ordinary launch does not show');
  const { plain, why } = plainLanguage(words.slice(0, 500));
  return check(plain, seen, `words that a person understands: ${what}`, () => `${why}: "${clip(words, 160)}"`);
}

const queried = (launch: Launch): boolean => callsOf(launch, 'query').some((call) => statusOf(call) === 200);
const authorized = (launch: Launch): boolean => callsOf(launch, 'authorize').length > 0;

export const shownChecks = group(shared, [
  {
    id: 'app.opens',
    level: 'FAST',
    lines: ['L1'],
    text: 'The launch URL of the app opens a page, with the parameters iss and launch.',
    source: useCase('Scenario 2 (record locations, plugins)'),
    judge: onLaunches(['plain'], ({ page }) => {
      if (page.error?.code === 'tls') return notTestable(`Chromium does not trust this server: ${page.error.message}`, 'set-up');
      const lost = unanswered(page);
      if (lost) return lost;
      return check(statusOf(page) < 400, page, 'a page', `status ${statusOf(page)}`);
    }),
    faults: [
      {
        name: 'answers a launch with status 500',
        at,
        alter: (response, request) =>
          /[?&]launch=/.test(request.url) ? { ...response, status: 500, body: '<p>Internal Server Error</p>' } : response,
      },
    ],
  },
  {
    id: 'app.member',
    level: 'FAST',
    lines: ['L4'],
    text: 'A launched app shows the member in whose record it was opened, so that nobody works on the wrong one.',
    source: useCase('Scenario 3 (SMART on FHIR App)'),
    judge: onSeen(['plain'], (facts, seen, launch) => {
      const useful = facts['app.firstUseful'];
      if (facts['app.shows']?.member === true) return { ...pass, ...(typeof useful === 'number' ? { note: `readable after ${useful} ms` } : {}) };
      return (
        lostCall(launch) ??
        (queried(launch)
          ? fail(seen, "the member's name", clip(textOf(seen), 200) || 'an empty page')
          : notTestable('The app read nothing of the record.', 'payer'))
      );
    }),
    faults: [{ name: 'shows another member', at, behaviour: 'app-shows-another-member' }],
  },
  {
    id: 'app.context',
    level: 'FAST',
    lines: ['L2'],
    text: 'The app takes up the appContext that a card hands on to it.',
    source: cdsHooks('#link'),
    judge: onSeen(['plain'], (facts, seen, launch) => {
      const context = facts['app.shows']?.context;
      if (context === null || context === undefined)
        return notTestable('It is not known by which words the app shows its context: add appContext and shows to the entry in apps.', 'target-file');
      if (context) return pass;
      return (
        lostCall(launch) ??
        (hasToken(launch) ? fail(seen, 'the words of apps[].shows', clip(textOf(seen), 200)) : notTestable('The app got no token.', 'payer'))
      );
    }),
    faults: [{ name: 'ignores its context', at, behaviour: 'app-ignores-its-context' }],
  },
  {
    id: 'app.refused',
    level: 'FAST',
    lines: ['L7'],
    text: 'When the user does not allow access (access_denied), the app says so in words, and what can be done.',
    source: errors,
    judge: onSeen(['denied'], (_facts, seen, launch) =>
      besidePlain(
        launch,
        authorized,
        'never asked for authorization',
        () =>
          lostCall(launch) ??
          all(
            () => once(launch),
            () => wordsFor(launch, seen, 'access was not allowed'),
          ),
      ),
    ),
    faults: [
      { name: 'is silent when access is not allowed', at, behaviour: 'app-is-silent-when-refused' },
      { name: 'shows the code of the refusal', at, behaviour: 'app-shows-the-code-of-a-refusal' },
    ],
  },
  {
    id: 'app.expired',
    level: 'FAST',
    lines: ['L7'],
    text: 'When its access token has expired, the app says so in words or is authorized anew.',
    source: errors,
    judge: onSeen(['expired'], (facts, seen, launch) =>
      besidePlain(launch, queried, 'read nothing', () => {
        if (facts['app.shows']?.member === true) return pass;
        const met = callsOf(launch, 'query').some((call) => statusOf(call) === 401);
        return lostCall(launch) ?? (met ? wordsFor(launch, seen, 'the session is over') : notTestable('The app used no expired token.', 'payer'));
      }),
    ),
    faults: [
      { name: 'is silent when its token has expired', at, behaviour: 'app-is-silent-when-expired' },
      { name: 'shows an error of its program when its token has expired', at, behaviour: 'app-shows-its-own-trouble-when-expired' },
    ],
  },
  {
    id: 'app.waiting',
    level: 'FAST',
    lines: ['L6'],
    text: 'While the EHR takes its time, the app says that it is waiting, and shows the member once the answer is there.',
    source: errors,
    judge: onSeen(['slow'], (facts, seen, launch) =>
      besidePlain(
        launch,
        (plain) => factOf(plain.seen, 'app.shows')?.member === true,
        'did not show the member',
        () => {
          const waiting = facts['app.waiting'];
          if (waiting === null || waiting === undefined) return lostCall(launch) ?? notTestable('The app asked nothing that could be late.', 'payer');
          if (waiting.trim() === '') return fail(seen, 'words while it waits', 'an empty page');
          return (
            lostCall(launch) ??
            check(
              facts['app.shows']?.member === true,
              seen,
              "the member's name after the late answer",
              () => clip(textOf(seen), 200) || 'an empty page',
            )
          );
        },
      ),
    ),
    faults: [{ name: 'is blank while it waits', at, behaviour: 'app-is-blank-while-it-waits' }],
  },
  {
    id: 'app.nothing-found',
    level: 'FAST',
    lines: ['L7'],
    text: 'When the record holds nothing that the app looks for, the app says so in words.',
    source: errors,
    judge: onSeen(['empty'], (_facts, seen, launch) =>
      besidePlain(launch, queried, 'read nothing', () => {
        const lost = lostCall(launch);
        if (lost) return lost;
        if (!callsOf(launch, 'query').some(isEmptyAnswer)) return notTestable('The app looks for nothing that could be missing.', 'not-offered');
        const text = textOf(seen);
        if (leftOver.test(text)) return fail(seen, 'words that say that nothing was found', `a value that was not filled in: "${clip(text, 200)}"`);
        return wordsFor(launch, seen, 'nothing was found');
      }),
    ),
    faults: [
      { name: 'shows undefined where nothing is', at, behaviour: 'app-shows-undefined' },
      { name: 'does not say that nothing was found', at, behaviour: 'app-does-not-say-that-nothing-was-found' },
    ],
  },
  {
    id: 'app.script-errors',
    level: 'FAST',
    lines: ['L7'],
    text: "An ordinary launch leaves no error of the app's own scripts.",
    source: errors,
    judge: onSeen(['plain'], (facts, seen) => {
      const [first, ...more] = facts['app.errors'] ?? [];
      return first === undefined ? pass : fail(seen, 'no uncaught error', `${first}${more.length === 0 ? '' : ` (and ${more.length} more)`}`);
    }),
    faults: [{ name: 'trips over itself', at, behaviour: 'app-trips-over-itself' }],
  },
  {
    id: 'app.accessible',
    level: 'FAST',
    lines: ['L7'],
    text: 'The page of the app has no serious barrier for people with disabilities that a machine can find (axe).',
    source: useCase('Answers that people read'),
    judge: onSeen(['plain'], (facts, seen) => {
      const barriers = facts['app.barriers'];
      if (barriers === undefined) return unanswered(seen) ?? notTestable(facts['app.barriersUnseen'] ?? 'Nobody looked for barriers.', 'set-up');
      const [first] = barriers;
      return first === undefined
        ? pass
        : warn(
            seen,
            'no serious barrier',
            `${first.help} (${first.rule}, ${first.count} times)${barriers.length > 1 ? `, and ${barriers.length - 1} other kinds` : ''}`,
          );
    }),
    faults: [{ name: 'has pale letters and a picture without words', at, behaviour: 'app-cannot-be-read-by-all' }],
  },
]);

/** An app that asks again and again leaves nobody out. */
function once(launch: Launch): Finding {
  const calls = callsOf(launch, 'authorize');
  const again = calls[2];
  return again === undefined ? pass : fail(again, 'an end after a refusal', `${calls.length} authorization requests, one after the other`);
}
