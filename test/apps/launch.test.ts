import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { unzipSync } from 'fflate';
import { appsOf } from '../../mocks/app/index.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { tryLosses } from '../../scripts/laws/blanking.ts';
import { borrowBrowser } from '../../src/client/app/browser.ts';
import { asString, at } from '../../src/core/fhir.ts';
import { judge } from '../../src/core/judge.ts';
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

/** Everything that a trace holds, as text. */
const wordsOf = (zip: Uint8Array): string =>
  Object.entries(unzipSync(zip))
    .map(([name, bytes]) => `${name}\n${Buffer.from(bytes).toString('utf8')}`)
    .join('\n');

const refused = (evidence: Evidence) => [...verdicts(evidence)].filter(([, finding]) => finding.outcome !== 'pass');

test('the honest app is clean, its rows keep the laws of lost answers, and nothing secret is stored', { skip: noBrowser }, async () => {
  const pictures = join(folder, 'full');
  const traces = new Map<string, string>();
  const kept = join(folder, 'plain.trace.zip');
  const evidence = await launched(embedded, appsOf(embedded.origin), {}, pictures, (name, zip) => {
    traces.set(name, wordsOf(zip));
    if (name === 'app-0-plain.trace.zip') writeFileSync(kept, zip);
  });
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
  assert.equal(traces.size, 6);
  // Playwright's own reader still opens it.
  const cli = resolve('node_modules/@playwright/test/cli.js');
  const opened = execFileSync(process.execPath, [cli, 'trace', 'open', kept], { cwd: folder, encoding: 'utf8' });
  assert.match(opened, /Network:\s+[1-9]\d* requests/);
  assert.match(execFileSync(process.execPath, [cli, 'trace', 'requests'], { cwd: folder, encoding: 'utf8' }), /POST\s+200\s+token/);
  for (const [name, words] of traces) {
    assert.match(words, /"type":"frame-snapshot"/, name);
    assert.match(words, /smart-configuration/, name);
    for (const [, field, value = ''] of words.matchAll(
      /[?&"\\](access_token|id_token|code_verifier|code|state|launch)(?:=|%3D|\\*":\\*")([^&"\\ ]{8,})/g,
    ))
      assert.match(value, /^(‹|%E2%80%B9)/, `${name}: ${field}=${value}`);
    assert.doesNotMatch(words, /Bearer [\w.~-]{12,}|eyJ[\w-]{8,}\./, name);
  }
});

test('where evidence is pseudonymised, no name of the member is stored, and the verdicts are the same', {
  skip: noBrowser,
}, async () => {
  const traces: string[] = [];
  const evidence = await launched(
    embedded,
    appsOf(embedded.origin),
    { evidence: 'pseudonymised' },
    undefined,
    (_name, zip) => void traces.push(wordsOf(zip)),
  );
  assert.deepEqual(refused(evidence), []);
  const family = asString(at(embedded.target.members.known?.patient, 'name', 0, 'family')) ?? '';
  assert.ok(family !== '' && !JSON.stringify(evidence.exchanges).includes(family));
  const birth = asString(at(embedded.target.members.known?.patient, 'birthDate')) ?? '';
  const card = asString(at(embedded.target.members.known?.coverage, 'subscriberId')) ?? '';
  assert.ok(traces.length === 6 && traces.every((words) => /frame-snapshot/.test(words)));
  for (const canary of [family, birth, card]) assert.ok(canary !== '' && !traces.some((words) => words.includes(canary)), `${canary} in a trace`);
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

test('an app without an address is the one that a card and a document link to, each in its own scenario', { skip: noBrowser }, async () => {
  embedded.payer.inject({ name: 'links', at: 'docref', behaviour: 'documents-link-to-an-app' });
  try {
    const evidence = await launched(embedded, [{ clientId: 'plan-questionnaire', cases: [] }]);
    const pages = evidence.exchanges.filter(({ step }) => step === 'app.page');
    assert.deepEqual(pages.map(({ request, facts }) => [new URL(request.url).pathname, facts?.['app.scenario']]).sort(), [
      ['/apps/order', 'S3'],
      ['/cds/launch', 'S2'],
    ]);
    assert.ok(evidence.exchanges.some(({ step, variant, response }) => step === 'app-link' && variant === 'document' && response?.status === 200));
    const said = judge(appChecks, evidence, '2026-06-01').find(({ requirement }) => requirement === 'app.member');
    assert.deepEqual([said?.finding.outcome, said?.shows], ['pass', ['S2', 'S3']]);
  } finally {
    embedded.payer.inject();
  }
});

test('where the target file names no app, rows do not bind; where a card links to one that it does not mention, they are open', async () => {
  const none = verdicts(await launched(embedded, []));
  assert.ok([...none.values()].every(({ outcome }) => outcome === 'not-applicable'));
});
