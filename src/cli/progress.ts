import type { DriveOptions } from '../run/drive.ts';
import type { Suite } from '../run/suite.ts';

/** One line a suite: where the run is, how many requests it made and how long it took. Goes to stderr, so stdout stays for machines. */
export function progress(suites: readonly Suite[], say: (line: string) => void): NonNullable<DriveOptions['onSuite']> {
  const began = new Map<string, { readonly at: number; readonly exchanges: number }>();
  let told: string | undefined;
  const width = Math.max(0, ...suites.map((suite) => suite.id.length));
  return (suite, state, exchanges, stopped) => {
    if (state === 'start') {
      began.set(suite.id, { at: performance.now(), exchanges });
      return;
    }
    const before = began.get(suite.id) ?? { at: performance.now(), exchanges };
    const place = `${String(suites.indexOf(suite) + 1).padStart(String(suites.length).length)}/${suites.length}`;
    const count = exchanges - before.exchanges;
    const ms = Math.round(performance.now() - before.at);
    say(`  ${place} ${suite.id.padEnd(width)}  ${suite.title} (${count} request${count === 1 ? '' : 's'}, ${ms} ms)`);
    if (stopped !== undefined && stopped !== told) say(`      stopped: ${stopped}`);
    told = stopped ?? told;
  };
}
