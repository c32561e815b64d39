import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from '@playwright/test';

/** Chromium as the set-up found it; absent: why these tests are skipped, and the fix. */
export function findChromium(): { readonly path: string } | { readonly skip: string } {
  const fromSetup = existsSync('.cache/setup.json')
    ? (JSON.parse(readFileSync('.cache/setup.json', 'utf8')) as { chromium?: unknown }).chromium
    : undefined;
  const path = [process.env['CHROMIUM'], fromSetup, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (each): each is string => typeof each === 'string' && existsSync(each),
  );
  return path === undefined ? { skip: 'no Chromium was found: apt-get install chromium, or set CHROMIUM to its path' } : { path };
}

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launch = (path: string): Promise<Browser> => chromium.launch({ executablePath: path, args: quiet });

/** Serves pages by name over HTTP on a free port, so that a stray request would be seen. */
export async function serve(
  pages: Readonly<Record<string, string>>,
): Promise<{ readonly origin: string; readonly asked: string[]; close(): Promise<void> }> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const page = pages[(request.url ?? '').slice(1).split('?')[0] ?? ''];
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' }).end(page ?? 'no such page');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
