import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../../src/core/model.ts';
import { echoing, leaksIn } from './echo.ts';
import { type CanaryCount, type Case, type Result, read } from './played.ts';
import { payerAssay, type Stage } from './stage.ts';

type Level = NonNullable<Target['evidence']>;

/** Every file below a folder, by its name there. */
const filesIn = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    (readdirSync(folder, { recursive: true }) as string[])
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

/** A run against a payer that echoes, and every other command that reads it: what of the canaries stands in any of their outputs. */
export async function canariesAt(
  stage: Stage,
  level: Level,
  args: readonly string[],
  within: number,
): Promise<Result & { readonly canaries: CanaryCount }> {
  const { folder, file, out } = stage.place({ evidence: level });
  const echo = echoing(stage.embedded.target);
  stage.embedded.payer.inject();
  stage.proxy.act(echo.act);
  const end = await payerAssay(['run', '--target', file, '--out', out, '--format', 'all', ...args], { within });
  const doctor = await payerAssay(['doctor', '--target', file], { within });
  stage.proxy.act(undefined);
  const again = join(out, 'again');
  const said = [
    ['run', end.said],
    ['doctor', doctor.said],
  ] as [string, string][];
  for (const each of [
    ['regrade', out, '--all', '--out', again],
    ['report', out, '--json', '--format', 'all'],
    ['diff', out, again],
  ])
    said.push([each.join(' '), (await payerAssay(each, { within })).said]);
  const canaries = echo.canaries();
  const leaks = leaksIn(new Map([...said, ...filesIn(out)]), canaries);
  const result = read(out, end, [], stage, () => true);
  rmSync(folder, { recursive: true, force: true });
  return {
    ...result,
    leaked: leaks.length,
    dishonest: [...result.dishonest, ...leaks.slice(0, 20).map(({ where }) => where)],
    canaries: {
      level,
      values: canaries.length,
      said: Object.fromEntries(echo.said()),
      found: Object.fromEntries([...echo.said().keys()].map((how) => [how, leaks.filter((each) => each.how === how).length])),
    },
  };
}

/** Every value that must not be kept, in every encoding, from every answer. */
export const canaries: readonly Case[] = (['pseudonymised', 'hashes'] as const).map((level) => ({
  ...{ id: `canaries.${level}`, kind: 'canaries', title: `says again whatever it hears, at evidence level ${level}`, within: 240 },
  play: (stage, within) => canariesAt(stage, level, ['--scenario', 'S1'], within),
}));
