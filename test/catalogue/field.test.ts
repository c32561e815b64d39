import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { test } from 'node:test';
import { faults, legalVariations } from '../../checks/injections.ts';
import { shapes } from '../../mocks/shapes/index.ts';
import { fieldProofs } from '../../scripts/docs/field.ts';

const findings = new URL('../../../shared/field/kinds.md', import.meta.url);

test('every finding of the field has a row', { skip: existsSync(findings) ? false : 'the findings are not beside this checkout' }, () => {
  const numbers = [...readFileSync(findings, 'utf8').matchAll(/^- \*\*(K\d+\.\d+)\*\*/gm)].map((match) => match[1] ?? '');
  const told = new Set(fieldProofs().map(({ id }) => id));
  assert.ok(numbers.length > 150);
  assert.deepEqual(
    numbers.filter((each) => !told.has(each)),
    [],
  );
});

const reports = new URL('../../../shared/field/reports.md', import.meta.url);

test('every finding about reports, words and first use has a row', {
  skip: existsSync(reports) ? false : 'the findings are not beside this checkout',
}, () => {
  const numbers = [...readFileSync(reports, 'utf8').matchAll(/\*\*(R\d+)\*\*/g)].map((match) => match[1] ?? '');
  const told = new Set(fieldProofs().map(({ id }) => id));
  assert.ok(numbers.length >= 32);
  assert.deepEqual(
    numbers.filter((each) => !told.has(each)),
    [],
  );
});

test('every proof that the table names is there', async () => {
  const injections = new Set([...faults, ...legalVariations].map(({ id }) => id));
  const ids = new Set(shapes.map(({ id }) => id));
  let sources = '';
  for await (const file of glob('{test,scripts}/**/*.ts', { cwd: new URL('../../', import.meta.url) }))
    sources += `${file}\n${readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')}`;
  const isThere = {
    fault: (name: string) => injections.has(name),
    variation: (name: string) => injections.has(name),
    shape: (name: string) => ids.has(name),
    test: (name: string) => sources.includes(name),
    unproven: (name: string) => name === '',
    open: (name: string) => name === '',
  };
  assert.deepEqual(
    fieldProofs()
      .filter(({ kind, name }) => !isThere[kind](name))
      .map(({ id, kind, name }) => `${id}: no ${kind} is called ${name}`),
    [],
  );
});
