import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval as every } from 'node:timers/promises';
import type { Target } from '../../src/core/model.ts';
import { bodies } from './bodies.ts';
import { type Case, ended, type Result, read, tokensSince } from './played.ts';
import { type Act, lost, slug } from './servers.ts';
import { type Ended, payerAssay, type Stage, type Watched } from './stage.ts';

/** Long enough that a signal meets it in its middle: it has registered itself, and jobs of its run at the payer. */
const whole = ['--scenario', 'S6'];
const small = ['--only', 'rest.read'];
/** A job is out there now. */
const jobIsOut = /token {2}/;

interface Round extends Partial<Watched> {
  readonly args: readonly string[];
  readonly changes?: Partial<Target>;
}

/** A run with its surroundings, read as any other; nothing was wrong at the payer, so nothing may fail. */
async function round(stage: Stage, within: number, { args, changes, ...how }: Round): Promise<{ out: string; end: Ended; result: Result }> {
  const { file, out } = stage.place(changes);
  const from = stage.proxy.heard.length;
  stage.embedded.payer.inject();
  const end = await payerAssay(['run', '--target', file, '--out', out, ...args], { ...how, within });
  return { out, end, result: read(out, end, tokensSince(stage, from), stage, lost) };
}

/** Gives signals once the run is on its way, and keeps when the first was given and answered, ms of performance.now(). */
function signals(...names: readonly NodeJS.Signals[]): { readonly onSaid: NonNullable<Watched['onSaid']>; given?: number; heard?: number } {
  const moments: { onSaid: NonNullable<Watched['onSaid']>; given?: number; heard?: number } = {
    onSaid(said, kill) {
      if (/Interrupted/.test(said)) moments.heard ??= performance.now();
      if (moments.given !== undefined || !jobIsOut.test(said)) return;
      moments.given = performance.now();
      for (const [nth, name] of names.entries()) setTimeout(() => kill(name), nth * 700);
    },
  };
  return moments;
}

/** A signal is obeyed within this time, ms: it is answered, and nothing more is asked of the payer but to take back what the run changed. */
const obeys = 2000;

/** An interrupted run is incomplete, is judged all the same, and leaves nothing at the payer. */
const interrupted =
  (name: NodeJS.Signals, act?: Act) =>
  async (stage: Stage, within: number): Promise<Result> => {
    const moments = signals(name);
    stage.proxy.act(act);
    const from = stage.proxy.heard.length;
    const { result } = await round(stage, within, { args: whole, onSaid: moments.onSaid });
    const { given = 0, heard = Number.POSITIVE_INFINITY } = moments;
    const after = stage.proxy.heard.slice(from).filter(({ at, method, path }) => at - given > obeys && method === 'GET' && !/jobs/.test(path));
    return {
      ...result,
      dishonest: [
        ...result.dishonest,
        ...(result.exit === 2 ? [] : [`exit ${result.exit} where 2 is honest`]),
        ...(heard - given > obeys ? [`${name} was answered after ${Math.round(heard - given)} ms`] : []),
        ...(after.length > 0 ? [`${after.length} requests came more than ${obeys} ms after ${name}, first ${after[0]?.path}`] : []),
      ],
    };
  };

/** What a run left that ended at once is taken back by the next one in that folder; before that, no command calls it conformant. */
const killed =
  (...names: readonly NodeJS.Signals[]) =>
  async (stage: Stage, within: number): Promise<Result> => {
    const { out, end } = await round(stage, within, { args: whole, onSaid: signals(...names).onSaid });
    const told = names[0] === 'SIGKILL' ? ended(await payerAssay(['report', out], { within }), [2], /died before its end/).dishonest : [];
    const { file } = stage.place();
    const next = await payerAssay(['run', '--target', file, '--out', out, ...small], { within });
    const result = read(out, next, [], stage, lost);
    return { ...result, seconds: end.seconds, peakMB: end.peakMB, dishonest: [...told, ...result.dishonest] };
  };

const shell = (limits: string): readonly string[] => ['sh', '-c', `${limits}; exec "$@"`, 'sh'];

/** A file system of 2 MB, where this system lets us make one. */
async function onFullDisk(stage: Stage, within: number): Promise<Result> {
  const disk = join(stage.place().folder, 'disk');
  mkdirSync(disk);
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
  try {
    const { file } = stage.place();
    stage.embedded.payer.inject();
    const end = await payerAssay(['run', '--target', file, '--out', join(disk, 'out'), '--scenario', 'S1,S2'], { within });
    return ended(end, [3], /the disk is full.*The run is not lost/s);
  } finally {
    spawnSync('umount', ['-l', disk]);
  }
}
const mayMount = (): string | undefined =>
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('sh', ['-c', 'd=$(mktemp -d) && mount -t tmpfs tmpfs $d && umount $d']).status === 0
    ? undefined
    : 'no file system can be mounted here';
