import { type Asking, inWords, type Wait } from '../client/manners/waiting.ts';
import type { DriveOptions } from '../run/drive.ts';
import type { RunState } from '../run/state.ts';
import type { Suite } from '../run/suite.ts';

/** Longest silence, ms: then a line says what is waited for. */
const silence = 15_000;

export interface Progress extends Required<Pick<DriveOptions, 'onSuite' | 'onWait' | 'onAsk' | 'onAnswer'>> {
  /** Where the run stands, for those who watch it from outside. */
  state(): Pick<RunState, 'suites' | 'over' | 'requests' | 'last' | 'underWay' | 'said'>;
  /** No more lines. */
  stop(): void;
}

interface UnderWay {
  readonly at: number;
  /** What it sleeps for, or did last, and since when it has slept for the same. */
  wait?: { readonly what: string; readonly since: number; readonly until: number };
  /** The request that is on its way. */
  asks?: Asking | undefined;
}

/**
 * One line a suite: where the run is, how many requests it made and how long it took; and at least every 15 s what is waited for, since when, until when at
 * most, and what Ctrl-C would lose. `live` writes the same each second over one line of a terminal. Goes to stderr, so stdout stays for machines.
 */
export function progress(suites: readonly Suite[], say: (line: string) => void, live?: (line: string) => void): Progress {
  const underWay = new Map<Suite, UnderWay>();
  /** Reasons that were told: what needs a suite that stopped repeats its reason. */
  const told: string[] = [];
  let over = 0;
  let last = performance.now();
  let requests = 0;
  let answer: string | undefined;
  const said: string[] = [];
  const width = Math.max(0, ...suites.map((suite) => suite.id.length));
  const tell = (line: string): void => {
    live?.('');
    last = performance.now();
    said.push(line);
    if (said.length > 200) said.shift();
    say(line);
  };
  const waiting = (): string =>
    [...underWay]
      .map(([suite, { at, wait, asks }]) =>
        wait === undefined || (asks !== undefined && wait.until < Date.now())
          ? `${suite.id} is under way since ${clock(at)}${asks === undefined ? '' : `, asks ${asks.what} since ${clock(asks.since)}`}`
          : `${suite.id} waits for ${wait.what} since ${clock(wait.since)}, until ${clock(wait.until)} at most`,
      )
      .join('; ');
  const tick = (): void => {
    if (underWay.size === 0) return;
    live?.(`  ${over}/${suites.length} ${waiting()}`);
    if (performance.now() - last < silence) return;
    const open = suites.length - over;
    tell(`  ... ${waiting()}. Ctrl-C now: what was learned is graded, jobs are cancelled, ${open} conversation${open === 1 ? '' : 's'} lost.`);
  };
  const timer = setInterval(tick, 1000).unref();
  return {
    onSuite(suite, state, exchanges, stopped) {
      if (state === 'start') {
        underWay.set(suite, { at: Date.now() });
        return;
      }
      const { at } = underWay.get(suite) ?? { at: Date.now() };
      underWay.delete(suite);
      const place = `${String(++over).padStart(String(suites.length).length)}/${suites.length}`;
      tell(`  ${place} ${suite.id.padEnd(width)}  ${suite.title} (${exchanges} request${exchanges === 1 ? '' : 's'}, ${Date.now() - at} ms)`);
      if (stopped === undefined || told.some((reason) => stopped.includes(reason))) return;
      told.push(stopped);
      tell(`      stopped: ${stopped}`);
    },
    onWait(suite, wait) {
      const about = underWay.get(suite);
      if (about && wait !== undefined) about.wait = sleeping(wait, about.wait);
    },
    onAsk(suite, asking) {
      const about = underWay.get(suite);
      if (about) about.asks = asking;
    },
    onAnswer({ step, probe, request, response, error, timing }) {
      requests++;
      const outcome = response === null ? `no answer (${error?.code ?? 'unknown'})` : response.status;
      answer = `${inWords(request.method, step, probe)}: ${outcome} in ${Math.round(timing.total)} ms`;
    },
    state: () => ({
      ...{ suites: suites.length, over, requests, said },
      ...(answer === undefined ? {} : { last: answer }),
      underWay: [...underWay].map(([{ id, title }, { at, wait, asks }]) => ({
        ...{ suite: id, title, since: new Date(at).toISOString() },
        ...(wait !== undefined && wait.until > Date.now() ? { waits: `${wait.what}, until ${clock(wait.until)} at most` } : {}),
        ...(asks === undefined ? {} : { asks: `${asks.what}, since ${clock(asks.since)}` }),
      })),
    }),
    stop() {
      clearInterval(timer);
      live?.('');
    },
  };
}

/** Sleeps for the same thing are one wait. */
const sleeping = ({ what, until }: Wait, before: UnderWay['wait']) => ({ what, until, since: before?.what === what ? before.since : Date.now() });

const clock = (ms: number): string => new Date(ms).toTimeString().slice(0, 8);

/** Writes over the last line of a terminal; undefined where there is none, or a build server reads along. */
export const liveLine = ({ isTTY, columns = 80 }: NodeJS.WriteStream, env: NodeJS.ProcessEnv): ((line: string) => void) | undefined =>
  isTTY && env['CI'] === undefined ? (line) => void process.stderr.write(`\r\u001b[2K${line.slice(0, columns - 1)}`) : undefined;
