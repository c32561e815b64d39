import type { Project } from '@playwright/test';
import { checks } from '../../checks/index.ts';
import type { Requirement } from '../core/model.ts';
import type { AssayOptions } from './fixture.ts';
import { wantedBy, wantedVariable } from './selection.ts';

export interface ConformanceProject extends Partial<AssayOptions> {
  /** Name of the project. Default: `conformance`. */
  readonly name?: string;
  readonly testDir?: string;
  readonly testMatch?: string | RegExp | readonly (string | RegExp)[];
  /** Private requirements, for what `--grep` leaves of them. */
  readonly own?: readonly Requirement[];
}

/**
 * A project for playwright.config.ts whose tests look at one run against the payer. What the command line leaves out by `--grep`, `--grep-invert` or
 * `--last-failed` is not asked either.
 */
export function conformanceProject(options: ConformanceProject = {}): Project {
  const { name = 'conformance', testDir, testMatch, own = [], ...use } = options;
  // Workers read this file as well, with arguments of their own: the first process decides.
  if (process.env['TEST_WORKER_INDEX'] === undefined) {
    const wanted = wantedBy(process.argv.slice(2), [...checks, ...own], name);
    if (wanted === undefined || wanted.length === 0) delete process.env[wantedVariable];
    else process.env[wantedVariable] = wanted.join(',');
  }
  return {
    name,
    ...(testDir === undefined ? {} : { testDir }),
    ...(testMatch === undefined ? {} : { testMatch: typeof testMatch === 'string' || testMatch instanceof RegExp ? testMatch : [...testMatch] }),
    // Playwright's types know the options of a fixture only where its `test` is at hand.
    use: use as NonNullable<Project['use']>,
    // One conversation, however many workers; each test may go to another shard; asking again gives no other answer.
    workers: 1,
    fullyParallel: true,
    retries: 0,
  };
}
