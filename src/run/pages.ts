import { boundsOf } from '../core/bounds.ts';
import { forecast, type Ground, type Suite } from './suite.ts';

/** A search is followed this far in any case, while the run has pages left: that paging works shows by then. */
const fewest = 2;
/** Fewer pages in all would end even a small choice of rows before its answers end. */
const usual = 60;

/**
 * How many further pages a run reads at most: half as many as it makes requests otherwise, unless the target file says (`limits.pages`). A payer whose pages
 * are small would be asked many times what was foretold, mostly for the same list in another form.
 */
export const mostPages = (suites: readonly Suite[], ground: Ground): number =>
  asksPages(suites) === 0 ? 0 : (boundsOf(ground.target).pages ?? Math.max(usual, Math.round(forecast(suites, ground) / 2)));

/**
 * About how many requests a run makes, with the further pages that most payers have: half as many as the conversations make whose answers come in pages.
 * Polls of jobs that take their time come on top.
 */
export const foretold = (suites: readonly Suite[], ground: Ground): number =>
  Math.round(
    forecast(suites, ground) +
      forecast(
        suites.filter((each) => asksPages([each]) > 0),
        ground,
      ) /
        2,
  );

/** Questions whose answers may come in several pages. */
const asksPages = (suites: readonly Suite[]): number =>
  suites.flatMap(({ asks }) => asks.filter(({ step }) => step === 'page')).reduce((sum, { variants }) => sum + (variants?.length ?? 1), 0);

/** Called when a question is asked; what it gives is asked before each further page of the answer. `part`: it may have this part of what is left, e.g. 4. */
export type Pages = (part?: number) => () => boolean;

/** Deals out the pages of a run, so that those who ask early leave enough to the others. */
export function createPages(suites: readonly Suite[], ground: () => Ground): Pages {
  let open = asksPages(suites);
  let used = 0;
  return (part) => {
    open--;
    let own = 0;
    return () => {
      const left = mostPages(suites, ground()) - used;
      if (left <= 0 || own >= Math.max(fewest, Math.floor((left + own) / (part ?? Math.max(1, open))))) return false;
      used++;
      own++;
      return true;
    };
  };
}
