import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'csv-parse/sync';
import { type FormatName, formatNames, formats } from '../../reports/formats.ts';
import type { Run } from '../../src/core/model.ts';
import { errorsOf, standard } from '../validation/guides.ts';
import { exchange, sampleRun, verdict } from './sample.ts';

/** Words of a server that mean harm wherever they are read. */
const nasty =
  '=HYPERLINK("https://evil.example","x") | <img src=x onerror=alert(1)> ![p](https://evil.example/p.png) @acme/team `x` \u202e\u0007"quoted",\r\nnext';
const nastyRun = (): Run =>
  sampleRun({
    target: { ...sampleRun().target, name: nasty },
    exchanges: [
      exchange(0, {
        request: {
          method: 'POST',
          url: `https://fhir.acme.example/r4/Patient/$x?a=%zz&b=1&c`,
          headers: { 'content-type': 'text/plain' },
          body: nasty,
        },
        response: { status: 200, headers: { location: nasty, 'set-cookie': '‹set-cookie:1›' }, body: nasty },
      }),
      exchange(1, { response: null, error: { code: 'reset', message: nasty } }),
    ],
    verdicts: [
      verdict('rest.search.self-link', { outcome: 'fail', expected: nasty, actual: nasty, exchange: 0 }),
      verdict('id.mm.none', { outcome: 'not-testable', reason: nasty, because: 'payer' }),
      verdict('cc3.metadata.reachable', { outcome: 'pass' }),
      verdict('acme.private', { outcome: 'fail', expected: 'x', actual: 'y', exchange: 99 }),
    ],
  });
const renders = new Map(await Promise.all(formatNames.map(async (name) => [name, await formats[name].load()] as const)));
const render = (name: FormatName, run: Run): string => renders.get(name)?.(run) ?? assert.fail(name);

test('no two formats write one file', () => {
  assert.equal(new Set(formatNames.map((name) => formats[name].file)).size, formatNames.length);
});

test('HAR: as the schema of HAR 1.2 wants it, also for an answer that never came', () => {
  // Its schemas are of JSON Schema draft 6.
  const schemas = createRequire(import.meta.url)('har-schema') as Readonly<Record<string, object>>;
  const ajv = new Ajv({
    strict: false,
    validateSchema: false,
    schemas: Object.values(schemas).map(({ $schema: _, ...each }: { $schema?: string }) => each),
  });
  addFormats.default(ajv);
  const valid = ajv.getSchema('har.json#');
  assert.ok(valid);
  for (const run of [sampleRun(), nastyRun(), sampleRun({ exchanges: [] })]) {
    const har = JSON.parse(render('har', run));
    assert.ok(valid(har), JSON.stringify(valid.errors?.slice(0, 2)));
    assert.equal(har.log.entries.length, run.exchanges.length);
    for (const {
      time,
      timings: { dns, connect, send, wait, receive },
    } of har.log.entries)
      assert.equal(time, dns + connect + send + wait + receive);
  }
  assert.equal(JSON.parse(render('har', nastyRun())).log.entries[1].response.status, 0);
});

test('CSV: one record for each requirement, and no cell is a formula', () => {
  const records = parse(render('csv', nastyRun()), { bom: true, columns: true }) as readonly Readonly<Record<string, string>>[];
  assert.deepEqual(
    records.map((each) => [each['requirement'], each['result']]),
    [
      ['rest.search.self-link', 'failed'],
      ['id.mm.none', 'not testable'],
      ['cc3.metadata.reachable', 'passed'],
      ['acme.private', 'failed'],
    ],
  );
  assert.match(records[0]?.['expected'] ?? '', /^'=HYPERLINK\("https/);
  for (const record of records) for (const value of Object.values(record)) assert.doesNotMatch(value, /^\s*[=+\-@]|[\r\n\u202e\u0007]/);
});

test('Markdown: the words of a server make no link, picture, tag, cell or mention', () => {
  const text = render('markdown', nastyRun());
  assert.match(text, /^## .*: non-conformant$/m);
  assert.match(text, /^\| S1 Patient information \|/m);
  const outside = text.replace(/(`+) .*? \1/g, '');
  assert.doesNotMatch(outside, /<|:\/\/|(?<!\\)!\[|(?<!\\)\]\(|@|[\u202e\u0007]/);
  const columns = outside
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split(/(?<!\\)\|/).length);
  assert.equal(new Set(columns).size, 1);
});

test('OpenMetrics: every line is one of the grammar, families stand together, and the end is marked', () => {
  const nth = (total: readonly number[]): Run =>
    sampleRun({
      ...nastyRun(),
      latency: { startedAt: '2026-11-23T14:02:00.000Z', series: [{ operation: 'read', source: 'run', at: total, total, ok: total.map(() => 1) }] },
    });
  const text = render('openmetrics', nth(Array.from({ length: 20 }, (_, index) => index + 1)));
  assert.ok(text.endsWith('\n# EOF\n'));
  const seen: string[] = [];
  for (const line of text.trimEnd().split('\n').slice(0, -1)) {
    const [, meta, sample] =
      /^(?:# (?:TYPE|UNIT|HELP) (\w+) .+|(\w+)\{\w+="(?:[^"\\\n]|\\[\\"n])*"(?:,\w+="(?:[^"\\\n]|\\[\\"n])*")*\} -?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(
        line,
      ) ?? [];
    const family = meta ?? sample;
    assert.ok(family, line);
    if (seen.at(-1) !== family) seen.push(family);
  }
  assert.equal(new Set(seen).size, seen.length, 'a family is written in two places');
  // The 19th of twenty; a 99th percentile of twenty samples would be their maximum.
  assert.match(text, /quantile="0.95"\} 0.019\n/);
  assert.doesNotMatch(text, /quantile="0.99"/);
});

test('TestReport: says what was judged and what was skipped, and as FHIR R4 has it', () => {
  for (const run of [sampleRun(), nastyRun(), sampleRun({ verdicts: [], partial: 'killed' })]) {
    const report = JSON.parse(render('testreport', run));
    assert.deepEqual(errorsOf(standard.validate(report)), []);
    assert.equal(report.status, run.partial === undefined ? 'completed' : 'stopped');
  }
  const { result, test: tests } = JSON.parse(render('testreport', sampleRun()));
  assert.equal(result, 'fail');
  assert.deepEqual(
    tests.map((each: { action: { assert: { result: string } }[] }) => each.action[0]?.assert.result),
    ['pass', 'fail', 'warning', 'skip', 'skip'],
  );
});
