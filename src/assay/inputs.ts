import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { asString } from '../core/fhir.ts';
import { parseHttpDate } from '../core/http-date.ts';
import type { Requirement, Run } from '../core/model.ts';
import { parseUrl } from '../core/url.ts';
import { root, tool } from '../package/tool.ts';
import type { Retraction } from '../plan/types.ts';
import { folderDigest, sha256 } from './digest.ts';

/** What a grade came of besides the answers, by hash: whoever grades again and sees another grade finds here what differs. */
export interface Inputs {
  readonly tool: typeof tool & { readonly form: 'sources' | 'dist'; readonly sha256: string };
  readonly madeBy: Run['tool'];
  readonly catalogue: { readonly rows: number; readonly sha256: string };
  /** Guide packages by name; null: built in, and so under the hash of the tool. */
  readonly packages: Readonly<Record<string, string | null>>;
  readonly validators: readonly string[];
  readonly seed: number | null;
  readonly clock: Clock;
  readonly tls: readonly Readonly<Record<string, string | null>>[];
  readonly retracted: readonly Retraction[];
}

export interface Clock {
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Median of the payer's Date less our own clock, seconds; null when it sends none. */
  readonly skew: number | null;
}

/** Same rules, same words: what a judge does is under the hash of the tool. */
export const catalogueDigest = (rows: readonly Requirement[]): string =>
  sha256(JSON.stringify(rows.map(({ id, level, text, source, lines, scenarios, holds }) => ({ id, level, text, source, lines, scenarios, holds }))));

/** Code, plans and schemas of this installation. */
export function toolDigest(): Pick<Inputs['tool'], 'form' | 'sha256'> {
  const form = existsSync(join(root, 'src')) ? 'sources' : 'dist';
  const folders = form === 'sources' ? ['src', 'checks', 'suites', 'reports', 'plans', 'schemas'] : ['dist', 'plans', 'schemas'];
  return { form, sha256: sha256(folders.map((each) => `${each} ${folderDigest(join(root, each)) ?? ''}`).join('\n')) };
}

/** `folderOf`: where the files of a guide package are, when they are on this machine. */
export function inputsOf(
  run: Run,
  rows: readonly Requirement[],
  retracted: readonly Retraction[],
  folderOf: (id: string) => string | undefined,
): Inputs {
  const validators = run.validators ?? [];
  const ids = validators.filter((each) => each.includes('#'));
  const digest = (id: string): string | null => {
    const folder = folderOf(id);
    return folder === undefined ? null : (folderDigest(folder) ?? null);
  };
  return {
    tool: { ...tool, ...toolDigest() },
    madeBy: run.tool,
    catalogue: { rows: rows.length, sha256: catalogueDigest(rows) },
    packages: Object.fromEntries(ids.map((id) => [id, digest(id)])),
    validators,
    seed: run.seed ?? null,
    clock: clockOf(run),
    tls: peersOf(run),
    retracted,
  };
}

export function clockOf({ startedAt, finishedAt, exchanges }: Pick<Run, 'startedAt' | 'finishedAt' | 'exchanges'>): Clock {
  const off = exchanges
    .flatMap(({ response, startedAt: sent, timing }) => {
      const said = parseHttpDate(response?.headers['date']);
      return said === undefined ? [] : [(said - Date.parse(sent) - timing.total) / 1000];
    })
    .sort((a, b) => a - b);
  const median = off[Math.floor(off.length / 2)];
  return { startedAt, finishedAt, skew: median === undefined ? null : Math.round(median) };
}

const peerFacts = ['tls.protocol', 'tls.names', 'tls.subject', 'tls.issuer', 'tls.validFrom', 'tls.validTo'] as const;

/** Who was at the other end: what the certificates said, once for each. */
function peersOf({ exchanges }: Pick<Run, 'exchanges'>): Inputs['tls'] {
  const peers = exchanges.flatMap(({ request, facts }) => {
    const host = parseUrl(request.url)?.origin;
    if (host === undefined || facts?.['tls.subject'] === undefined) return [];
    return [{ host, ...Object.fromEntries(peerFacts.map((name) => [name.slice(4), asString(facts[name]) ?? null])) }];
  });
  return [...new Map(peers.map((each) => [JSON.stringify(each), each])).values()];
}
