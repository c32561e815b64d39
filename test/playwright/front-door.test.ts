import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { JSONReport, JSONReportSpec } from '@playwright/test/reporter';
import { unzipSync } from 'fflate';
import { checks } from '../../checks/index.ts';
import { faults } from '../../checks/injections.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { specsOf } from '../../scripts/test/playwright.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import { grade } from '../../src/core/grade.ts';
import type { Fault, Run } from '../../src/core/model.ts';
import { choose } from '../../src/run/choose.ts';
import { run } from '../../src/run/run.ts';
import { suites } from '../../suites/index.ts';
import { startNode, temporary } from '../cli/payer-assay.ts';

/** Playwright as its users start it: `npx playwright test --project conformance`. */

const failing = 'cc2.token.no-store';
const expected = 'cc3.metadata.available';
const stale = 'cc2.token.pragma';
let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());

const faultOf = (id: string): Fault => {
  const found = faults.find(({ requirement }) => requirement === id)?.fault;
  assert.ok(found, id);
  return found;
};

async function playwright(args: readonly string[], env: NodeJS.ProcessEnv, reporter = 'json') {
  const file = join(temporary(), 'report.json');
  const output = ['--output', join('out', 'playwright', 'front-door')];
  const { code, stderr, stdout } = await startNode(
    ['node_modules/@playwright/test/cli.js', 'test', '--project', 'conformance', '--reporter', reporter, ...output, ...args],
    { PLAYWRIGHT_JSON_OUTPUT_NAME: file, PLAYWRIGHT_HTML_OPEN: 'never', ...env },
  ).done;
  const report = JSON.parse(readFileSync(file, 'utf8')) as JSONReport;
  return { code, specs: specsOf(report.suites), stats: report.stats, words: stdout + stderr };
}

interface HtmlTest {
  readonly title: string;
  readonly tags: readonly string[];
  readonly outcome: string;
}

/** What Playwright's HTML report lists: a zip inside the page. */
function inHtml(folder: string): readonly HtmlTest[] {
  const [, zip = ''] =
    /id="playwrightReportBase64">data:application\/zip;base64,([^<]+)</.exec(readFileSync(join(folder, 'index.html'), 'utf8')) ?? [];
  const report = JSON.parse(Buffer.from(unzipSync(Buffer.from(zip, 'base64'))['report.json'] ?? []).toString()) as {
    readonly files: readonly { readonly tests: readonly HtmlTest[] }[];
  };
  return report.files.flatMap(({ tests }) => tests);
}

const of = (specs: readonly JSONReportSpec[], id: string) => {
  const spec = specs.find(({ title }) => title.startsWith(`${id}:`));
  const one = spec?.tests[0];
  const result = one?.results.at(-1);
  assert.ok(spec && one && result, id);
  return { spec, test: one, result };
};

test('a grep asks only for what it needs; a failure shows expected, seen, its exchange and a curl line; --last-failed asks for that alone', async () => {
  embedded.payer.inject(faultOf(failing));
  const target = join(temporary(), 'payer.json');
  writeTarget(target, embedded.target, embedded.secrets);
  const html = temporary();
  const env = { ASSAY_TARGET: target, PLAYWRIGHT_HTML_OUTPUT_DIR: html };
  const first = await playwright(['--grep', 'cc2\\.token\\.(no-store|algorithms|pragma)'], env, 'json,html');
  assert.equal(first.code, 1, first.words);
  assert.deepEqual([first.stats.expected, first.stats.unexpected, first.stats.skipped], [2, 1, 0], first.words);
  const { spec, test: shown, result } = of(first.specs, failing);
  for (const tag of ['SHALL', 'S1', 'L3', 'cc2']) assert.ok(spec.tags.includes(tag), `${tag} of ${spec.tags.join(' ')}`);
  const shownInHtml = inHtml(html);
  assert.equal(shownInHtml.length, 3);
  // Its search box takes tags: "@S1 s:failed".
  for (const tag of ['@SHALL', '@S1', '@L3', '@cc2']) assert.ok(shownInHtml.find(({ title }) => title.startsWith(failing))?.tags.includes(tag), tag);
  assert.deepEqual(
    shownInHtml.filter(({ outcome }) => outcome === 'unexpected').map(({ title }) => title.split(':')[0]),
    [failing],
  );
  assert.match(result.error?.message ?? '', /expected .*no-store[\s\S]*seen /);
  const attached = result.attachments.map(({ name, body }) => [name, Buffer.from(body ?? '', 'base64').toString()] as const);
  assert.match(attached[0]?.[0] ?? '', /POST .*token.* → 200/);
  assert.match(attached.find(([name]) => /curl/.test(name))?.[1] ?? '', /^curl -sS -i -X POST/);
  assert.ok(!JSON.stringify(first.specs).includes(Object.values(embedded.secrets)[0] ?? ''), 'no secret in the report');
  assert.ok(shown.annotations.some(({ type, description }) => type === 'source' && /https?:/.test(description ?? '')));
  assert.ok(result.annotations.some(({ type, description }) => type === 'who can unblock it' && description === 'payer'));
  const asked = embedded.payer.asked.length;
  const again = await playwright(['--last-failed'], { ASSAY_TARGET: target });
  assert.deepEqual([again.stats.expected, again.stats.unexpected], [0, 1], again.words);
  assert.ok(embedded.payer.asked.length - asked < 200, `${embedded.payer.asked.length - asked} requests for one requirement`);
});

