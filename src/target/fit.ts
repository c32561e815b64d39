import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { root } from '../package/tool.ts';
import { describeProblems } from './problems.ts';

/**
 * A value that fits the schema of this name in schemas/. Throws otherwise, with `what` it is ("The plan FILE"), each place in it, what was expected there, and
 * what was perhaps meant.
 */
export function fit<Value>(value: unknown, schema: string, what: string): Value {
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false });
  const validate = ajv.compile(JSON.parse(readFileSync(join(root, 'schemas', schema), 'utf8')));
  if (validate(value)) return value as Value;
  const lines = describeProblems(validate.errors ?? [], value).map((each) => `  ${each}`);
  throw new Error(`${what} does not fit schemas/${schema}:\n${lines.join('\n')}\nCorrect these.`);
}
