import { AsyncLocalStorage } from 'node:async_hooks';

/** What came of a stage. A skip carries its reason. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
  /** What failed, a line each; the last of many are left to the output above. */
  readonly failures?: readonly string[];
}

export interface Stage {
  readonly name: string;
  readonly run: () => Promise<Count>;
  /** It runs beside the others, one such stage after the other, and its words are held back until it has ended. */
  readonly beside?: true;
  /** Its processes take only what the others leave of the processor. */
  readonly low?: true;
}

type Say = (words: string | Uint8Array) => void;
const speaker = new AsyncLocalStorage<Say>();
const aloud: Say = (words) => void process.stdout.write(words);

/** How the stage that calls this speaks: aloud, or held back. Asked once, at the start: an event may come from anywhere. */
export const voice = (): Say => speaker.getStore() ?? aloud;

const priority = new AsyncLocalStorage<true>();

/** Is the stage that calls this to take only what others leave? */
export const isLow = (): boolean => priority.getStore() === true;

/** Whatever `work` says is for nobody: failures that a test makes on purpose would look like those of the run. */
export const unheard = <Result>(work: () => Promise<Result>): Promise<Result> => speaker.run(() => undefined, work);

/** Plays stages in two lanes: those that wait most of their time beside those that compute. Answers in the order of the stages. */
export async function play(stages: readonly Stage[], write: Say = aloud): Promise<readonly (Count & { readonly name: string })[]> {
  const counts = new Map<string, Count>();
  const ended: (string | Uint8Array)[] = [];
  const release = (): void => {
    for (const words of ended.splice(0)) write(words);
  };
  // Whoever ends us early still reads what has ended.
  process.once('exit', release);
  const one = ({ name, run, low }: Stage, say: Say): Promise<void> =>
    speaker.run(say, async () => {
      say(`\n== ${name}\n`);
      const began = performance.now();
      // A stage that breaks has failed once, and does not hide the others.
      const count = await (low === true ? priority.run(true, run) : run()).catch((cause: unknown): Count => {
        say(`${String(cause)}\n`);
        return { passed: 0, failed: 1, skipped: [], failures: [String(cause)] };
      });
      counts.set(name, count);
      say(`   ${name}: ${count.passed} passed, ${count.failed} failed, ${Math.round((performance.now() - began) / 1000)} s\n`);
    });
  let isAlone = false;
  const front = async (): Promise<void> => {
    for (const stage of stages.filter(({ beside }) => beside !== true)) {
      await one(stage, write);
      release();
    }
    isAlone = true;
  };
  const besides = async (): Promise<void> => {
    for (const stage of stages.filter(({ beside }) => beside === true)) {
      const words: (string | Uint8Array)[] = [];
      await one(stage, (each) => void words.push(each));
      ended.push(...words);
      if (isAlone) release();
    }
  };
  await Promise.all([front(), besides()]);
  process.off('exit', release);
  release();
  return stages.flatMap(({ name }) => {
    const count = counts.get(name);
    return count === undefined ? [] : [{ ...count, name }];
  });
}
