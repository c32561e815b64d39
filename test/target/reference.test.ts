import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checks, excluded } from '../../checks/index.ts';
import { explain } from '../../src/cli/explain.ts';
import type { Json } from '../../src/core/model.ts';
import { explainProperty } from '../../src/target/explain.ts';
import { propertiesOf } from '../../src/target/reference.ts';
import { payerAssay } from '../cli/payer-assay.ts';

const schema = JSON.parse(readFileSync('schemas/target.schema.json', 'utf8')) as Json;

test('every property of the target file has a description: a sentence that ends', () => {
  const properties = propertiesOf(schema);
  assert.ok(properties.length > 170);
  assert.deepEqual(
    properties.filter((each) => !/^.{5,}[.]$/s.test(each.description)).map((each) => each.path),
    [],
  );
});

test('a property is found by its path, with what is directly below it', () => {
  assert.match(explainProperty(schema, 'bulk.group') ?? '', /^bulk\.group: text\. Logical id of the Group to export/);
  assert.match(explainProperty(schema, 'udap.communities') ?? '', /\n {2}udap\.communities\[\]\.anchors: text, required\./);
  assert.match(explainProperty(schema, 'auth.kind') ?? '', /"smart-backend", or "client-secret"/);
  assert.equal(explainProperty(schema, 'bulk.grup'), undefined);
});

test('explain tells what a requirement, a fault and a property mean, and offers the nearest name', async () => {
  const row = await payerAssay('explain', 'bulk.kickoff.content-location');
  assert.equal(row.code, 0, row.stderr);
  assert.match(row.stdout, /^bulk\.kickoff\.content-location \(SHALL\)\n\n.*\n\nSource: .*\n.*https?:\/\//);
  assert.match(row.stdout, /Proven to be able to fail by: /);
  const injection = await payerAssay('explain', /--fault (\S+)/.exec(row.stdout)?.[1] ?? '');
  assert.match(injection.stdout, /Exactly bulk\.kickoff\.content-location must turn to fail/);
  assert.match((await payerAssay('explain', 'target.allow.writes')).stdout, /^allow\.writes: true or false\./);
  const slip = await payerAssay('explain', 'target.allow.write');
  assert.equal(slip.code, 3);
  assert.match(slip.stderr, /no property "allow\.write"\. Did you mean target\.allow\.writes\?/);
});

/** A table of docs/, as text. */
const plain = (text: string): string => text.replaceAll('\\|', '|').replaceAll('&lt;', '<').replaceAll('\n', ' ');

test('docs/target.md and explain say the same of every property, and a part lists all that is in it', () => {
  const page = plain(readFileSync('docs/target.md', 'utf8'));
  for (const { path, description, parent } of propertiesOf(schema)) {
    const said = explain(`target.${path}`);
    assert.ok(said.startsWith(`${path}: `) && said.includes(description), path);
    assert.ok(page.includes(` | ${description} |`), path);
    const above = parent.replace(/(\[\])+$/, '');
    if (above !== '') assert.ok(explain(`target.${above}`).includes(`\n  ${path}: `), path);
  }
  const keys = explain('target.guides');
  assert.match(keys, /\n {2}guides\.hl7\.fhir\.us\.core: /);
  assert.match(explain('target.statements'), /\n {2}statements\.udap\.tiered-oauth: /);
  assert.match(explain('target.floor'), /^"floor" is now called "minVerified".*\n\nminVerified: /);
});

test('docs/requirements.md and explain say the same of every requirement', () => {
  const page = plain(readFileSync('docs/requirements.md', 'utf8'));
  for (const { id, level, text, scenarios, lines, source } of checks) {
    const said = explain(id);
    assert.ok(page.includes(`| \`${id}\` | ${level} | ${scenarios.join(' ')} | ${lines.join(' ')} | ${text} |`), id);
    for (const part of [`${id} (${level})`, text, scenarios.join(', '), lines.join(', '), source.url, source.section])
      assert.ok(said.includes(part), id);
  }
  for (const { id, text, reason } of excluded) assert.ok(explain(id).includes(text) && page.includes(plain(reason)), id);
});
