import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../../mocks/embedded.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import type { Run } from '../../src/core/model.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import { startProxy } from './proxy.ts';

/** What came of one misbehaviour. */
export interface Played {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly ended: boolean;
  readonly seconds: number;
  readonly peakMB: number;
  readonly exit: number | null;
  /** Failures that it cannot have caused, or a conformance that it cannot have left. */
  readonly dishonest: readonly string[];
  /** CleanUps at the payer that were not taken back. */
  readonly left: number;
  /** Live tokens in our outputs, or at somebody else's. */
  readonly leaked: number;
}

/** MB of heap that the run may use: what it asks for beyond is no memory but an end. */
const heapMB = 900;

/** Plays misbehaviours one after another against runs of the command line, each in a process of its own. */
export async function play(all: readonly Misbehaviour[], told: (played: Played) => void): Promise<readonly Played[]> {
  const proxy = await startProxy();
  const embedded = await startEmbedded({ publicUrl: proxy.origin });
  proxy.toward(`http://127.0.0.1:${(embedded.server.address() as { port: number }).port}`);
  const out: Played[] = [];
  try {
    for (const each of all) {
      const folder = mkdtempSync(join(tmpdir(), 'payer-assay-hostile-'));
      embedded.payer.inject();
      const from = proxy.heard.length;
      proxy.act((turn) => (each.at.test(turn.path) ? each.act(turn) : turn.answer()));
      const file = join(folder, 'target.json');
      writeTarget(
        file,
        { ...embedded.target, evidence: 'pseudonymised', bulk: { ...embedded.target.bulk, maxWait: 3, pollFloor: 50 } },
        embedded.secrets,
      );
      const process = await watched(['bin/payer-assay.js', 'run', '--target', file, '--out', join(folder, 'out'), ...each.args], each.within);
      const bearers = proxy.heard.slice(from).flatMap(({ headers }) => /"authorization":"Bearer ([^"]{16,})"/.exec(headers)?.[1] ?? []);
      const played = { ...pick(each), ...process, ...judged(each, join(folder, 'out'), process.exit, [...new Set(bearers)]) };
      out.push(played);
      told(played);
      rmSync(folder, { recursive: true, force: true });
    }
  } finally {
    await proxy.close();
    await embedded.close();
  }
  return out;
}

const pick = ({ id, kind, title }: Misbehaviour) => ({ id, kind, title });

function judged(each: Misbehaviour, out: string, exit: number | null, tokens: readonly string[]): Pick<Played, 'dishonest' | 'left' | 'leaked'> {
  const owed = existsSync(join(out, 'pending-cleanup.ndjson'))
    ? readFileSync(join(out, 'pending-cleanup.ndjson'), 'utf8').split('\n').filter(Boolean).length
    : 0;
  const files = existsSync(out) ? (readdirSync(out, { recursive: true }) as string[]).filter((name) => statSync(join(out, name)).isFile()) : [];
  const texts = files.map((name) => readFileSync(join(out, name), 'utf8'));
  const leaked = tokens.filter((token) => texts.some((text) => text.includes(token))).length;
  if (!existsSync(join(out, 'run.json'))) return { dishonest: [`no run.json, exit ${exit}`], left: owed, leaked };
  const { exchanges, verdicts } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as Run;
  const dishonest = verdicts.flatMap(({ requirement, finding }) => {
    if (finding.outcome !== 'fail') return [];
    const url = exchanges.find(({ index }) => index === finding.exchange)?.request.url ?? '';
    const path = URL.canParse(url) ? new URL(url).pathname + new URL(url).search : url;
    return each.honest === 'spoilt' && each.at.test(path) ? [] : [`${requirement}: ${finding.actual}`];
  });
  const touched = exchanges.some(({ request, response }) => response === null && each.at.test(request.url));
  return {
    dishonest: exit === 0 && touched && verdicts.every(({ finding }) => finding.outcome === 'pass') ? ['conformant'] : dishonest,
    left: owed,
    leaked,
  };
}

/** Runs node with this much heap and time; a run that does not end by itself is ended. */
function watched(args: readonly string[], within: number): Promise<Pick<Played, 'ended' | 'seconds' | 'peakMB' | 'exit'>> {
  const began = performance.now();
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMB}`, ...args], { stdio: 'ignore' });
  let peak = 0;
  let ended = true;
  const look = setInterval(() => {
    try {
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0));
    } catch {
      // It has just ended, or this is no Linux: then the peak is not known.
    }
  }, 100);
  const late = setTimeout(() => {
    ended = false;
    child.kill('SIGKILL');
  }, within * 1000);
  return new Promise((resolve) =>
    child.once('close', (exit) => {
      clearInterval(look);
      clearTimeout(late);
      resolve({ ended, seconds: Math.round((performance.now() - began) / 100) / 10, peakMB: Math.round(peak / 1024), exit });
    }),
  );
}
