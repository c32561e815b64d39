import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Target } from '../../src/core/model.ts';
import { echoing, leaksIn } from './echo.ts';
import { plantFiles } from './planted.ts';
import { type CanaryCount, type Case, type Result, read } from './played.ts';
import { type Ended, payerAssay, type Stage } from './stage.ts';

type Level = NonNullable<Target['evidence']>;

/** Every file below a folder, by its name there; what is compressed is opened. */
const filesIn = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    (readdirSync(folder, { recursive: true }) as string[])
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => {
        const bytes = readFileSync(join(folder, name));
        return [name, (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')];
      }),
  );

const plan = 'connectathon-track@2026.11';
/** What the same people are told by whichever level: asked once, and `all` of it where there is time. */
const plain = (files: string, all: boolean): readonly (readonly string[])[] => [
  ['validate', files, '--max-examples', '10000'],
  ['list', 'requirements'],
  ...(all ? [['validate', files, '--json', '--max-examples', '10000'], ...['faults', 'suites', 'profiles'].map((what) => ['list', what])] : []),
];

export interface Asked {
  /** Further words of the run. */
  readonly args: readonly string[];
  readonly within: number;
  /** Every command that there is; else those that read what a payer said. */
  readonly all?: boolean;
}

/** A run against a payer that echoes, and every other command that reads it, or files like its own: what of the canaries stands in any of their outputs. */
export async function canariesAt(
  stage: Stage,
  level: Level,
  { args, within, all = false }: Asked,
): Promise<Result & { readonly canaries: CanaryCount }> {
  const { folder, file, out } = stage.place({ evidence: level });
  const echo = echoing(stage.embedded.target);
  const planted = plantFiles(join(folder, 'files'), stage.embedded.target);
  const said: (readonly [command: string, text: string])[] = [];
  const dishonest: string[] = [];
  const ask = async (...words: readonly string[]): Promise<Ended> => {
    const end = await payerAssay(words, { within });
    said.push([words.slice(0, 2).join(' '), end.said]);
    // What did not work has said nothing that could be counted.
    if (!end.ended || end.exit === 3) dishonest.push(`${words[0]} ended with ${end.exit}: ${end.said.slice(-200)}`);
    return end;
  };
  stage.embedded.payer.inject();
  stage.proxy.act(echo.act);
  const end = await ask('run', '--target', file, '--out', out, '--format', 'all', ...args);
  await ask('doctor', '--target', file);
  if (all) await ask('init', join(out, 'init', 'payer.jsonc'), '--yes', '--base', stage.embedded.target.fhir?.base ?? '', '--client-id', 'init');
  stage.proxy.act(undefined);
  const again = join(out, 'again');
  await ask('regrade', out, '--all', '--out', again);
  await ask('report', out, '--json', '--format', 'all');
  await ask('diff', out, again);
  if (level === 'pseudonymised') for (const each of plain(planted.folder, all)) await ask(...each);
  if (all) {
    await ask('history', '--in', folder);
    await ask('regrade', out, '--plan', 'member-match-hrex,smart-backend-services', '--out', join(out, 'graded'));
    await ask('matrix', out, '--plan', plan, '--out', join(out, 'matrix'));
    await ask('package', out, '--plan', plan, '--out', join(out, 'package'));
    const key = join(folder, 'lab.pem');
    writeFileSync(key, generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    for (const name of readdirSync(join(out, 'package'))) {
      await ask('verify', join(out, 'package', name), '--out', join(out, 'unpacked'));
      await ask('sign', join(out, 'package', name), '--key', key);
    }
    await ask('explain', 'rest.read.id');
    await ask('plan', 'show', plan);
  }
  const canaries = echo.canaries();
  const leaks = leaksIn(new Map([...said, ...filesIn(out)]), canaries);
  const result = read(out, end, [], stage, () => true);
  rmSync(folder, { recursive: true, force: true });
  const files = level === 'pseudonymised' ? planted.said : new Map<string, number>();
  return {
    ...result,
    leaked: leaks.length,
    dishonest: [...result.dishonest, ...dishonest, ...leaks.slice(0, 20).map(({ where }) => where)],
    canaries: {
      level,
      values: canaries.length,
      said: Object.fromEntries([...echo.said()].map(([how, count]) => [how, count + (files.get(how) ?? 0)])),
      found: Object.fromEntries([...echo.said().keys()].map((how) => [how, leaks.filter((each) => each.how === how).length])),
    },
  };
}

/** Every value that must not be kept, in every encoding, from every answer. */
export const canaries: readonly Case[] = (['pseudonymised', 'hashes'] as const).map((level) => ({
  ...{ id: `canaries.${level}`, kind: 'canaries', title: `says again whatever it hears, at evidence level ${level}`, within: 240 },
  play: (stage, within) => canariesAt(stage, level, { args: ['--scenario', 'S1'], within, all: true }),
}));
