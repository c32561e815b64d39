import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { stripComments } from 'jsonc-parser';
import type { Json, Target } from '../core/model.ts';
import { root } from '../package/tool.ts';
import { describeProblems } from './problems.ts';
import { withNewNames } from './renamed.ts';

/**
 * Reads, checks and resolves a target file, in which comments may stand; file names in it count from its own folder.
 * Throws with the file, the place in it, what was expected and what was perhaps meant. `notify` hears of names that have changed.
 */
export function loadTarget(path: string, notify: (notice: string) => void = () => undefined): Target {
  const { value, notices } = withNewNames(parse(read(path), path));
  for (const notice of notices) notify(`${path}: ${notice}. The old name is read for one more version.`);
  const problems = problemsOf(value);
  if (problems.length > 0) {
    const lines = problems.map((each) => `  ${each}`).join('\n');
    throw new Error(`The target file ${path} does not fit schemas/target.schema.json:\n${lines}\nCorrect these and run again; nothing was sent.`);
  }
  const { $schema: _forEditors, ...target } = resolveFiles(value, dirname(resolve(path))) as { readonly [key: string]: Json };
  return target as unknown as Target;
}

/** Every way in which this value is not a target, in words; none = it is one. */
export function problemsOf(value: unknown): readonly string[] {
  const ajv = new Ajv({
    allErrors: true,
    discriminator: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
    strictTypes: false,
  });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(join(root, 'schemas', 'target.schema.json'), 'utf8')));
  return validate(value) ? [] : describeProblems(validate.errors ?? [], value);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new Error(`The target file ${path} cannot be read (${code}). Check the path given to --target and its permissions.`, { cause });
  }
}

function parse(text: string, path: string): Json {
  try {
    // Comments become spaces, so that places stay what they are.
    return JSON.parse(stripComments(text.replace(/^\uFEFF/, ''), ' ')) as Json;
  } catch (cause) {
    const message = (cause as Error).message;
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    const before = text.slice(0, position).split('\n');
    const place = `${path}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
    throw new Error(`The target file is not JSON at ${place}: ${message}. Correct it there and run again; nothing was sent.`, { cause });
  }
}

const fileNames: Readonly<Record<string, readonly string[]>> = { tls: ['ca', 'cert', 'pfx'] };
const fileNamesAnywhere: readonly string[] = ['file', 'certificates', 'pkcs12', 'anchors', 'login'];

/** The names of files, unless PEM text stands there instead. */
function resolveFiles(value: Json, folder: string, key = ''): Json {
  if (Array.isArray(value)) return value.map((each: Json) => resolveFiles(each, folder, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) =>
      typeof each === 'string' &&
      (fileNamesAnywhere.includes(name) || fileNames[key]?.includes(name)) &&
      !isAbsolute(each) &&
      !each.includes('-----BEGIN')
        ? [name, join(folder, each)]
        : [name, resolveFiles(each, folder, name)],
    ),
  );
}
