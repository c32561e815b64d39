import type { Json } from '../../core/model.ts';
import { identical, isElement } from '../fhirpath/index.ts';

/** Tells whether a value equals a fixed[x], or contains a pattern[x]. */
export type ValueTest = (value: Json) => boolean;

export function valueTest(kind: 'fixed' | 'pattern', expected: Json): ValueTest {
  return kind === 'fixed' || typeof expected !== 'object' || expected === null ? (value) => identical(value, expected) : patternTest(expected);
}

/** Every part of the pattern is there; every item of a pattern array matches some item. Compiled, because slicing asks it for every item. */
function patternTest(expected: Json): ValueTest {
  if (Array.isArray(expected)) {
    const tests = expected.map(patternTest);
    return (value) => Array.isArray(value) && tests.every((test) => value.some(test));
  }
  if (isElement(expected)) {
    const tests = Object.entries(expected).map(([key, part]) => [key, patternTest(part)] as const);
    return (value) => {
      if (!isElement(value)) return false;
      for (const [key, test] of tests) {
        const part = value[key];
        if (part === undefined || !test(part)) return false;
      }
      return true;
    };
  }
  return (value) => value === expected;
}
