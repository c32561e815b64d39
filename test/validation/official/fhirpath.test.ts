import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../../src/validation/fhirpath/compile.ts';
import { Unsupported } from '../../../src/validation/fhirpath/parse.ts';
import { Failed, HandOver, Unknown } from '../../../src/validation/fhirpath/values.ts';
import { choicesOf } from '../../../src/validation/profile/choices.ts';
import { standard } from '../guides.ts';
import { isExpected, type PathTest, pathTests } from './fhirpath-suite.ts';
import { testCases, whyNot } from './folder.ts';

const choices = choicesOf(standard.compiler.definitions);

type Outcome = 'right' | 'rightly refused' | 'wrong' | 'left to the library';

/** A test that is refused when compiled or handed over while it runs is the library's. */
function outcomeOf(each: PathTest): Outcome {
  const input = each.input ?? null;
  const type = input !== null && typeof input === 'object' && 'resourceType' in input ? String(input['resourceType']) : undefined;
  try {
    const run = compile(each.expression, choices, type);
    const items = run(input === null ? [] : [input], { resource: input, root: input, context: input });
    return each.invalid === undefined && isExpected(items, each) ? 'right' : 'wrong';
  } catch (cause) {
    if (cause instanceof Unsupported || cause instanceof HandOver || cause instanceof Unknown) return 'left to the library';
    if (!(cause instanceof Failed)) throw cause;
    return each.invalid === undefined ? 'wrong' : 'rightly refused';
  }
}

test('official FHIRPath suite (R4): what the compiler takes it evaluates rightly, and it takes nothing that is invalid', { skip: whyNot }, () => {
  const tests = pathTests(testCases ?? '');
  const outcomes = tests.map((each) => ({ each, outcome: outcomeOf(each) }));
  const wrong = outcomes.filter(({ outcome }) => outcome === 'wrong').map(({ each }) => `${each.name}: ${each.expression}`);
  assert.deepEqual(wrong, []);
  const count = (outcome: Outcome): number => outcomes.filter((each) => each.outcome === outcome).length;
  const found = { tests: tests.length, right: count('right'), refused: count('rightly refused'), library: count('left to the library') };
  assert.deepEqual(found, { tests: 935, right: 361, refused: 11, library: 563 });
});
