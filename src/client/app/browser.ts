import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser } from '@playwright/test';
import { Stop } from '../stop.ts';

/** One Chromium for all launches of a session: started when the first app needs it, gone when nobody does. */

/** The command that brings what is missing. */
const command = 'npm install --save-dev @playwright/test && npx playwright install chromium';
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** A Chromium by the environment name CHROMIUM, on the PATH, or of Playwright's own; undefined when there is none. */
export function chromiumPath(own: string): string | undefined {
  const named = process.env['CHROMIUM'];
  // Who names one wants that one.
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin'];
  const installed = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [own, ...installed].find((each) => each !== '' && existsSync(each));
}

const quiet = [
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  // An app on the internet is launched by an EHR on this machine: Chromium would ask a person whether it may call us.
  '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
];

let running: { readonly browser: Promise<Browser>; users: number } | undefined;

/** A browser that is lent: give it back, and the last one closes it. Throws `Stop` (set-up) where there is no Playwright or no Chromium. */
export async function borrowBrowser(): Promise<{ readonly browser: Browser; giveBack(): Promise<void> }> {
  running ??= { browser: start(), users: 0 };
  const lent = running;
  lent.users++;
  const giveBack = async (): Promise<void> => {
    lent.users--;
    if (lent.users > 0) return;
    if (running === lent) running = undefined;
    await (await lent.browser.catch(() => undefined))?.close();
  };
  try {
    return { browser: await lent.browser, giveBack };
  } catch (cause) {
    await giveBack();
    throw cause;
  }
}

async function start(): Promise<Browser> {
  const playwright = await import('@playwright/test').catch(() => undefined);
  if (playwright === undefined) throw new Stop(`apps are launched by Playwright, which is not installed. Fix: ${command}`, 'set-up');
  const path = chromiumPath(playwright.chromium.executablePath());
  if (path === undefined)
    throw new Stop(`apps are launched in Chromium, and none was found. Fix: ${command} (or set CHROMIUM to the path of one)`, 'set-up');
  // Chromium refuses its sandbox to root. Signals are ours: a run that is cut short must still judge what it has.
  const args = process.getuid?.() === 0 ? ['--no-sandbox', ...quiet] : quiet;
  return playwright.chromium
    .launch({ executablePath: path, args, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false })
    .catch((cause: Error) => {
      throw new Stop(`Chromium (${path}) did not start: ${cause.message.split('\n')[0]}. Fix: ${command}`, 'set-up');
    });
}
