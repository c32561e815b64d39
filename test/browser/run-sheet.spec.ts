import assert from 'node:assert/strict';
import { type Browser, test } from '@playwright/test';
import { openRunSheet } from '../../src/client-side/run-sheet.ts';
import { findChromium, launch } from './chromium.ts';

const chromium = findChromium();
const task = (id: string) => ({ case: id, journey: 'crd', does: 'four cards', todo: 'sign an order', facts: [['member', 'Ann Able'] as const] });

test.describe('The run sheet, as an operator works with it', () => {
  test.skip('skip' in chromium, 'skip' in chromium ? chromium.skip : '');
  let browser: Browser;
  test.beforeAll(async () => {
    browser = await launch('path' in chromium ? chromium.path : '');
  });
  test.afterAll(async () => browser?.close());

  test('a case is marked with its code word, the window counts down, the next case comes by itself', async () => {
    const sheet = await openRunSheet('Example EHR');
    const page = await browser.newPage({ viewport: { width: 420, height: 800 } });
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    try {
      const told = sheet.ask(task('C6'), new AbortController().signal);
      await page.goto(sheet.url);
      await page.getByRole('heading', { name: 'Case C6' }).waitFor();
      assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= 420);
      await page.getByLabel(/What the screen of the client shows/).fill('ea8bb02f-1');
      await page.getByRole('button', { name: /Done/ }).click();
      assert.deepEqual(await told, { shown: ['ea8bb02f-1'] });
      sheet.waits('C6', 60_000);
      await page.getByText(/Case C6: a reaction may still come for \d+ s/).waitFor();
      const next = sheet.ask(task('C7'), new AbortController().signal);
      await page.getByRole('heading', { name: 'Case C7' }).waitFor();
      assert.match((await page.locator('ol').textContent()) ?? '', /C6: ea8bb02f-1/);
      await page.getByLabel('I cannot see its screen').check();
      await page.getByRole('button', { name: /Done/ }).click();
      assert.deepEqual(await next, {});
      assert.deepEqual(faults, []);
    } finally {
      await page.close();
      sheet.close();
    }
  });
});
