import type { BrowserContext, Page, Request } from '@playwright/test';
import type { AppSeenFacts } from '../../core/model.ts';
import type { Launch } from './ehr.ts';

/** What the browser does while an app runs: its requests, its errors, and when it last did anything. */
export interface Watch {
  /** The page that a person would look at: the one opened last. */
  page(): Page;
  /** Requests that have no answer yet. */
  pending(): number;
  /** When something last happened, by performance.now(). */
  lastEvent(): number;
  readonly errors: readonly string[];
  /** The access token stood in the address of a page. */
  tokenInUrl(): boolean;
  /** Other origins than ours and the app's own. */
  origins(home: readonly string[]): NonNullable<AppSeenFacts['app.origins']>;
}

interface Sighting {
  readonly origin: string;
  readonly clear: boolean;
  readonly carries: readonly string[];
}

/** Requests of one launch that are kept. */
const most = 2000;

/** Begins to watch. `member`: what names the member, as it is sought in what leaves for elsewhere. */
export function watchContext(context: BrowserContext, first: Page, launch: Launch, member: readonly string[]): Watch {
  let [page, last, inUrl] = [first, performance.now(), false];
  const pending = new Set<Request>();
  const errors: string[] = [];
  const seen: Sighting[] = [];
  const ours = new URL(launch.iss).origin;
  const touch = (): void => {
    last = performance.now();
  };
  const attend = (opened: Page): void => {
    page = opened;
    touch();
    opened.on('pageerror', (error) => {
      if (errors.length < 20) errors.push(error.message.slice(0, 300));
    });
    opened.on('framenavigated', (frame) => {
      touch();
      const token = launch.token();
      inUrl ||= token !== undefined && frame.url().includes(token);
    });
    // A question of the page is answered as somebody who wants none of it would.
    opened.on('dialog', (dialog) => void dialog.dismiss().catch(() => undefined));
    opened.on('websocket', (socket) => note(socket.url(), ''));
    opened.on('close', () => {
      const others = context.pages();
      page = others.at(-1) ?? page;
    });
  };
  const note = (url: string, rest: string): void => {
    if (!URL.canParse(url) || seen.length >= most) return;
    const { origin, protocol, hostname } = new URL(url);
    if (origin === ours || !/^(https?|wss?):$/.test(protocol)) return;
    const sent = `${url}\n${rest}`;
    const all = `${sent}\n${decoded(sent)}`.toLowerCase();
    const secrets = [...launch.secrets].filter(([, value]) => value.length >= 8 && all.includes(value.toLowerCase())).map(([name]) => kindOf(name));
    const names = member.some((each) => all.includes(each.toLowerCase())) ? ['member'] : [];
    seen.push({ origin, clear: /^(http|ws):$/.test(protocol) && !isLoopback(hostname), carries: [...new Set([...secrets, ...names])] });
  };
  attend(first);
  context.on('page', attend);
  context.on('request', (request) => {
    touch();
    pending.add(request);
    const headers = Object.entries(request.headers()).map(([name, value]) => `${name}: ${value}`);
    note(request.url(), `${headers.join('\n')}\n${request.postData() ?? ''}`);
  });
  const ended = (request: Request): void => {
    touch();
    pending.delete(request);
  };
  // A body that the page does not read never ends.
  context.on('response', (response) => ended(response.request()));
  context.on('requestfinished', ended);
  context.on('requestfailed', ended);
  return {
    page: () => page,
    pending: () => pending.size,
    lastEvent: () => last,
    errors,
    tokenInUrl: () => inUrl,
    origins(home) {
      const foreign = seen.filter(({ origin }) => !home.includes(origin));
      return [...new Set(foreign.map(({ origin }) => origin))].map((origin) => {
        const each = foreign.filter((sighting) => sighting.origin === origin);
        const carries = [...new Set(each.flatMap((sighting) => sighting.carries))];
        return { origin, requests: each.length, carries, clear: each.some(({ clear }) => clear) };
      });
    },
  };
}

const kindOf = (name: string): string => name.split('.')[0] ?? name;
const isLoopback = (host: string): boolean => /^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(host);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return text;
  }
}
