import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page, Response } from '@playwright/test';
import type { AppCase, AppSeenFacts, TransportError, TransportErrorCode, WireResponse } from '../../core/model.ts';
import { allowId, harmless, refuseId } from './documents.ts';
import type { Launch } from './ehr.ts';
import { barriersOf, keepLines, type Look, lookAt, tokenKeptIn } from './look.ts';
import { type Watch, watchContext } from './watch.ts';

/** One launch, from the click on a link to the last word on the screen, in a fresh context: no cookie and no storage of another one. */

export interface Visiting {
  readonly kind: AppCase;
  /** With `iss` and `launch`. */
  readonly url: string;
  /** Words by which the member is recognised on a page: all of them must be there. */
  readonly name: readonly string[];
  /** What must not leave for elsewhere: the name in full, numbers, the date of birth. */
  readonly member: readonly string[];
  readonly shows?: string | undefined;
  /** Path of the module that logs in. */
  readonly login?: string | undefined;
  /** Where a picture of the last page goes. */
  readonly picture?: { readonly path: string; readonly name: string } | undefined;
  /** What the browser did is kept, step by step, to be looked at in Playwright's viewer. */
  readonly traced: boolean;
  /** Certificates that nobody vouches for are taken. */
  readonly relaxed: boolean;
  readonly signal: AbortSignal;
}

export interface Visited {
  readonly page: { readonly response: WireResponse | null; readonly error?: TransportError; readonly startedAt: string; readonly ms: number };
  /** Absent when no page came. */
  readonly seen?: { readonly url: string; readonly text: string; readonly startedAt: string; readonly ms: number; readonly facts: AppSeenFacts };
  /** It asked for a login of its own, and nobody passed it. */
  readonly login: boolean;
  /** A trace as Playwright wrote it: with every token in it, so it may not be stored like this. */
  readonly trace?: Uint8Array;
}

/** Waits, ms: for a page that has said what was hoped for, for one that has not, and at most. */
const waits = { still: 400, patient: 1500, most: 15_000, look: 40 } as const;
/** A consent page is clicked so often: an app that comes again and again goes round in circles. */
const mostConsents = 3;
const mostBody = 200_000;
const mostLines = 300;

export async function visit(browser: Browser, launch: Launch, asked: Visiting): Promise<Visited> {
  const context = await browser.newContext({ serviceWorkers: 'block', acceptDownloads: false, ignoreHTTPSErrors: asked.relaxed, locale: 'en-US' });
  try {
    // No pictures: nothing in them can be replaced. No sources: they are ours.
    if (asked.traced) await context.tracing.start({ snapshots: true, screenshots: false, sources: false });
    await context.addInitScript(keepLines);
    const page = await context.newPage();
    const visited = await follow(page, watchContext(context, page, launch, asked.member), launch, asked);
    const trace = asked.traced ? await traceOf(context) : undefined;
    return trace === undefined ? visited : { ...visited, trace };
  } finally {
    launch.release();
    await context.close().catch(() => undefined);
  }
}

