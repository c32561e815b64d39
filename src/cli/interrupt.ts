import { exit } from './failure.ts';

/** Ends when the user presses Ctrl-C (or a supervisor sends SIGTERM); a second time ends the process at once. Call `release` when done. */
export function interruptible(say: (line: string) => void): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  let at = 0;
  const stop = () => {
    // npm and npx hand on a Ctrl-C that the terminal has already sent us: one press must not count as two.
    if (controller.signal.aborted && performance.now() - at < 500) return;
    if (controller.signal.aborted) process.exit(exit.incomplete);
    at = performance.now();
    say('Interrupted: judging and writing what was learned until now. Press Ctrl-C again to leave at once.');
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return { signal: controller.signal, release: () => void process.off('SIGINT', stop).off('SIGTERM', stop) };
}
