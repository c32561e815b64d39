import { boundsOf } from '../../core/bounds.ts';
import { asArray, asObject, asString, at } from '../../core/fhir.ts';
import type { ExportName, Facts, Json, RawExchange, RequestSpec, Variant } from '../../core/model.ts';
import { isTransient } from '../../core/rubric/codes.ts';
import { isHttpUrl, parseUrl } from '../../core/url.ts';
import { settled } from '../clean-up.ts';
import type { Labels, Provider, Reply } from '../provider.ts';
import { bulkFile, cancelJob, statusPoll } from '../requests/bulk.ts';
import { isNothingBegan, Stop } from '../stop.ts';
import { savedFile, saveManifest } from './disk.ts';
import { type DownloadOptions, download } from './download.ts';
import { askPatiently, patienceOf, rest } from './patience.ts';
import { bare, type OpenExport } from './whole.ts';

/** One export as the suites see it. `variant` names it in the evidence: every exchange of the export carries it; a wrong kick-off has none. */
export interface Job<V extends Variant<'bulk.kickoff'> | undefined = ExportName> {
  readonly variant: V;
  readonly kickoff: Reply;
  /** Absent when the kick-off was not accepted or gave no usable Content-Location. */
  readonly statusUrl?: string;
}

export interface FinishedJob extends Job {
  /** The last poll, whatever it said. */
  readonly last?: Reply;
  /** The manifest, when the job ended with one. */
  readonly manifest?: Json;
}

/** Sends a kick-off under this name (none where it is wrong on purpose). */
export type Kickoff = <V extends Variant<'bulk.kickoff'> | undefined>(
  provider: Provider,
  spec: RequestSpec,
  variant: V,
  labels?: Labels<'bulk.kickoff'>,
) => Promise<Job<V>>;

let kickoffs = 0;

/**
 * Starts an export. The journal knows of it from before the request goes out, and a job that was accepted gets a DELETE at the end from then on, whatever happens to
 * us: one whose Content-Location is no absolute URL cannot be followed, but what it means is cancelled at once.
 * Throws `Stop` when its status lives at an origin that the target file does not allow: what a payer names is neither polled nor deleted there without leave.
 */
export const startExport: Kickoff = async (provider, spec, variant, labels = {}) => {
  const job = await begin(provider, spec, variant, labels);
  const { kickoff } = job;
  const location = kickoff.status === 202 ? kickoff.headers['content-location'] : undefined;
  const status = location === undefined || location === '' ? undefined : locate(location, spec.url);
  if (status !== undefined) refuseForeign(provider, status);
  return job;
};

const begin: Kickoff = async (provider, spec, variant, labels = {}) => {
  const base = provider.known.base ?? '';
  const asked = `kick-off ${++kickoffs} ${spec.url}`;
  provider.cleanUps.add({ id: asked, what: `export that ${spec.method} ${spec.url} may have started`, base, step: 'bulk.delete' });
  const kickoff = await askPatiently(provider, 'bulk.kickoff', spec, { ...(variant === undefined ? {} : { variant }), ...labels }).catch(
    (cause: unknown) => {
      if (isNothingBegan(cause)) provider.cleanUps.done(asked);
      throw cause;
    },
  );
  const location = kickoff.headers['content-location'];
  const named = kickoff.status === 202 && location !== undefined && location !== '' ? locate(location, spec.url) : undefined;
  // Its status does not live where the export was asked for: polled there, it would start again each time.
  const found = named === spec.url ? undefined : named;
  const job = found !== undefined && isHome(provider, found) ? found : undefined;
  if (job !== undefined) noteJob(provider, job, 'export job');
  // Without an answer nobody knows whether something runs; and what runs at an address that we cannot use, only the payer can end.
  const isHidden = kickoff.status === 202 && job === undefined;
  if ((kickoff.exchange.response !== null && !isHidden) || isNothingBegan(kickoff)) provider.cleanUps.done(asked);
  if (job === undefined) return { variant, kickoff };
  if (isHttpUrl(location)) return { variant, kickoff, statusUrl: location };
  await cancelOnce(provider, job, { variant: 'clean-up' });
  return { variant, kickoff };
};

