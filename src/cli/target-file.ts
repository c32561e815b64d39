import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Json, Target } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';

/**
 * Writes a target file whose secrets stand in files of their own beside it (readable by the owner only), since nobody else knows the environment
 * names of an embedded payer. Answers with every file written.
 */
export function writeTarget(path: string, target: Target, secrets: Readonly<Record<string, string>>, ca?: string): readonly string[] {
  const folder = dirname(path);
  makeFolder(folder);
  const written: string[] = [path];
  const keep = (name: string, text: string): string => {
    const file = `${basename(path).replace(/\.json$/, '')}.${name}`;
    writeFileSync(join(folder, file), text, { mode: 0o600 });
    written.push(join(folder, file));
    return `./${file}`;
  };
  const toFile = new Map(Object.entries(secrets).map(([name, value]) => [name, keep(`${name.toLowerCase()}.key`, value)]));
  const localised = pointAtFiles(target as unknown as Json, toFile) as { readonly [key: string]: Json };
  const tls = ca === undefined ? {} : { tls: { ...(localised['tls'] as object | undefined), ca: keep('ca.pem', ca) } };
  writeFileSync(path, `${JSON.stringify({ ...localised, ...tls }, null, 2)}\n`);
  return written;
}

/** Every `{ env }` whose value we know becomes `{ file }`. */
function pointAtFiles(value: Json, files: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) return value.map((each: Json) => pointAtFiles(each, files));
  if (value === null || typeof value !== 'object') return value;
  const { env, ...rest } = value as { readonly [key: string]: Json };
  const file = typeof env === 'string' && Object.keys(rest).length === 0 ? files.get(env) : undefined;
  return file === undefined ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, pointAtFiles(each, files)])) : { file };
}
