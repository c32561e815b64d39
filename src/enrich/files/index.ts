import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pool, startPool } from '../../bulk-files/pool.ts';
import { indexRosterOf, type Roster } from '../../bulk-files/roster.ts';
import type { FileWatch, OpenExport, WholeFiles } from '../../client/bulk/whole.ts';
import { asString } from '../../core/fhir.ts';
import type { Facts, RawExchange, Target } from '../../core/model.ts';
import { makeFolder } from '../../disk/folder.ts';
import { compare, type Entered, enterStored, rosterIn } from './together.ts';
import { type Watch, watchFile } from './watch.ts';
import type { RunAnswer, RunSettings } from './worker.ts';

/** The downloads themselves need a processor; and each thread holds the schema and all row questions, some 70 MB. */
const usualThreads = (): number => Math.min(4, Math.max(1, availableParallelism() - 1));

/** So much resident memory, bytes, is more than a run with ordinary files has. */
const short = 270 * 2 ** 20;

/** Failures kept for each rule and each question. */
const keep = 10;

/**
 * Judges bulk files too large to store, line by line in threads, and the files of an export against each other. Nothing is started before the first such
 * file comes, so a run with small files pays nothing.
 */
export function createWholeFiles(target: Target, threads: number = usualThreads()): WholeFiles {
  const { packages = [], cache, bulk: by = 'schema' } = target.validation ?? {};
  const watches = new Map<number, Watch>();
  /** Members of Groups as they were read last, by URL. */
  const rosters = new Map<string, Roster>();
  let pool: Pool | undefined;
  let folder: string | undefined;
  let exports = 0;
  let files = 0;
  /** Stored files that are being read into an index. */
  let entering = 0;

  function start(): Pool {
    const settingsOf = (thread: number): RunSettings => ({
      keep,
      thread,
      profiles: by === 'profiles',
      packages,
      ...(cache === undefined ? {} : { cache }),
    });
    pool ??= startPool(threads, settingsOf, (file, answer) => watches.get(file)?.add(answer as RunAnswer), new URL('./worker.ts', import.meta.url));
    return pool;
  }

  /** Where memory is short, a thread that has nothing to do makes room for the comparison: a new one starts with the next file. */
  async function makeRoom(): Promise<void> {
    // As in src/cli/memory.ts: time matters more than memory.
    if (process.env['PAYER_ASSAY_MEMORY'] === 'ample') return;
    if (watches.size === 0 && entering === 0 && process.memoryUsage.rss() >= short) await drop();
  }

  /** Ends the threads: the next file gets new ones. */
  async function drop(): Promise<void> {
    const last = pool;
    pool = undefined;
    await last?.stop();
  }

  const folderFor = (name: string): string => {
    folder ??= mkdtempSync(join(tmpdir(), 'payer-assay-run-'));
    const path = join(folder, name);
    makeFolder(path);
    return path;
  };

  function open({ variant, request }: Parameters<WholeFiles['open']>[0]): OpenExport {
    const name = String(exports++);
    const roster = [...rosters].find(([url]) => request.url.startsWith(`${url}/`))?.[1];
    const byUrl = new Map<string, Watch>();
    const skip: number[] = [];

    function watch({ kind, type, url }: Parameters<OpenExport['watch']>[0]): FileWatch {
      const file = files++;
      const made = watchFile({ file, place: { variant, kind, type, request, target }, index: folderFor(name), pool: start(), keep, by });
      watches.set(file, made);
      byUrl.set(url, made);
      return {
        write: made.write,
        async end(from) {
          const findings = await made.end(from);
          watches.delete(file);
          if (made.seen().failure !== undefined) void drop();
          return findings;
        },
        abandon() {
          made.abandon();
          skip.push(file);
          watches.delete(file);
        },
      };
    }

    async function together(done: readonly RawExchange[], signal: AbortSignal): Promise<Facts> {
      if (byUrl.size === 0 || signal.aborted) return {};
      const index = folderFor(name);
      try {
        const entered: Entered[] = [];
        for (const exchange of done.filter(({ facts }) => facts?.['file.kind'] === 'output')) {
          const { url } = exchange.request;
          const known = byUrl.get(url);
          const file = known?.file ?? files++;
          entered.push({ file, name: url.split(/[?#]/)[0]?.split('/').at(-1) ?? url, ...(known === undefined ? {} : { watch: known }) });
          if (known !== undefined) continue;
          const place = { variant, kind: 'output', type: asString(exchange.facts?.['file.type']) ?? '', request, target } as const;
          entering++;
          await enterStored(file, exchange, { pool: start(), place, index }).finally(() => entering--);
        }
        await makeRoom();
        if (roster !== undefined) indexRosterOf(roster, folderFor(`${name}-roster`));
        const lacking = done.flatMap((exchange) => lack(exchange) ?? [])[0];
        return await compare({
          entered,
          skip,
          index,
          keep,
          ...(roster === undefined ? {} : { roster: folderFor(`${name}-roster`) }),
          ...(lacking === undefined ? {} : { incomplete: lacking }),
        });
      } catch (cause) {
        void drop();
        return { 'export.together': `the files could not be compared: ${(cause as Error).message}` };
      } finally {
        for (const each of [name, `${name}-roster`]) await rm(join(folder ?? '', each), { recursive: true, force: true });
      }
    }

    return { watch, together };
  }

  return {
    open,
    saw(exchange) {
      const roster = rosterIn(exchange);
      if (roster !== undefined) rosters.set(exchange.request.url.split('?')[0] ?? '', roster);
    },
    async close() {
      await drop();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Why this file is not in the comparison as a whole. */
function lack({ request, response, facts = {} }: RawExchange): string | undefined {
  if (facts['file.kind'] !== 'output') return undefined;
  if (response?.status !== 200) return `${request.url} could not be downloaded`;
  for (const name of ['file.cut', 'file.decodeError', 'file.unjudged'] as const) {
    const why = asString(facts[name]);
    if (why !== undefined) return `${request.url} was not read to its end (${why})`;
  }
  if (facts['file.gzipBytes'] === true) return `${request.url} is gzip that was not announced`;
  const unread = facts['file.unread'];
  return typeof unread === 'number' && unread > 0 ? `a line of ${request.url} was too long to be read` : undefined;
}