/** What a Content-Location means, read against the request as a browser would. */
export const locate = (location: string, request: string): string | undefined => {
  const url = URL.canParse(location, request) ? new URL(location, request).href : undefined;
  return isHttpUrl(url) ? url : undefined;
};

/** Notes a job in the journal until the payer confirms that it is gone. */
export const noteJob = (provider: Provider, statusUrl: string, what: string): void =>
  provider.cleanUps.add({ id: statusUrl, what, base: provider.known.base ?? '', step: 'bulk.delete', request: cancelJob(statusUrl) });

async function cancelOnce(provider: Provider, statusUrl: string, labels: Labels<'bulk.delete'>): Promise<Reply> {
  const reply = await askPatiently(provider, 'bulk.delete', cancelJob(statusUrl), labels);
  if (settled(reply.status)) provider.cleanUps.done(statusUrl);
  return reply;
}

const isHome = ({ target, known, rules }: Provider, url: string): boolean => rules.carriesToken(target, known, url);

function refuseForeign(provider: Provider, url: string): void {
  if (isHome(provider, url)) return;
  const { origin = url } = parseUrl(url) ?? {};
  throw new Stop(
    `the status of the export lives at another origin (${origin}), which is neither polled nor deleted without leave: name it in allowedOrigins of the target file if it is the payer's`,
    'target-file',
  );
}

/** Polls as often as the payer wants, and not more often, until the job ends. Throws `Stop` at our limit. */
export async function awaitExport(provider: Provider, job: Job): Promise<FinishedJob> {
  if (job.statusUrl === undefined) return job;
  refuseForeign(provider, job.statusUrl);
  const patience = patienceOf(provider.known);
  const began = performance.now();
  let follows = job.kickoff.exchange.index;
  let faults = 0;
  let asked: number | null = null;
  let answered = began;
  for (let poll = 0; ; poll++) {
    // How politely we polled: the report shows it, and a test holds it against what the payer asked for.
    const about = { 'bulk.poll': poll + 1, 'bulk.asked': asked, 'bulk.waited': Math.round(performance.now() - answered) };
    const last = await askPatiently(provider, 'bulk.status', statusPoll(job.statusUrl), { variant: job.variant, follows }, about);
    follows = last.exchange.index;
    answered = performance.now();
    // Bulk Data 3.0 may put the job's state into a header of its own.
    const separate = /^\s*(\d{3})/.exec(last.headers['x-export-status'] ?? '')?.[1];
    const status = separate === undefined ? last.status : Number(separate);
    faults = status >= 500 ? faults + 1 : 0;
    // A second look even where the payer calls it final: a fault that passes all the same was announced wrongly, and that is worth knowing.
    const again = faults > 0 && faults < (saysLater(last.json) ? patience.tries : 2);
    if (!provider.rules.pollsOn(status === 202 || status === 429 || again, status)) {
      const manifest = status === 200 && asObject(last.json)['transactionTime'] !== undefined ? last.json : undefined;
      return { ...job, last, ...(manifest === undefined ? {} : { manifest }) };
    }
    const wait = provider.rules.waits(last.headers['retry-after'], poll, patience);
    asked = wait.asked ?? null;
    await rest(wait, patience.maxWait - (performance.now() - began), provider.signal, 'the export job', true);
  }
}

const saysLater = (outcome: Json | undefined): boolean => asArray(at(outcome, 'issue')).some((issue) => isTransient(asString(at(issue, 'code'))));

export type FileKind = 'output' | 'deleted' | 'error';
export interface ManifestFile {
  readonly kind: FileKind;
  readonly type: string;
  readonly url: string;
  readonly bearer: boolean;
}

/** Files that a manifest lists and that can be asked for. */
export function filesOf(manifest: Json | undefined): readonly ManifestFile[] {
  const bearer = at(manifest, 'requiresAccessToken') !== false;
  return (['output', 'deleted', 'error'] as const).flatMap((kind) =>
    asArray(at(manifest, kind)).flatMap((item) => {
      const url = asString(at(item, 'url'));
      return isHttpUrl(url) ? [{ kind, type: asString(at(item, 'type')) ?? '', url, bearer }] : [];
    }),
  );
}

/**
 * Downloads every file of the manifest, a few at a time, in manifest order as far as starts go. What is too large to store is judged on the way; what shows
 * only in all files together becomes facts of the answer that held the manifest.
 */
