import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JSONReport, JSONReportSpec, JSONReportSuite } from '@playwright/test/reporter';
import { chromiumPath } from '../../src/client/app/browser.ts';
import type { Count } from './lanes.ts';
import { spawned } from './stages.ts';

/** One project of playwright.config.ts as a stage. Tests that are skipped give their reason. */
export async function playwrightProject(project: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), 'payer-assay-playwright-'));
  const file = join(folder, 'report.json');
  try {
    const { code } = await spawned(
      process.execPath,
      ['node_modules/@playwright/test/cli.js', 'test', '--project', project, '--reporter', 'line,json', ...args],
      {
        ...process.env,
        PLAYWRIGHT_JSON_OUTPUT_NAME: file,
        ...env,
      },
    );
    return countOf(JSON.parse(readFileSync(file, 'utf8')) as JSONReport, code);
  } catch (cause) {
    return { passed: 0, failed: 1, skipped: [`playwright made no report: ${(cause as Error).message}`] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The project whose tests launch SMART apps; a machine without Chromium skips it. */
export const appsProject = async (): Promise<Count> =>
  chromiumPath('') === undefined
    ? { passed: 0, failed: 0, skipped: ['no Chromium was found: apt-get install chromium, or set CHROMIUM to its path'] }
    : playwrightProject('apps');

/** All tests of a report of Playwright, in its order. */
export const specsOf = (suites: readonly JSONReportSuite[]): readonly JSONReportSpec[] =>
  suites.flatMap((suite) => [...suite.specs, ...specsOf(suite.suites ?? [])]);

function countOf({ suites, stats, errors }: JSONReport, code: number): Count {
  const skipped = specsOf(suites).flatMap(({ title, tests }) =>
    tests.flatMap(({ status, annotations }) =>
      status === 'skipped' ? [`${title}: ${annotations.find(({ type }) => type === 'skip')?.description ?? 'no reason given'}`] : [],
    ),
  );
  const failed = stats.unexpected + stats.flaky + errors.length;
  // It ended badly, whatever it counted.
  const failures = specsOf(suites).flatMap(({ title, tests }) =>
    tests.some(({ status }) => status === 'unexpected' || status === 'flaky') ? [title] : [],
  );
  return { passed: stats.expected, failed: failed === 0 && code !== 0 ? 1 : failed, skipped, failures };
}
