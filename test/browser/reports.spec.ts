import assert from 'node:assert/strict';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, type Page, test } from '@playwright/test';
import { renderConformance, renderLatency } from '../../reports/render.ts';
import { sampleRun } from '../reports/sample.ts';
import { findChromium, launch, serve } from './chromium.ts';
import { attack, hostileRun, largeRun } from './hostile.ts';

const chromium = findChromium();
const axe = ('default' in AxeBuilder ? AxeBuilder.default : AxeBuilder) as unknown as new (options: {
  page: Page;
}) => { analyze(): Promise<{ violations: Fault[] }> };
interface Fault {
  readonly id: string;
  readonly impact?: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

test.describe('reports in a browser', () => {
  test.skip('skip' in chromium, 'skip' in chromium ? chromium.skip : '');
  let browser: Browser;
  let site: Awaited<ReturnType<typeof serve>>;
  test.beforeAll(async () => {
    browser = await launch('path' in chromium ? chromium.path : '');
    site = await serve({
      conformance: renderConformance(sampleRun()),
      latency: renderLatency(hostileRun()),
      hostile: renderConformance(hostileRun()),
      large: renderConformance(largeRun()),
    });
  });
  test.afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  /** Opens a page and gathers whatever should not happen on it. */
  async function open(name: string, scheme: 'light' | 'dark' = 'light') {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    const trouble: string[] = [];
    page.on(
      'request',
      (request) =>
        !request.url().startsWith(`${site.origin}/${name}`) && !request.url().startsWith('data:') && trouble.push(`request: ${request.url()}`),
    );
    page.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && trouble.push(`console: ${message.text()}`));
    page.on('dialog', (dialog) => trouble.push(`dialog: ${dialog.message()}`));
    await page.goto(`${site.origin}/${name}`);
    return { page, trouble, close: () => context.close() };
  }

  const visible = (page: Page) => page.locator('#rows tbody tr:visible').count();

  test('opens on what is wrong, and the filter narrows by outcome, word, level, line and scenario', async () => {
    const { page, trouble, close } = await open('large');
    assert.equal(await visible(page), 60);
    assert.equal(await page.locator('#shown').textContent(), '60 of 600 requirements shown');
    await page.getByRole('button', { name: 'Show all' }).click();
    assert.equal(await visible(page), 600);
    await page.getByLabel('Words', { exact: true }).fill('row-77 ');
    assert.equal(await visible(page), 1);
    await page.getByLabel('Words', { exact: true }).fill('');
    await page.getByLabel('Level').selectOption('SHOULD');
    assert.equal(await visible(page), 200);
    await page.getByLabel('Scenario').selectOption('S5');
    assert.equal(await visible(page), 100);
    await page.getByLabel('Requirement line').selectOption('L3');
    assert.ok((await visible(page)) < 20);
    assert.deepEqual(trouble, []);
    await close();
  });

  test('no page is wider than a phone: tables scroll inside their own box', async () => {
    for (const name of ['conformance', 'hostile', 'large', 'latency']) {
      const { page, close } = await open(name);
      await page.setViewportSize({ width: 420, height: 900 });
      await page.evaluate('document.querySelectorAll("details").forEach((each) => (each.open = true))');
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 420, name);
      await close();
    }
  });

  test('a cell of the scorecard leads to its requirements, and a requirement to its exchange', async () => {
    const { page, trouble, close } = await open('large');
    await page.locator('a.c[data-scenario=S1][data-line=L2]').click();
    const rows = await page
      .locator('#rows tbody tr:visible')
      .evaluateAll((all) => all.map((row) => `${row.getAttribute('data-lines')} ${row.getAttribute('data-scenarios')}`));
    assert.ok(rows.length > 0);
    assert.ok(
      rows.every((row) => row === 'L2 S1 S3'),
      rows[0],
    );
    const button = page.locator('#rows tbody tr:visible button.show').first();
    await button.click();
    assert.equal(await button.getAttribute('aria-expanded'), 'true');
    const shown = page.locator('#rows .exchange').first();
    assert.match((await shown.textContent()) ?? '', /Repeat it.*curl -sS -i.*Authorization: Bearer \$TOKEN/s);
    await button.click();
    assert.equal(await page.locator('#rows .exchange').count(), 0);
    assert.deepEqual(trouble, []);
    await close();
  });

  test('every exchange can be found and opened by keyboard alone', async () => {
    const { page, close } = await open('large');
    assert.equal(await page.locator('#list details').count(), 100);
    await page.getByLabel('Filter exchanges').fill('p1777');
    assert.equal(await page.locator('#list details').count(), 1);
    await page.getByLabel('Filter exchanges').press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('#list pre').first().waitFor();
    await close();
  });

  test('a large run stays a page of bounded size', () => {
    const size = Buffer.byteLength(renderConformance(largeRun()));
    assert.ok(size < 6_000_000, `2,000 exchanges of 20 kB make a page of ${size} bytes`);
  });

  for (const name of ['hostile', 'latency']) {
    test(`a hostile payer's text stays inert: ${name}`, async () => {
      const { page, trouble, close } = await open(name);
      for (const button of await page.locator('button.show').all()) await button.click({ force: true, timeout: 2000 }).catch(() => undefined);
      for (const summary of await page.locator('summary').all()) await summary.click({ force: true, timeout: 2000 }).catch(() => undefined);
      assert.equal(await page.evaluate(() => (globalThis as unknown as { owned?: number }).owned), undefined);
      assert.equal(await page.locator('img, iframe, object, embed, svg[onload], a[href^=javascript]').count(), 0);
      assert.ok((await page.content()).length < 1_500_000, 'a long answer must be cut');
      assert.deepEqual(trouble, []);
      await close();
    });
  }

  test('what was cut is said to be cut, and direction overrides are shown', () => {
    const html = renderConformance(hostileRun());
    assert.match(html, /cut: 2,000,\d{3} characters in all/);
    assert.doesNotMatch(html, /\u202E|\u0000/);
    assert.match(html, /\[U\+202E\]/);
    assert.ok(!html.includes(attack));
  });

  for (const name of ['conformance', 'hostile', 'latency'])
    for (const scheme of ['light', 'dark'] as const)
      test(`axe finds no serious fault: ${name}, ${scheme}`, async () => {
        const { page, close } = await open(name, scheme);
        for (const details of await page.locator('details').all()) await details.evaluate((element) => element.setAttribute('open', ''));
        const button = page.locator('button.show').first();
        if ((await button.count()) > 0) await button.evaluate((element) => (element as unknown as { click(): void }).click());
        const { violations } = await new axe({ page }).analyze();
        const serious = violations.filter((each) => each.impact === 'serious' || each.impact === 'critical');
        assert.deepEqual(
          serious.map((each) => `${each.id}: ${each.nodes[0]?.html.slice(0, 200)}`),
          [],
        );
        await close();
      });
});