test('counts are those of the run: skipped with the reason, warnings pass with a word, expected failures fail as expected; three shards are the whole', async () => {
  embedded.payer.inject(faultOf(failing), faultOf(expected));
  const folder = temporary();
  const expectation = (requirement: string) => ({ requirement, owner: 'team a', reason: 'ticket 7', expires: '2999-12-31' });
  const target = { ...embedded.target, expectedFailures: [expected, stale].map(expectation) };
  const few = choose({ suites, checks }, { only: ['cc2.token.', expected] }, target).suites;
  const stored: Run = await run({ target, secrets: embedded.secrets, suites: few, checks, folder, signal: AbortSignal.timeout(120_000) });
  const { counts, failed, warned } = grade(stored, stored.finishedAt.slice(0, 10));
  const env = { ASSAY_RUN: folder };
  const shards: Awaited<ReturnType<typeof playwright>>[] = [];
  for (const nth of [1, 2, 3]) shards.push(await playwright(['--shard', `${nth}/3`], env));
  const specs = shards.flatMap((each) => each.specs);
  const words = shards.map((each) => each.words).join('\n');
  const sum = (name: 'expected' | 'unexpected' | 'skipped'): number => shards.reduce((all, { stats }) => all + stats[name], 0);
  const stats = { expected: sum('expected'), unexpected: sum('unexpected'), skipped: sum('skipped') };
  assert.deepEqual(specs.map(({ title }) => title.split(':')[0]).sort(), checks.map(({ id }) => id).sort());
  assert.equal(stats.skipped, counts['not-testable'] + counts['not-applicable'], words);
  assert.equal(stats.unexpected, failed.length + 1, 'failures, and the expectation that is stale');
  assert.equal(stats.expected, counts.pass - 1 + warned.length + 1, 'met and warnings, and the expected failure');
  assert.equal(of(specs, expected).test.status, 'expected');
  assert.match(of(specs, stale).result.error?.message ?? '', /passes now; team a should remove/);
  const reasons = specs.flatMap(({ tests }) => tests).filter(({ status }) => status === 'skipped');
  for (const { annotations, results } of reasons) {
    const said = [...annotations, ...results.flatMap((each) => each.annotations)].find(({ type }) => type === 'skip')?.description;
    assert.match(said ?? '', /^not (testable|applicable): ./);
  }
});

test('a payer that nobody reached is no success: one test fails for all that are skipped', async () => {
  const target = join(temporary(), 'payer.json');
  writeTarget(target, { name: 'nobody', fhir: { base: 'http://127.0.0.1:9/fhir' }, auth: { kind: 'none' }, members: {} }, {});
  const { code, stats, words } = await playwright(['--grep', 'cc3.metadata'], { ASSAY_TARGET: target });
  assert.equal(code, 1);
  assert.equal(stats.unexpected, 1, words);
  assert.ok(stats.skipped > 3, words);
  assert.match(words, /No statement about this payer: not one requirement passed/);
});
