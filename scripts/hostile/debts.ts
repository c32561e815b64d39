import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileCleanUps } from '../../src/client/clean-ups.ts';
import { type Case, ended, read, tokensSince } from './played.ts';
import { type Act, slug, spoiltAt } from './servers.ts';
import { payerAssay } from './stage.ts';

const says =
  (status: number, headers: Readonly<Record<string, string>> = {}): Act =>
  ({ response }) =>
    void response.writeHead(status, headers).end();

/** What may happen to the requests that take something back. */
const refusals: Readonly<Record<string, Act>> = {
  'loses every DELETE': ({ socket }) => void socket.destroy(),
  'answers every DELETE with 500': says(500),
  'knows no DELETE (405)': says(405, { allow: 'GET' }),
  'says "later" to every DELETE': says(429, { 'retry-after': '600' }),
  'wants another token for every DELETE': says(401, { 'www-authenticate': 'Bearer' }),
};

/** What a person can do: a line for the shell, or, where a kick-off was never answered and nobody knows an address, whom to ask. */
const byHand = /curl -X DELETE|so ask the payer to end it/g;

/**
 * What cannot be taken back is reported with the line that ends it by hand, and kept; the next run in that folder, at a payer that is well again, takes it back.
 * Nothing is left after that.
 */
export const debts: readonly Case[] = Object.entries(refusals).map(([title, act]) => ({
  ...{ id: `debts.${slug(title)}`, kind: 'clean-up at a payer that', title, within: 180 },
  async play(stage, within) {
    const { file, out } = stage.place();
    stage.embedded.payer.inject();
    const from = stage.proxy.heard.length;
    stage.proxy.act((turn) => (turn.method === 'DELETE' ? act(turn) : turn.answer()));
    const args = ['run', '--target', file, '--out', out];
    const first = await payerAssay([...args, '--scenario', 'S6'], { within });
    stage.proxy.act(undefined);
    const result = read(out, first, tokensSince(stage, from), stage, spoiltAt(/jobs/));
    const pending = fileCleanUps(out).pending().length;
    const told = pending === 0 ? 0 : (readFileSync(join(out, 'run.json'), 'utf8').match(byHand)?.length ?? 0);
    const untold = told >= pending ? [] : [`${pending} are pending, and ${told} told with what ends them by hand`];
    const second = await payerAssay([...args, '--only', 'rest.read'], { within });
    const { left } = read(out, second, [], stage, () => true);
    return { ...result, left, dishonest: [...result.dishonest, ...untold, ...ended(second, [0, 2]).dishonest] };
  },
}));
