import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from '@playwright/test';
import { startEmbedded } from '../../mocks/embedded.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import { storedRun } from '../../src/desk/runs.ts';
import { findChromium, launch } from '../browser/chromium.ts';
import { runIn, startNode } from '../cli/payer-assay.ts';
import { openDesk, until } from './desk.ts';
import { folderOfRuns } from './places.ts';

/** `payer-assay serve` in Chromium, with real runs of the embedded payer. */
const chromium = findChromium();
const skip = 'skip' in chromium ? chromium.skip : false;
const axe = ('default' in AxeBuilder ? AxeBuilder.default : AxeBuilder) as unknown as new (options: {
  page: Page;
}) => {
  analyze(): Promise<{ violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[] }>;
};

describe('payer-assay serve in a browser', { skip }, () => {
  let browser: Browser;
  let desk: Awaited<ReturnType<typeof openDesk>>;
  const place = folderOfRuns();
  before(async () => {
    place.run('2026-old', 8);
    place.run('2026-new', 1);
    desk = await openDesk({ out: place.out });
    writeFileSync(join(desk.targets, 'acme.json'), JSON.stringify({ name: 'Acme sandbox', auth: { kind: 'none' }, members: {} }));
    browser = await launch('path' in chromium ? chromium.path : '');
  });
  after(async () => {
    await browser?.close();
    await desk?.close();
  });

  async function open(path: string, how: { readonly phone?: true; readonly dark?: true; readonly noScript?: true } = {}) {
    const context = await browser.newContext({
      viewport: how.phone ? { width: 420, height: 900 } : { width: 1280, height: 900 },
      colorScheme: how.dark ? 'dark' : 'light',
      javaScriptEnabled: how.noScript !== true,
    });
    const page = await context.newPage();
    const trouble: string[] = [];
    page.on('request', (request) => request.url().startsWith(desk.origin) || request.url().startsWith('data:') || trouble.push(request.url()));
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('console', (message) => message.type() === 'error' && trouble.push(message.text()));
    await page.goto(`${desk.origin}${path}`);
    return { page, trouble, close: () => context.close() };
  }
  const clean = async (page: Page, what: string) => {
    const { violations } = await new axe({ page }).analyze();
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
      [],
      what,
    );
  };
  const overflow = (page: Page) => page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  test('a run is started by keyboard, watched on a phone to its end, and its report opened', async () => {
    const { page, trouble, close } = await open('/', { phone: true });
    await page.getByLabel('Payer', { exact: true }).focus();
    await page.keyboard.press('Home');
    await page.getByText('Plans, single requirements, load, apps').focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Only requirements whose id contains').focus();
    await page.keyboard.type('cc3.metadata.available');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\//);
    await page.getByRole('heading', { name: 'Scorecard so far' }).waitFor();
    await clean(page, 'under way');
    assert.equal(await overflow(page), 0);
    await page.getByRole('heading', { name: 'Result' }).waitFor({ timeout: 240_000 });
    assert.match((await page.locator('#live-log').textContent()) ?? '', /conversations for 1 requirements/);
    const name = decodeURIComponent(new URL(page.url()).pathname.split('/')[2] ?? '');
    assert.equal(storedRun(join(place.out, name))?.summary?.result, 'conformant');
    assert.deepEqual(runIn(join(place.out, name)).selection, { only: ['cc3.metadata.available'] });
    await clean(page, 'finished');
    assert.equal(await overflow(page), 0);
    await page.getByRole('link', { name: 'conformance.html' }).click();
    await page.getByRole('heading', { name: 'Scorecard' }).waitFor();
    assert.deepEqual(trouble, []);
    await close();
  });

  test('live verdicts and answers are seen before the end; a stopped run says so, and a new server finds it under way', async (t) => {
    // Its exports never end, so that the run is under way until somebody stops it.
    const endless = await startEmbedded();
    t.after(() => endless.close());
    endless.payer.inject({ name: 'never ends a job', at: 'bulk.status', behaviour: 'never-ends' });
    const bulk = { ...endless.target.bulk, maxWait: 600 };
    writeTarget(join(desk.targets, 'endless.json'), { ...endless.target, name: 'Endless exports', bulk }, endless.secrets);
    const { page, close } = await open('/');
    t.after(close);
    await page.getByLabel('Payer', { exact: true }).selectOption('endless.json');
    await page.getByRole('checkbox', { name: 'S1 Patient information' }).check();
    await page.getByRole('checkbox', { name: 'S6 Bulk claims' }).check();
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(/\/runs\//);
    await page.getByText('Verdicts on the').waitFor({ timeout: 240_000 });
    assert.match((await page.locator('#live-score').textContent()) ?? '', /Verdicts on the [1-9][\d,]* answers/);
    assert.ok((await page.locator('#live-score .c.pass, #live-score .c.open').count()) > 0);
    assert.match((await page.locator('#live-state').textContent()) ?? '', /conversations over, [\d,]+ requests made; the last: /);
    const name = decodeURIComponent(new URL(page.url()).pathname.split('/')[2] ?? '');
    // Another server over the same folder, as after a restart: the run is there, and can be stopped from there.
    const again = await openDesk({ out: place.out });
    t.after(() => again.close());
    const other = await browser.newPage();
    t.after(() => other.close());
    await other.goto(`${again.origin}/runs/${name}`);
    await other.getByRole('button', { name: 'Stop' }).click();
    await until('its end', () => storedRun(join(place.out, name))?.state === 'finished');
    assert.match(storedRun(join(place.out, name))?.summary?.mute ?? '', /SIGTERM|interrupted/);
    await page.getByRole('heading', { name: 'Result' }).waitFor();
  });

  test('a run goes on when the server is killed, and is found by the next one', async () => {
    const killed = startNode(['bin/payer-assay.js', 'serve', '--out', place.out, '--targets', desk.targets, '--port', '0']);
    await killed.said(/Ctrl-C ends it/);
    const child = await until('the address', () => killed.heard() || undefined);
    const home = await (await fetch(child)).text();
    const token = /name="token" value="([^"]+)"/.exec(home)?.[1] ?? '';
    const body = new URLSearchParams({ token, target: 'embedded', only: 'cc3.metadata.available' });
    const answer = await fetch(`${child}/runs`, { method: 'POST', body, redirect: 'manual' });
    assert.equal(answer.status, 303);
    killed.signal('SIGKILL');
    await killed.done;
    const name = decodeURIComponent((answer.headers.get('location') ?? '').split('/')[2] ?? '');
    assert.ok(existsSync(join(place.out, name)));
    await until('the end of the run', () => storedRun(join(place.out, name))?.state === 'finished');
    assert.match(await (await fetch(`${desk.origin}/runs/${name}`)).text(), /conformant/);
  });

  test('every page is clean by axe and keeps its width, light and dark, on a phone and without script', async () => {
    for (const path of ['/', '/runs/2026-new', '/history?target=Acme+sandbox', '/matrix', '/sheet', '/compare?a=2026-old&b=2026-new', '/runs/none'])
      for (const how of path === '/' ? ([{}, { dark: true, phone: true }] as const) : ([{ dark: true, phone: true }] as const)) {
        const { page, close } = await open(path, how);
        await clean(page, `${path} ${JSON.stringify(how)}`);
        assert.equal(await overflow(page), 0, path);
        await close();
      }
    const plain = await open('/', { noScript: true });
    await plain.page.locator('input[name=a][value="2026-old"]').check();
    await plain.page.locator('input[name=b][value="2026-new"]').check();
    await plain.page.getByRole('button', { name: 'Compare the two' }).click();
    await plain.page.getByRole('heading', { name: 'Verdicts that changed' }).waitFor();
    await plain.close();
  });
});