export async function fetchFiles(provider: Provider, job: FinishedJob, options: DownloadOptions = {}): Promise<readonly RawExchange[]> {
  const all = filesOf(job.manifest);
  const { files: most } = boundsOf(provider.target);
  const listed = all.slice(0, most);
  const { variant, last } = job;
  const open = provider.files?.open({ variant, request: bare(job.kickoff.exchange.request) });
  const waiting = [...listed.entries()];
  const done: RawExchange[] = [];
  const names: (string | undefined)[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, file] = next;
      const exchange = await fetchFile(provider, { variant, file, follows: last?.exchange.index, open }, options);
      names[place] = asString(exchange.facts?.['file.saved']);
      done.push(exchange);
    }
  };
  await Promise.all(Array.from({ length: provider.rules.parallel(provider.target.bulk?.parallel ?? 4) }, work));
  if (listed.length > 0) saveManifest(provider, variant, job.manifest, names);
  if (last !== undefined && open !== undefined && isComplete(job.manifest)) provider.amend(last.exchange, await open.together(done, provider.signal));
  if (all.length > most)
    throw new Stop(`the manifest lists ${all.length} files, and ${most} of them were looked at: our limit (limits.files in the target file)`, 'ours');
  return done;
}

/** A page of a longer manifest is no set to be compared with anything. */
const isComplete = (manifest: Json | undefined): boolean => !asArray(at(manifest, 'link')).some((each) => at(each, 'relation') === 'next');

interface Fetch {
  readonly variant: ExportName;
  readonly file: ManifestFile;
  readonly follows: number | undefined;
  readonly open: OpenExport | undefined;
}

/** A file that is said to need no token and is refused without is asked for with it, so that its rows are judged: both answers are on record. */
async function fetchFile(provider: Provider, how: Fetch, options: DownloadOptions): Promise<RawExchange> {
  const { file } = how;
  const first = await fetchOnce(provider, how, options);
  const refused = first.response?.status === 401 || first.response?.status === 403;
  const { tokens, rules, target, known } = provider;
  return refused && !file.bearer && tokens.has('default') && rules.carriesToken(target, known, file.url)
    ? fetchOnce(provider, { ...how, file: { ...file, bearer: true } }, options)
    : first;
}

function fetchOnce(provider: Provider, { variant, file, follows, open }: Fetch, options: DownloadOptions): Promise<RawExchange> {
  const { kind, type, url, bearer } = file;
  const saved = options.sink === undefined ? savedFile(provider, variant, kind, type) : undefined;
  const facts: Facts = { 'file.kind': kind, 'file.type': type, ...(saved === undefined ? {} : { 'file.saved': saved.name }) };
  const labels = { variant, ...(follows === undefined ? {} : { follows }) };
  return download(provider, bulkFile(url, provider.rules.bringsToken(bearer)), labels, facts, {
    ...(saved === undefined ? {} : { sink: saved.sink }),
    ...(open === undefined ? {} : { watch: () => open.watch({ kind, type, url }) }),
    ...options,
  });
}

/** Cancels or cleans up a job. It is done once the payer says that the job is gone. */
export async function deleteJob(
  provider: Provider,
  job: Pick<Job<ExportName | undefined>, 'variant' | 'statusUrl'>,
  labels: Labels<'bulk.delete'> = {},
): Promise<Reply | undefined> {
  if (job.statusUrl === undefined || !isHome(provider, job.statusUrl)) return undefined;
  return cancelOnce(provider, job.statusUrl, { ...(job.variant === undefined ? {} : { variant: job.variant }), ...labels });
}

/** Kick-off to last file, then DELETE. */
export async function runExport(provider: Provider, spec: RequestSpec, variant: ExportName, options: DownloadOptions = {}): Promise<FinishedJob> {
  const job = await awaitExport(provider, await startExport(provider, spec, variant));
  if (job.manifest !== undefined) await fetchFiles(provider, job, options);
  await deleteJob(provider, job);
  return job;
}

/** Starts an export only to see the answer, and takes it back at once. */
export const tryKickoff: Kickoff = async (provider, spec, variant, labels = {}) => {
  const job = await begin(provider, spec, variant, labels);
  await deleteJob(provider, { ...job, variant: undefined }, { variant: 'clean-up' });
  return job;
};
