import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { appsOf } from '../../mocks/app/index.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { tryLosses } from '../../scripts/laws/blanking.ts';
import { borrowBrowser } from '../../src/client/app/browser.ts';
import { asString, at } from '../../src/core/fhir.ts';
import type { Evidence } from '../../src/core/model.ts';
import { appChecks, launched, noBrowser, verdicts, words } from './launched.ts';

/** Apps of the embedded payer, launched in Chromium. Their faults are proven by scripts/faults.ts. */
let embedded: Embedded;
let folder: string;
let giveBack = async (): Promise<void> => undefined;
before(async () => {
  embedded = await startEmbedded();
  folder = mkdtempSync(join(tmpdir(), 'payer-assay-apps-'));
  if (noBrowser === false) ({ giveBack } = await borrowBrowser());
});
after(async () => {
  await giveBack();
  await embedded.close();
  rmSync(folder, { recursive: true, force: true });
});

const refused = (evidence: Evidence) => [...verdicts(evidence)].filter(([, finding]) => finding.outcome !== 'pass');

test('the honest app is clean, its rows keep the laws of lost answers, and nothing secret is stored', { skip: noBrowser }, async () => {
  const pictures = join(folder, 'full');
  const evidence = await launched(embedded, appsOf(embedded.origin), {}, pictures);
  assert.deepEqual(refused(evidence), []);
  const { tried, breaches } = tryLosses(appChecks, evidence, 1);
  assert.ok(tried > 500, `${tried} losses tried`);
  assert.deepEqual(
    breaches.map(({ requirement, loss, law, exchange, finding }) => `${requirement} ${law} ${loss} ${exchange ?? ''} ${words(finding)}`),
    [],
  );
  const stored = JSON.stringify(evidence);
  // Each is a value of a form or an address, masked wherever it was seen.
  for (const secret of ['access_token', 'code_verifier', 'code', 'state', 'launch'])
    for (const [, value = ''] of stored.matchAll(new RegExp(`[?&"]${secret}(?:=|%3D|\\\\?":\\\\?")([^&"\\\\]{8,})`, 'g')))
      assert.match(value, /^(‹|%E2%80%B9)/, `${secret}=${value}`);
  assert.equal(readdirSync(pictures).length, 6);
});

test('where evidence is pseudonymised, no name of the member is stored, and the verdicts are the same', {
  skip: noBrowser,
}, async () => {
  const evidence = await launched(embedded, appsOf(embedded.origin), { evidence: 'pseudonymised' });
  assert.deepEqual(refused(evidence), []);
  const family = asString(at(embedded.target.members.known?.patient, 'name', 0, 'family')) ?? '';
  assert.ok(family !== '' && !JSON.stringify(evidence.exchanges).includes(family));
  const [app] = appsOf(embedded.origin);
  const hashes = await launched(embedded, [{ ...app, cases: ['empty'] }], { evidence: 'hashes' });
  assert.deepEqual(
    refused(hashes).filter(([, finding]) => finding.outcome === 'fail'),
    [],
  );
  const order = embedded.target.crd?.orders?.[0]?.display ?? '';
  assert.ok(JSON.stringify(evidence.exchanges).includes(order) && order !== '');
  assert.ok(!JSON.stringify(hashes.exchanges).includes(order), 'nor what was ordered, where evidence is hashes');
});

test('an app with a login of its own is not judged without a script, and judged with one', { skip: noBrowser }, async () => {
  embedded.payer.inject({ name: 'login', at: 'app.page', behaviour: 'app-asks-for-a-login-of-its-own' });
  const [app] = appsOf(embedded.origin);
  assert.ok(app);
  const closed = verdicts(await launched(embedded, [{ ...app, cases: ['denied'] }]));
  assert.match(words(closed.get('app.member')), /^not-testable: .*a login of its own/);
  assert.match(words(closed.get('app.refused')), /^not-testable: .*a login of its own/);
  const login = join(folder, 'login.mjs');
  writeFileSync(
    login,
    `export default async (page) => { await page.getByLabel('Password').fill('open sesame'); await page.getByText('Log in').click(); };`,
  );
  const open = verdicts(await launched(embedded, [{ ...app, login, cases: ['denied'] }]));
  assert.equal(words(open.get('app.member')), 'pass');
  assert.match(words(open.get('app.expired')), /leaves this launch out/);
  embedded.payer.inject();
});

test('an app that never starts is not judged, with the reason: no server, no page, no request', { skip: noBrowser }, async () => {
  const cases: readonly (readonly [url: string, said: RegExp, opens: RegExp])[] = [
    ['http://127.0.0.1:9/launch', /ERR_UNSAFE_PORT|ERR_CONNECTION_REFUSED/, /^not-testable/],
    [`${embedded.origin}/nothing-here`, /status 404/, /^fail: status 404/],
    [`${embedded.origin}/cds/guides/imaging`, /asked our EHR for nothing/, /^pass/],
  ];
  for (const [url, said, opens] of cases) {
    const found = verdicts(await launched(embedded, [{ url }]));
    assert.match(words(found.get('app.opens')), opens, url);
    for (const [id, finding] of found)
      if (!/^app\.(opens|script-errors|accessible|clear)$/.test(id)) assert.match(words(finding), /^not-testable/, `${id} at ${url}`);
    assert.match(words(found.get('app.refused')), said, url);
  }
});

test('without Chromium nothing is launched, and the reason names the command that brings it', async () => {
  await giveBack();
  const before = process.env['CHROMIUM'];
  process.env['CHROMIUM'] = '/nowhere/chromium';
  try {
    const evidence = await launched(embedded, appsOf(embedded.origin));
    assert.equal(evidence.blocked.length, 1);
    assert.match(evidence.blocked[0]?.reason ?? '', /npx playwright install chromium/);
    for (const [id, finding] of verdicts(evidence))
      assert.ok(finding.outcome === 'not-testable' && finding.because === 'set-up', `${id}: ${words(finding)}`);
  } finally {
    if (before === undefined) delete process.env['CHROMIUM'];
    else process.env['CHROMIUM'] = before;
    if (noBrowser === false) ({ giveBack } = await borrowBrowser());
  }
});

test('where the target file names no app, rows do not bind; where a card links to one that it does not mention, they are open', async () => {
  const none = verdicts(await launched(embedded, []));
  assert.ok([...none.values()].every(({ outcome }) => outcome === 'not-applicable'));
});
