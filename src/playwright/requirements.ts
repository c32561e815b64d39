import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestInfo } from '@playwright/test';
import { app } from '../../checks/app/index.ts';
import { checks } from '../../checks/index.ts';
import type { Requirement } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';
import { saidFile } from './driven.ts';
import { assay } from './fixture.ts';
import { runsFolder, tagsOf, titleOf } from './selection.ts';
import type { Shown } from './shown.ts';

/**
 * Declares one test for each requirement of the catalogue, and of `own` private ones. Not testable and not applicable are skipped with their reason; a
 * warning passes with an annotation; an expected failure is expected to fail, and fails when it passes. `source`, `scenarios` and who can unblock it are annotations.
 * `apps`: only those about launched SMART apps, for a project of `appsProject`.
 */
export function requirements({ own = [], apps = false }: { readonly own?: readonly Requirement[]; readonly apps?: boolean } = {}): void {
  for (const row of apps ? app.checks : [...checks, ...own])
    assay(titleOf(row), { tag: [...tagsOf(row)], annotation: annotationsOf(row) }, async ({ payerRun }, info) => {
      const shown = await payerRun.shown(row.id);
      if (payerRun.mute !== undefined && shown.state === 'not testable')
        sayOnce(info.project.name, `No statement about this payer: ${payerRun.mute}. ${shown.why}`);
      await tell(shown, info, payerRun.folder);
    });
}

/** A run that shows nothing must not look like success: the first test that would be skipped fails for all of them. */
function sayOnce(project: string, why: string): void {
  const file = saidFile({ owner: process.ppid, project });
  if (existsSync(file)) return;
  makeFolder(runsFolder);
  writeFileSync(file, why, { mode: 0o600 });
  throw withoutStack(why);
}

const annotationsOf = ({ source, scenarios, lines, level }: Requirement) => [
  { type: 'source', description: `${source.ig} ${source.version}, ${source.section}: ${source.url}` },
  { type: 'level', description: level },
  { type: 'scenarios', description: scenarios.join(' ') },
  { type: 'lines', description: lines.join(' ') },
];

async function tell({ state, why, responsible, note, exchange, picture, trace }: Shown, info: TestInfo, folder: string): Promise<void> {
  const annotate = (type: string, description: string | undefined): void => {
    if (description !== undefined) info.annotations.push({ type, description });
  };
  annotate('note', note);
  annotate('who can unblock it', responsible);
  if (exchange) {
    await info.attach(exchange.title, { body: exchange.text, contentType: 'text/plain' });
    await info.attach('repeat it with curl', { body: exchange.curl, contentType: 'text/plain' });
  }
  const besides = (name: string | undefined): string | undefined => {
    const path = name === undefined ? undefined : join(folder.endsWith('.json') ? dirname(folder) : folder, name);
    return path !== undefined && existsSync(path) ? path : undefined;
  };
  const [seen, steps] = [besides(picture), besides(trace)];
  if (seen !== undefined) await info.attach('what was on the screen', { path: seen, contentType: 'image/png' });
  // Under this name the HTML report opens it in Playwright's viewer.
  if (steps !== undefined) await info.attach('trace', { path: steps, contentType: 'application/zip' });
  if (state === 'not testable' || state === 'not applicable') info.skip(true, `${state}: ${why}`);
  if (state === 'warning') annotate('warning', why);
  if (state === 'expected failure') info.fail(true, why);
  if (state === 'failed' || state === 'expected failure' || state === 'stale expectation') throw withoutStack(why ?? state);
}

/** Where in our files this was thrown tells a reader nothing about the payer. */
function withoutStack(message: string): Error {
  const error = new Error(message);
  error.stack = message;
  return error;
}
