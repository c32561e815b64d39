import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRunSheet } from '../../src/client-side/run-sheet.ts';

const task = {
  case: 'C6',
  journey: 'crd',
  does: 'four cards <b>',
  todo: 'sign an order',
  facts: [['CDS Hooks', 'http://127.0.0.1:1/C6/cds']],
} as const;
const mark = (url: string, form: Record<string, string>): Promise<Response> =>
  fetch(`${url}mark`, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });

test('the run sheet shows the case, takes the mark with what was shown, and counts the window', async () => {
  const sheet = await openRunSheet('Example <EHR>');
  try {
    const told = sheet.ask(task, new AbortController().signal);
    const page = await (await fetch(sheet.url)).text();
    assert.match(page, /Case C6/);
    assert.match(page, /four cards &lt;b&gt;/);
    assert.match(page, /Example &lt;EHR&gt;/);
    await mark(sheet.url, { case: 'C5', shown: 'of an earlier case' });
    assert.equal((await mark(sheet.url, { case: 'C6', shown: 'abc-1\n\n abc-2 ' })).status, 303);
    assert.deepEqual(await told, { shown: ['abc-1', 'abc-2'] });
    sheet.waits('C6', 5000);
    const state = (await (await fetch(`${sheet.url}state`)).json()) as { readonly waiting: { readonly case: string; readonly until: number } };
    assert.equal(state.waiting.case, 'C6');
    assert.ok(state.waiting.until > Date.now());
  } finally {
    sheet.close();
  }
});

test('a person who cannot see the screen says so: nothing is known, which is not "nothing was shown"', async () => {
  const sheet = await openRunSheet('x');
  try {
    const unseen = sheet.ask(task, new AbortController().signal);
    await mark(sheet.url, { case: 'C6', shown: 'x', unseen: 'on' });
    assert.deepEqual(await unseen, {});
    const nothing = sheet.ask(task, new AbortController().signal);
    await mark(sheet.url, { case: 'C6', shown: '' });
    assert.deepEqual(await nothing, { shown: [] });
  } finally {
    sheet.close();
  }
});

test('only who has the address gets at the sheet, and an interrupted run ends the question', async () => {
  const sheet = await openRunSheet('x');
  try {
    assert.equal((await fetch(new URL('/', sheet.url))).status, 404);
    assert.equal((await fetch(new URL('/other-key/state', sheet.url))).status, 404);
    const stop = new AbortController();
    const told = sheet.ask(task, stop.signal);
    stop.abort();
    await assert.rejects(told, /interrupted/);
  } finally {
    sheet.close();
  }
});
