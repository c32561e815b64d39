import type { Project } from '@playwright/test';
import { app } from '../../checks/app/index.ts';
import { checks } from '../../checks/index.ts';
import type { Requirement } from '../core/model.ts';
import type { AssayOptions } from './fixture.ts';
import { wantedBy, wantedVariable } from './selection.ts';

/** What both kinds of project take. */
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
  const { name = 'conformance', own = [] } = options;
  remember(name, wantedBy(process.argv.slice(2), [...checks, ...own], name));
  return projectOf(name, options);
}

/**
 * A project whose tests are the requirements about SMART apps: each app of the target file, or the one that a card links to, is launched in Chromium, once for
 * all tests. Its spec calls `requirements({ apps: true })`.
 */
export function appsProject(options: ConformanceProject = {}): Project {
  const { name = 'apps' } = options;
  remember(name, wantedBy(process.argv.slice(2), app.checks, name) ?? app.checks.map(({ id }) => id));
  return projectOf(name, { ...options, assayApps: true });
}

/** Workers read this file as well, with arguments of their own: the first process decides. */
function remember(project: string, wanted: readonly string[] | undefined): void {
  if (process.env['TEST_WORKER_INDEX'] !== undefined) return;
  if (wanted === undefined || wanted.length === 0) delete process.env[wantedVariable(project)];
  else process.env[wantedVariable(project)] = wanted.join(',');
}

function projectOf(name: string, { name: _name, testDir, testMatch, own: _own, ...use }: ConformanceProject): Project {
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
