import { setTimeout as sleep } from 'node:timers/promises';
import { completed } from '../../checks/client/journeys.ts';
import { type Case, healthy, type Journey } from '../../mocks/client/case.ts';
import type { Scripted } from '../../mocks/client/host.ts';
import { type Control, left, type Play } from '../core/heard.ts';
import { parseRetryAfter } from '../core/http-date.ts';

/** What a trigger tells when it is done. */
export interface Triggered {
  /** What the client's screen showed. Absent: nobody knows. */
  readonly shown?: readonly string[];
  /** It was ended before it was done. */
  readonly cut?: true;
}

/** Makes the client do one journey at the payer of this case; resolves when the trigger is over. */
export type Trigger = (id: string, journey: Journey, about: Case) => Promise<Triggered>;

/** Cases between two controls of the same journey. */
export interface Bracket {
  readonly journey: Journey;
  readonly before: Case;
  readonly cases: readonly Case[];
  readonly after: Case;
}

/** At most so many neighbours share their controls. */
const neighbours = 5;

/** The chosen cases in run order, each between two healthy payers. */
export function bracketsOf(cases: readonly Case[]): readonly Bracket[] {
  const journeys = [...new Set(cases.map(({ journey }) => journey))];
  return journeys.flatMap((journey) => {
    const own = cases.filter((each) => each.journey === journey);
    return Array.from({ length: Math.ceil(own.length / neighbours) }, (_, nth) => ({
      journey,
      cases: own.slice(nth * neighbours, (nth + 1) * neighbours),
      before: healthy(`ok-${journey}-${nth + 1}a`, journey),
      after: healthy(`ok-${journey}-${nth + 1}b`, journey),
    }));
  });
}

export const casesOf = (brackets: readonly Bracket[]): readonly Case[] => brackets.flatMap(({ before, cases, after }) => [before, ...cases, after]);

export interface PlayOptions {
  readonly scripted: Scripted;
  readonly brackets: readonly Bracket[];
  readonly trigger: Trigger;
  readonly share: number;
  /** Brackets and cases at a time. A person can serve one. */
  readonly atOnce: number;
  readonly signal: AbortSignal;
  /** A trigger is not waited for longer than this, ms. */
  readonly longest?: number;
  readonly onCase?: (about: Case, nth: number, of: number) => void;
  /** The window of a case has begun, ms. */
  readonly onWindow?: (about: Case, ms: number) => void;
  /** Called after each bracket with what it showed. */
  readonly onPlayed?: (plays: readonly Play[]) => void;
}

/** Plays the brackets: control, cases, control. Resolves with what was played, in the order of the script; what an interruption left out is missing. */
export async function play(options: PlayOptions): Promise<readonly Play[]> {
  const { brackets, atOnce, signal } = options;
  const plays: Play[] = [];
  const waiting = [...brackets];
  const total = casesOf(brackets).length;
  let begun = 0;
  const tell = (about: Case): void => options.onCase?.(about, ++begun, total);
  const work = async (): Promise<void> => {
    for (let bracket = waiting.shift(); bracket !== undefined && !signal.aborted; bracket = waiting.shift()) {
      const played = await playBracket(bracket, options, tell);
      plays.push(...played);
      if (!signal.aborted) options.onPlayed?.(played);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.floor(atOnce / 2)) }, work));
  const order = casesOf(brackets).map(({ id }) => id);
  return plays.sort((a, b) => order.indexOf(a.case) - order.indexOf(b.case));
}

async function playBracket({ journey, before, cases, after }: Bracket, options: PlayOptions, tell: (about: Case) => void): Promise<readonly Play[]> {
  const { scripted, signal, atOnce } = options;
  const began = scripted.now();
  const control = async (about: Case): Promise<Control> => {
    if (signal.aborted) return 'not played';
    tell(about);
    await bounded(options.trigger(about.id, journey, about), options.longest ?? 3_600_000);
    return completed(journey, heardAt(scripted, about.id)) ? 'completed' : 'failed';
  };
  const first = await control(before);
  const took = scripted.now() - began;
  // A client that cannot do the healthy journey can show nothing at the others.
  const played: Omit<Play, 'before' | 'after'>[] = [];
  if (first === 'completed') {
    const waiting = [...cases];
    const work = async (): Promise<void> => {
      for (let about = waiting.shift(); about !== undefined && !signal.aborted; about = waiting.shift())
        played.push(await playCase(about, took, options, tell));
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, cases.length) }, work));
  } else for (const about of cases) played.push(notPlayed(about, scripted));
  const last = first === 'completed' ? await control(after) : 'not played';
  return played.map((each) => ({ ...each, before: first, after: last }));
}

const heardAt = ({ heard }: Scripted, id: string) => heard.filter((each) => each.suite === id);
const notPlayed = (about: Case, scripted: Scripted): Omit<Play, 'before' | 'after'> => ({
  case: about.id,
  triggered: scripted.now(),
  exited: scripted.now(),
  window: 0,
  word: scripted.stage(about.id).word,
});

/** One case: the trigger, and then the window in which a reaction may still come. */
async function playCase(
  about: Case,
  took: number,
  { scripted, trigger, share, signal, onWindow, longest = 3_600_000 }: PlayOptions,
  tell: (about: Case) => void,
): Promise<Omit<Play, 'before' | 'after'>> {
  tell(about);
  const triggered = scripted.now();
  const told = await bounded(trigger(about.id, about.journey, about), longest);
  const exited = scripted.now();
  const window = Math.max(
    (about.window ?? 30) * 1000 * share,
    about.window === undefined ? 3 * took * share : 0,
    longestWait(scripted, about.id) + Math.min(10, about.window ?? 10) * 1000 * share,
  );
  const seen = Math.max(exited, ...heardAt(scripted, about.id).map(left));
  onWindow?.(about, Math.max(0, seen + window - scripted.now()));
  await sleep(Math.max(0, seen + window - scripted.now()), undefined, { signal }).catch(() => undefined);
  return {
    case: about.id,
    triggered,
    exited,
    window,
    word: scripted.stage(about.id).word,
    ...(told.cut ? { cut: true } : {}),
    ...(told.shown === undefined ? {} : { shown: told.shown }),
  };
}

/** What a trigger told; nothing where it failed or never came back. */
async function bounded(triggered: Promise<Triggered>, longest: number): Promise<Triggered> {
  const back = new AbortController();
  const nothing = sleep(longest, { cut: true } as Triggered, { signal: back.signal }).catch((): Triggered => ({}));
  const told = await Promise.race([triggered.catch((): Triggered => ({})), nothing]);
  back.abort();
  return told;
}

/** The longest Retry-After that this case gave, ms. */
function longestWait(scripted: Scripted, id: string): number {
  const given = heardAt(scripted, id).map((each) => parseRetryAfter(each.response?.headers['retry-after'], Date.parse(each.startedAt)));
  return Math.max(0, ...given.map((each) => (each.kind === 'wait' ? each.ms : 0)));
}
