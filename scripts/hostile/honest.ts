import { rmSync } from 'node:fs';
import { type Case, read, tokensSince } from './played.ts';
import { lost } from './servers.ts';
import { payerAssay } from './stage.ts';

/** MB that a whole run against an honest payer may need. */
export const mostMB = 300;

/** The measure for all the others: everything that is tested, at a payer that does as it should. */
export const honest: readonly Case[] = [
  {
    ...{ id: 'honest', kind: 'honest payer', title: 'does as it should, in all that is tested', within: 120 },
    async play(stage, within) {
      const { folder, file, out } = stage.place({ bulk: stage.embedded.target.bulk ?? {} });
      stage.embedded.payer.inject();
      const from = stage.proxy.heard.length;
      stage.proxy.act(undefined);
      const end = await payerAssay(['run', '--target', file, '--out', out], { within });
      const result = read(out, end, tokensSince(stage, from), stage, lost);
      rmSync(folder, { recursive: true, force: true });
      const much = end.peakMB > mostMB ? [`${end.peakMB} MB, where ${mostMB} are allowed`] : [];
      return { ...result, dishonest: [...result.dishonest, ...much, ...(end.exit === 0 ? [] : [`exit ${end.exit} where 0 is honest`])] };
    },
  },
];
