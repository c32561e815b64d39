import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Case, ended } from './played.ts';
import { slug } from './servers.ts';
import { payerAssay } from './stage.ts';

const patient = '{"resourceType":"Patient","id":"p"}';

interface File {
  readonly name: string;
  readonly bytes: () => string | Buffer;
  /** Exit codes that an honest end has: 1 = something is wrong in it, 3 = it cannot be read at all. */
  readonly exits: readonly number[];
}
const file = (name: string, bytes: () => string | Buffer, ...exits: readonly number[]): File => ({ name, bytes, exits });

/** Files of a payer in the hands of `validate`. */
const all: Readonly<Record<string, File>> = {
  'holds 6,259 levels': file('a.json', () => `{"resourceType":"Patient","a":${'['.repeat(6259)}${']'.repeat(6259)}}`, 1, 2, 3),
  'holds lines of 6,259 levels': file(
    'a.ndjson',
    () => `${`{"resourceType":"Patient","a":${'['.repeat(6259)}${']'.repeat(6259)}}\n`.repeat(50)}`,
    1,
    2,
  ),
  'holds a line of 100 MB': file('a.ndjson', () => `{"resourceType":"Patient","id":"${'x'.repeat(1e8)}"}\n`, 1, 2),
  'holds 200,000 empty lines': file('a.ndjson', () => `${patient}\n${'\n'.repeat(200_000)}`, 0, 1, 2),
  'is a gzip bomb': file('a.ndjson.gz', () => gzipSync(Buffer.alloc(2 ** 25, '\n')), 0, 1, 2, 3),
  'says gzip and is none': file('a.ndjson.gz', () => patient, 0, 1, 2, 3),
  'is cut in the middle of its gzip': file('a.ndjson.gz', () => gzipSync(`${patient}\n`.repeat(10_000)).subarray(0, 200), 1, 2, 3),
  'is empty': file('a.json', () => '', 1, 2, 3),
  'is binary': file('a.json', () => Buffer.from([0, 1, 2, 0x1b, 0x5d, 7, 255, 254]), 1, 2, 3),
  'names properties like those of every object': file(
    'a.ndjson',
    () => '{"resourceType":"__proto__","constructor":{"prototype":{"x":1}}}\n{"resourceType":"constructor"}\n',
    1,
  ),
  'holds control and direction signs': file('a.json', () => '{"resourceType":"Patient","id":"\\u001b]0;owned\\u0007\\u202etxt","\\u001b[2J":1}', 1),
  'holds one name a million times': file('a.json', () => `{"resourceType":"Patient",${'"id":"p",'.repeat(1e6)}"active":true}`, 1, 2, 3),
  'holds a list of a million entries': file(
    'a.json',
    () => `{"resourceType":"Bundle","type":"collection","entry":[${'{},'.repeat(1e6)}{}]}`,
    1,
    2,
    3,
  ),
};

export const files: readonly Case[] = [
  ...Object.entries(all).map(
    ([title, { name, bytes, exits }]): Case => ({
      ...{ id: `validate.${slug(title)}`, kind: 'validate a file that', title, within: 120 },
      async play(_, within) {
        const folder = mkdtempSync(join(tmpdir(), 'payer-assay-hostile-'));
        const path = join(folder, name);
        writeFileSync(path, bytes());
        const result = ended(await payerAssay(['validate', path], { within }), exits);
        rmSync(folder, { recursive: true, force: true });
        return result;
      },
    }),
  ),
  {
    ...{ id: 'validate.leads-to-itself', kind: 'validate a file that', title: 'is a link to itself', within: 120 },
    async play(_, within) {
      const folder = mkdtempSync(join(tmpdir(), 'payer-assay-hostile-'));
      const path = join(folder, 'a.ndjson');
      symlinkSync(path, path);
      const result = ended(await payerAssay(['validate', path], { within }), [3]);
      rmSync(folder, { recursive: true, force: true });
      return result;
    },
  },
];
