import type { Page } from '@playwright/test';
import type { AppSeenFacts } from '../../core/model.ts';

/** What can be read off a page. Scripts are text: they run in the page, of which our types know nothing. */

export interface Look {
  /** Address, without what follows `#`. */
  readonly url: string;
  /** Visible words. */
  readonly text: string;
  /** It asks for a password. */
  readonly login: boolean;
  /** What our words of a refusal did in it. */
  readonly ran: boolean;
  /** Lines that could be read in this document so far, however shortly. */
  readonly lines: readonly string[];
}

const most = 50_000;
const mostLines = 300;
/** A look comes now and then; what was there in between is kept by the page itself. Under a symbol: an app that goes through its globals finds nothing of ours. */
const kept = `Symbol.for('payer-assay.lines')`;

/** To run in every document before its own scripts. */
export const keepLines = `(() => {
  const lines = new Set();
  Object.defineProperty(document, ${kept}, { value: lines });
  new MutationObserver(() => {
    if (lines.size >= ${mostLines} || !document.body) return;
    for (const line of document.body.innerText.slice(0, ${most}).split('\\n')) lines.add(line.trim());
  }).observe(document, { childList: true, characterData: true, subtree: true });
})()`;

const looking = `(() => ({
  url: location.href.split('#')[0],
  text: (document.body?.checkVisibility() ? document.body.innerText : '').slice(0, ${most}),
  login: [...document.querySelectorAll('input[type=password]')].some((each) => each.offsetParent !== null),
  ran: document.documentElement.dataset.payerAssay === 'ran',
  lines: [...(document[${kept}] ?? [])],
}))()`;

/** The page with its frames; undefined while it is on its way to another address. */
export async function lookAt(page: Page): Promise<Look | undefined> {
  const parts: Look[] = [];
  for (const frame of page.frames()) {
    const part = (await frame.evaluate(looking).catch(() => undefined)) as Look | undefined;
    if (part === undefined && frame === page.mainFrame()) return undefined;
    if (part !== undefined) parts.push(part);
  }
  return {
    url: parts[0]?.url ?? '',
    text: parts
      .map(({ text }) => text.trim())
      .filter((text) => text !== '')
      .join('\n'),
    login: parts.some(({ login }) => login),
    ran: parts.some(({ ran }) => ran),
    lines: parts.flatMap(({ lines }) => lines),
  };
}

/** Where the token is kept in the end, besides the page's memory. */
export async function tokenKeptIn(page: Page, token: string | undefined): Promise<readonly string[]> {
  if (token === undefined) return [];
  const stored = `((token) => ['localStorage', 'sessionStorage'].filter((name) => {
    try { return JSON.stringify(Object.entries(window[name])).includes(token); } catch { return false; }
  }))(${JSON.stringify(token)})`;
  const places = (await page.evaluate(stored).catch(() => [])) as readonly string[];
  const cookies = (await page.context().cookies()).filter(({ value }) => value.includes(token));
  return [...places, ...new Set(cookies.map(({ secure }) => (secure ? 'cookie' : 'clear cookie')))];
}

/** Barriers for people with disabilities that axe finds, the serious ones; or why nobody looked. */
export async function barriersOf(page: Page): Promise<Pick<AppSeenFacts, 'app.barriers' | 'app.barriersUnseen'>> {
  const axe = await import('@axe-core/playwright').catch(() => undefined);
  if (axe === undefined) return { 'app.barriersUnseen': 'axe is not installed. Fix: npm install --save-dev @axe-core/playwright' };
  try {
    const { violations } = await new axe.AxeBuilder({ page }).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    return { 'app.barriers': serious.map(({ id, impact, help, nodes }) => ({ rule: id, impact: impact ?? '', help, count: nodes.length })) };
  } catch (cause) {
    return { 'app.barriersUnseen': `axe could not look at this page: ${(cause as Error).message.split('\n')[0]}` };
  }
}
