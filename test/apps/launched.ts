import { checks } from '../../checks/index.ts';
import type { Embedded } from '../../mocks/embedded.ts';
import { chromiumPath } from '../../src/client/app/browser.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Evidence, Finding, Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

/** Why these tests are skipped; false where there is a Chromium. */
export const noBrowser = chromiumPath('') === undefined ? 'no Chromium was found: apt-get install chromium, or set CHROMIUM to its path' : false;

/** Launches these apps, with the people of the embedded payer; what was stored of it. */
export async function launched(
  embedded: Embedded,
  apps: NonNullable<Target['apps']>,
  more: Partial<Target> = {},
  pictures?: string,
  onTrace?: (name: string, zip: Uint8Array) => void,
): Promise<Evidence> {
  const target: Target = { ...embedded.target, apps, ...more };
  const session = openSession(target, embedded.secrets);
  try {
    return await drive({
      target,
      suites: withNeeds(suites, ['apps'], target),
      ...session,
      ...(pictures === undefined ? {} : { pictures }),
      ...(onTrace ? { onTrace } : {}),
    });
  } finally {
    session.close();
  }
}

export const appChecks = checks.filter(({ id }) => id.startsWith('app.'));

/** What each row about apps says. */
export const verdicts = (evidence: Evidence): ReadonlyMap<string, Finding> =>
  new Map(appChecks.map((check) => [check.id, findingOf(check, evidence)]));

/** A finding in one line. */
export const words = (finding: Finding | undefined): string =>
  finding === undefined
    ? 'no verdict'
    : finding.outcome === 'fail'
      ? `fail: ${finding.actual}`
      : finding.outcome === 'pass'
        ? 'pass'
        : `${finding.outcome}: ${finding.reason}`;