/** Playwright writes to a file only: into a folder that nobody else may read, and that is gone at once. Undefined when there is no trace to be had. */
async function traceOf(context: BrowserContext): Promise<Uint8Array | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'payer-assay-trace-'));
  const path = join(folder, 'trace.zip');
  try {
    await context.tracing.stop({ path });
    return readFileSync(path);
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function follow(page: Page, watch: Watch, launch: Launch, asked: Visiting): Promise<Visited> {
  const startedAt = new Date().toISOString();
  const began = performance.now();
  const came = await page.goto(asked.url, { waitUntil: 'commit', timeout: waits.most }).catch((cause: Error) => cause);
  const ms = performance.now() - began;
  if (!came || came instanceof Error) return { page: { response: null, error: errorOf(came), startedAt, ms }, login: false };
  const response = await firstOf(came);
  const end = await settle(watch, launch, asked, began);
  const shown = watch.page();
  const token = launch.token();
  // Our own markup, told back as words, is as it should be.
  const text = (end.look?.text ?? '').replaceAll(harmless.trim(), '');
  const home = [new URL(asked.url).origin, ...launch.calls.flatMap(({ facts }) => facts['app.authorize']?.redirect ?? [])];
  const facts: AppSeenFacts = {
    'app.shows': { member: isNamed(text, asked.name), context: asked.shows === undefined ? null : text.includes(asked.shows) },
    'app.firstUseful': end.firstUseful,
    ...(asked.kind === 'slow' ? { 'app.waiting': end.waiting } : {}),
    'app.passing': passing(end.read, text),
    'app.busy': end.busy,
    'app.ranInput': end.look?.ran ?? false,
    'app.errors': watch.errors,
    'app.origins': watch.origins(home),
    'app.tokenIn': [...(watch.tokenInUrl() ? ['url'] : []), ...(await tokenKeptIn(shown, token))],
    ...(asked.kind === 'plain' && !end.login ? await barriersOf(shown) : {}),
    ...(await pictured(shown, launch, asked.picture)),
  };
  return {
    page: { response, startedAt, ms },
    seen: { url: shown.url(), text, startedAt: new Date().toISOString(), ms: performance.now() - began, facts },
    login: end.login,
  };
}

interface End {
  /** Lines that could be read at any time. */
  readonly read: ReadonlySet<string>;
  readonly look: Look | undefined;
  readonly firstUseful: number | null;
  readonly waiting: string | null;
  readonly busy: boolean;
  readonly login: boolean;
}

/** Until the page has nothing left to do, or our clock ends it. The script of the practice clicks, logs in and lets late answers go meanwhile. */
async function settle(watch: Watch, launch: Launch, asked: Visiting, began: number): Promise<End> {
  let [look, changed, firstUseful, waiting] = [undefined as Look | undefined, began, null as number | null, null as string | null];
  let [consents, tried, held] = [0, false, false];
  // When the page last said something else.
  let worded = began;
  const read = new Set<string>();
  const ourPages = launch.iss.replace(/fhir$/, 'auth/');
  void launch.asked.then(() => {
    held = asked.kind === 'slow';
  });
  const end = (busy: boolean, login = false): End => ({ read, look, firstUseful, waiting, busy, login });
  /** On a busy machine a page may still show what stood there before the last answer came. */
  const hasReacted = (): boolean => worded >= watch.lastEvent();
  for (;;) {
    asked.signal.throwIfAborted();
    // What is looked at is younger than this, however long looking takes.
    const now = performance.now();
    const page = watch.page();
    const seen = await lookAt(page);
    const here = seen !== undefined && !seen.url.startsWith(ourPages) ? seen : undefined;
    if (here !== undefined && here.text !== look?.text) changed = worded = performance.now();
    look = here ?? look;
    if (read.size < mostLines) for (const line of [...linesOf(here?.text ?? ''), ...(here?.lines ?? [])]) read.add(line);
    if (firstUseful === null && isNamed(look?.text ?? '', asked.name)) firstUseful = Math.round(performance.now() - began);
    if (seen !== undefined && here === undefined && consents < mostConsents && (await consent(page, asked.kind))) {
      consents++;
      changed = performance.now();
    }
    const still = now - Math.max(changed, watch.lastEvent());
    if (held && still >= waits.still) {
      waiting = look?.text ?? '';
      held = false;
      changed = performance.now();
      launch.release();
    } else if (!held && watch.pending() === 0 && still >= (enough(look, launch, asked) && hasReacted() ? waits.still : waits.patient)) {
      if (look?.login !== true && !(asked.login !== undefined && launch.calls.length === 0)) return end(false);
      if (tried || asked.login === undefined) return end(false, look?.login ?? false);
      tried = true;
      await logIn(asked.login, page);
      changed = performance.now();
    }
    if (now - began > waits.most) return end(true);
    await new Promise((resolve) => setTimeout(resolve, waits.look));
  }
}

/** What was hoped for is there, so nothing more is waited for. */
function enough(look: Look | undefined, launch: Launch, { kind, name, shows }: Visiting): boolean {
  const text = look?.text ?? '';
  if (kind === 'plain' || kind === 'slow') return isNamed(text, name) && (shows === undefined || text.includes(shows));
  return text !== '' && launch.calls.some(({ facts }) => facts['app.call'] === (kind === 'denied' || kind === 'wrong-state' ? 'authorize' : 'query'));
}

/** Clicks on our page as the practice would; false where this page of ours asks for nothing. */
const consent = async (page: Page, kind: AppCase): Promise<boolean> => {
  const clicked = `((link) => { link?.click(); return link !== null; })(document.getElementById('${kind === 'denied' ? refuseId : allowId}'))`;
  return (await page.evaluate(clicked).catch(() => false)) === true;
};

async function logIn(module: string, page: Page): Promise<void> {
  const { default: script } = (await import(pathToFileURL(module).href)) as { readonly default?: unknown };
  if (typeof script !== 'function') throw new Error(`${module} exports no function by default. Write: export default async (page) => { ... }`);
  await script(page);
}

const linesOf = (text: string): readonly string[] => text.split('\n').map((line) => line.trim());

function passing(read: ReadonlySet<string>, end: string): string {
  const here = new Set(linesOf(end));
  return [...read].filter((line) => line !== '' && !here.has(line)).join('\n');
}

const isNamed = (text: string, name: readonly string[]): boolean =>
  name.length > 0 && name.every((each) => text.toLowerCase().includes(each.toLowerCase()));

/** The first answer at the launch URL, before any redirect. */
async function firstOf(response: Response): Promise<WireResponse> {
  let request = response.request();
  for (let before = request.redirectedFrom(); before !== null; before = request.redirectedFrom()) request = before;
  const first = (await request.response()) ?? response;
  // A page that goes on at once takes its text along.
  const body = first.status() >= 300 && first.status() < 400 ? '' : await first.text().catch(() => '(the page went on before its text was read)');
  return { status: first.status(), headers: await first.allHeaders(), body: body.slice(0, mostBody) };
}

const codes: readonly (readonly [RegExp, TransportErrorCode])[] = [
  [/ERR_NAME/, 'dns'],
  [/ERR_CONNECTION_REFUSED/, 'refused'],
  [/ERR_(CERT|SSL)/, 'tls'],
  [/ERR_CONNECTION/, 'reset'],
  [/imeout/, 'timeout'],
];

function errorOf(cause: Error | null): TransportError {
  const message = cause?.message.split('\n')[0] ?? 'the browser got no answer';
  return { code: codes.find(([sign]) => sign.test(message))?.[1] ?? 'protocol', message };
}

/** A picture without what only this launch may know. */
async function pictured(page: Page, launch: Launch, to: Visiting['picture']): Promise<Pick<AppSeenFacts, 'app.picture'>> {
  if (to === undefined) return {};
  const mask = [...launch.secrets.values()].map((secret) => page.getByText(secret));
  const taken = await page.screenshot({ path: to.path, mask, fullPage: true, timeout: 5000 }).then(
    () => true,
    () => false,
  );
  return taken ? { 'app.picture': to.name } : {};
}
