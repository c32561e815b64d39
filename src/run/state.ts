import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a run stands, in a file of its folder, for whoever watches it from outside: `payer-assay serve`, or `cat`. Gone with the end of the run. */
export interface RunState {
  readonly pid: number;
  readonly target: string;
  /** Absent: a payer is judged. */
  readonly side?: 'client';
  /** Of a client whose cases a person goes through: where the page for that is. */
  readonly sheet?: string;
  /** ISO instants. */
  readonly startedAt: string;
  readonly at: string;
  readonly suites: number;
  readonly over: number;
  readonly requests: number;
  /** The last answer: `GET search -> 200 in 12 ms`. No URL stands here, since none is redacted yet. */
  readonly last?: string;
  /** `asks`: the request on its way, and since when; `waits`: what it sleeps for. */
  readonly underWay: readonly {
    readonly suite: string;
    readonly title: string;
    readonly since: string;
    readonly waits?: string;
    readonly asks?: string;
  }[];
  /** The last lines that the run said. */
  readonly said: readonly string[];
}

export const stateFile = 'state.json';

/** Keeps the state of a run in its folder, at most twice a second. A state that cannot be written is no reason to end the run. */
export function keepState(folder: string, state: () => RunState): { readonly changed: () => void; readonly end: () => void } {
  const path = join(folder, stateFile);
  const draft = `${path}.tmp`;
  let due: NodeJS.Timeout | undefined;
  let written = false;
  const write = (): void => {
    due = undefined;
    try {
      writeFileSync(draft, JSON.stringify(state()), { mode: 0o600 });
      renameSync(draft, path);
      written = true;
    } catch {
      // The folder is made by the run itself, a moment later.
    }
  };
  return {
    changed() {
      due ??= setTimeout(write, 500).unref();
    },
    end() {
      clearTimeout(due);
      // It may be that of another run, which kept us out of its folder.
      if (!written) return;
      rmSync(draft, { force: true });
      rmSync(path, { force: true });
    },
  };
}

/** Undefined when there is none, or it is torn. */
export function stateIn(folder: string): RunState | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, stateFile), 'utf8')) as RunState;
  } catch {
    return undefined;
  }
}
