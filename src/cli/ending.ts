import { exit, explainFailure } from './failure.ts';
import { hurry } from './memory.ts';

/** What ends a run before its time, and the exit code that it then has. */
export interface Ending {
  /** Given when the user or a supervisor wants the end, and when our own code failed beyond every guard. Its reason is an Error that says which. */
  readonly signal: AbortSignal;
  /** 2 when the run was interrupted, 3 when a bug in payer-assay ended it; undefined while nothing did. */
  code(): number | undefined;
  /** A supervisor wants the end, and what is not begun by now would keep it waiting: it is made later, by hand. */
  late(): boolean;
  /** Call when done. */
  release(): void;
}

const stops = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Once the end has come, the work has this long to judge, write and clean up, ms. */
const longest = 120_000;
/** A supervisor that sent SIGTERM, or a terminal that was closed, kills after a while what does not end: from then on no report is begun, ms. */
const patience = 800;

/**
 * Ends when the user presses Ctrl-C, the terminal is closed, a supervisor sends SIGTERM, or `seconds` are over; a second time ends the process at once. The last net too: an
 * error that nobody caught, and a promise that never settles, end the run as a bug in payer-assay, with its evidence kept and what it changed taken back.
 */
export function ending(say: (line: string) => void, seconds?: number): Ending {
  const controller = new AbortController();
  let at = 0;
  let code: number | undefined;
  let mustEnd = false;
  const end = (why: string, with_: number): void => {
    code = Math.max(code ?? 0, with_);
    if (controller.signal.aborted) return;
    hurry();
    controller.abort(new Error(why));
    setTimeout(() => process.exit(code), longest).unref();
  };
  const stop = (name: string) => {
    // npm and npx hand on a Ctrl-C that the terminal has already sent us: one press must not count as two.
    if (at > 0 && performance.now() - at < 500) return;
    if (at > 0) process.exit(code ?? exit.incomplete);
    at = performance.now();
    mustEnd = name !== 'SIGINT';
    say('Interrupted: judging and writing what was learned until now. Press Ctrl-C again to leave at once.');
    end(`the run was interrupted (${name})`, exit.incomplete);
  };
  const defect = (cause: unknown): void => {
    // A terminal or pipe that went away takes our words, not the run.
    if ((cause as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') return;
    say(explainFailure(cause));
    end('a bug of payer-assay ended the run', exit.trouble);
  };
  const idle = (): void => {
    if (controller.signal.aborted) return;
    say('payer-assay stopped on a defect of its own: it waits for something that cannot come any more. Please report it.');
    end('a bug of payer-assay ended the run: it waited for something that could not come', exit.trouble);
  };
  const timeUp =
    seconds === undefined
      ? undefined
      : setTimeout(() => {
          if (controller.signal.aborted) return;
          say(`The ${seconds} s of --max-time are over: judging and writing what was learned until now.`);
          end(`the time of --max-time (${seconds} s) was over`, exit.incomplete);
        }, seconds * 1000).unref();
  for (const name of stops) process.on(name, stop);
  process.on('uncaughtException', defect).on('beforeExit', idle);
  return {
    signal: controller.signal,
    code: () => code,
    late: () => mustEnd && performance.now() - at > patience,
    release() {
      clearTimeout(timeUp);
      for (const name of stops) process.off(name, stop);
      process.off('uncaughtException', defect).off('beforeExit', idle);
    },
  };
}
