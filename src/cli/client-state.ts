import type { Wanted } from '../client-side/command.ts';
import { lockFolder } from '../run/lock.ts';
import { keepState, type RunState } from '../run/state.ts';

/** Lets others watch while a client is graded: the folder is locked, and its state says which case is played and what was heard last. Throws when the folder is in use. */
export function watched(
  folder: string,
  say: (line: string) => void,
): Required<Pick<Wanted, 'say' | 'onCase' | 'onHeard' | 'onSheet'>> & { end(): void } {
  const letGo = lockFolder(folder);
  const startedAt = new Date().toISOString();
  const said: string[] = [];
  let [cases, begun, requests] = [1, 0, 0];
  let sheet: string | undefined;
  let [last, now] = [undefined as string | undefined, undefined as RunState['underWay'][number] | undefined];
  const state = keepState(folder, () => ({
    ...{ pid: process.pid, target: 'a client', side: 'client', startedAt, at: new Date().toISOString() },
    ...{ suites: cases, over: Math.max(0, begun - 1), requests, said: said.slice(-200) },
    ...(last === undefined ? {} : { last }),
    ...(sheet === undefined ? {} : { sheet }),
    underWay: now === undefined ? [] : [now],
  }));
  state.changed();
  return {
    say(line) {
      // What was said is shown to whoever looks on; the address of the run sheet lets its holder mark cases.
      said.push(sheet === undefined ? line : line.replaceAll(sheet, '(its address is shown in the terminal)'));
      if (said.length > 400) said.splice(0, 200);
      say(line);
      state.changed();
    },
    onCase({ id, does }, nth, of) {
      [cases, begun] = [of, nth];
      now = { suite: id, title: does, since: new Date().toISOString(), waits: 'what the client does there' };
      state.changed();
    },
    onSheet(url) {
      sheet = url;
      state.changed();
    },
    onHeard({ request, step, response }) {
      requests++;
      last = `${request.method} ${step}: ${response?.status ?? 'no answer'}`;
      state.changed();
    },
    end() {
      state.end();
      letGo();
    },
  };
}