const noShell = (): string | undefined => (process.platform === 'win32' ? 'there are no such limits here' : undefined);

/** Every search is answered at length. */
const large: Act = (turn) => (/\/fhir\/[A-Z]\w+\?/.test(turn.path) ? turn.answer(bodies['holds 5,000 tiny entries']) : turn.answer());
/** Every record comes byte by byte, one in a fifth of a second. */
const dripping: Act = async (turn) => {
  if (!/\/fhir\/[A-Z]\w+/.test(turn.path) || turn.method !== 'GET') return turn.answer();
  turn.response.writeHead(200, { 'content-type': 'application/fhir+json' });
  for await (const _ of every(200)) if (turn.response.destroyed || !turn.response.write(' ')) return;
};

const all: Readonly<Record<string, { readonly play: Case['play']; readonly missing?: Case['missing'] }>> = {
  'gets SIGTERM': { play: interrupted('SIGTERM') },
  'gets SIGTERM while answers hold 5,000 entries each': { play: interrupted('SIGTERM', large) },
  'gets SIGTERM while answers come byte by byte': { play: interrupted('SIGTERM', dripping) },
  'gets SIGHUP: the terminal was closed': { play: interrupted('SIGHUP') },
  'gets SIGINT': { play: interrupted('SIGINT') },
  'gets SIGTERM and SIGHUP': { play: killed('SIGTERM', 'SIGHUP') },
  'gets SIGINT twice': { play: killed('SIGINT', 'SIGINT') },
  'gets SIGKILL': { play: killed('SIGKILL') },
  'loses its output: the reader of the pipe went away': {
    async play(stage, within) {
      const { result } = await round(stage, within, { args: small, onSaid: (_, __, close) => close() });
      return result;
    },
  },
  'writes to a full disk': { play: onFullDisk, missing: mayMount },
  'writes to where nothing can be made': {
    async play(stage, within) {
      const { file } = stage.place();
      return ended(
        await payerAssay(['run', '--target', file, '--out', '/proc/nowhere/at/all', ...small], { within }),
        [3],
        /cannot be made|may not write|read-only/,
      );
    },
    missing: () => (existsSync('/proc/self') ? undefined : 'there is no /proc here'),
  },
  'may open 24 files': { play: async (stage, within) => withFiles(stage, within, 24), missing: noShell },
  'may open 64 files': {
    play: async (stage, within) => (await round(stage, within, { args: small, before: shell('ulimit -n 64') })).result,
    missing: noShell,
  },
  'may write 100 kB into a file': {
    async play(stage, within) {
      const { end } = await round(stage, within, { args: ['--scenario', 'S1'], before: shell('ulimit -f 200') });
      return ended(end, [3], /could not be written|cannot be written/);
    },
    missing: noShell,
  },
  'has no home': {
    play: async (stage, within) => (await round(stage, within, { args: small, env: { HOME: '/nowhere', XDG_CACHE_HOME: '/nowhere' } })).result,
  },
  'has no temporary folder': { play: async (stage, within) => (await round(stage, within, { args: small, env: { TMPDIR: '/nowhere' } })).result },
  'has 256 MB of heap': {
    play: async (stage, within) =>
      (await round(stage, within, { args: ['--scenario', 'S1,S2,S3'], env: { NODE_OPTIONS: '--max-old-space-size=256' } })).result,
  },
  'finds its folder taken by another run': {
    async play(stage, within) {
      let second: Promise<Ended> | undefined;
      const { file, out } = stage.place();
      stage.embedded.payer.inject();
      const first = await payerAssay(['run', '--target', file, '--out', out, ...whole], {
        within,
        onSaid: (said) => {
          if (jobIsOut.test(said)) second ??= payerAssay(['run', '--target', file, '--out', out, ...small], { within });
        },
      });
      const told = second === undefined ? ['the second was never begun'] : ended(await second, [3], /is in use: another run/).dishonest;
      const result = read(out, first, [], stage, lost);
      return { ...result, dishonest: [...told, ...result.dishonest] };
    },
  },
};

async function withFiles(stage: Stage, within: number, most: number): Promise<Result> {
  const { end, out, result } = await round(stage, within, { args: small, before: shell(`ulimit -n ${most}`) });
  // Node itself may not come far enough to say anything better.
  return existsSync(join(out, 'run.json')) ? result : ended(end, [3], /too many files|EMFILE/);
}

export const surroundings: readonly Case[] = Object.entries(all).map(([title, { play, missing }]) => ({
  ...{ id: `surroundings.${slug(title)}`, kind: 'a run that', title, within: 180 },
  ...(missing === undefined ? {} : { missing }),
  async play(stage, within) {
    stage.proxy.act(undefined);
    try {
      return await play(stage, within);
    } finally {
      stage.proxy.act(undefined);
    }
  },
}));
