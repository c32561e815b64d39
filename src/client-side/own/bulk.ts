import { setTimeout as sleep } from 'node:timers/promises';
import { awaitExport, deleteJob, type FinishedJob, fetchFiles, startExport } from '../../client/bulk/export.ts';
import { askPatiently } from '../../client/bulk/patience.ts';
import { Stop } from '../../client/provider.ts';
import { bulkFile, exportByPost, statusPoll } from '../../client/requests/bulk.ts';
import { asArray, asObject, asString, at, isResource, type JsonObject, linkOf, parseJson } from '../../core/fhir.ts';
import type { Json, RawExchange, RequestSpec } from '../../core/model.ts';
import type { Own } from './client.ts';
import { authenticate, discover } from './record.ts';

const scope = 'system/*.rs';
const types = 'Group,Patient,Coverage,Observation';

/** Kick-off to the last file, and DELETE. Answers with the time of the export. `group`: default, the list of the target file. */
export async function exported(own: Own, base: string, more: { readonly since?: string; readonly group?: string } = {}): Promise<string | undefined> {
  const { provider, decide } = own;
  const { since, group = provider.target.bulk?.group } = more;
  if (group === undefined) throw new Stop('no attribution list is known', 'target-file');
  const kickoff = exportByPost(
    { base, at: `Group/${group}`, operation: '$davinci-data-export' },
    {
      exportType: `hl7.fhir.us.davinci-pdex#provider-${since === undefined ? 'download' : 'delta'}`,
      _type: types,
      allowPartialManifests: 'true',
      _typeFilter: 'Observation?category=laboratory',
      _since: since,
    },
  );
  let started = await startExport(provider, kickoff, 'group');
  if (decide.startsAgain(started.kickoff.status)) started = await startExport(provider, kickoff, 'group');
  if (decide.beginsEarly() && started.statusUrl !== undefined) await beginEarly(own, started.statusUrl, started);
  let job: FinishedJob = await awaitExport(provider, started);
  const status = job.last?.status ?? 0;
  if (job.manifest === undefined && decide.startsAgain(status)) job = await awaitExport(provider, await startExport(provider, kickoff, 'group'));
  const time = asString(at(job.manifest, 'transactionTime'));
  const lost = (await filesOf(own, job)).filter((each) => (each.response?.status ?? 0) >= 400).length;
  if (lost > 0 && decide.asksManifestAgain(lost) && job.statusUrl !== undefined)
    await filesOf(own, { ...job, manifest: (await askPatiently(provider, 'bulk.status', statusPoll(job.statusUrl))).json ?? {} });
  if (decide.releases()) await deleteJob(provider, job);
  if (decide.pollsAfterDelete() && job.statusUrl !== undefined) await askPatiently(provider, 'bulk.status', statusPoll(job.statusUrl), {});
  return time;
}

/** Files that are listed before the job is over. Source: http://hl7.org/fhir/uv/bulkdata/export.html (allowPartialManifests) */
async function beginEarly({ provider }: Own, statusUrl: string, job: FinishedJob): Promise<void> {
  for (let poll = 0; poll < 20; poll++) {
    const { status, json } = await provider.ask('bulk.status', statusPoll(statusUrl));
    if (status !== 202 || asArray(at(json, 'output')).length > 0) {
      if (json !== undefined) await fetchFiles(provider, { ...job, manifest: json });
      return;
    }
    await sleep(50);
  }
}

/** The files of every manifest of the job. */
async function filesOf({ provider, decide, shown: screen }: Own, job: FinishedJob): Promise<readonly RawExchange[]> {
  const seen = new Set<string>();
  const all: RawExchange[] = [];
  for (let manifest = job.manifest, page = 0; manifest !== undefined && page < 50; page++) {
    const files = await fetchFiles(provider, {
      ...job,
      manifest: narrowed(
        manifest,
        decide.kinds((line) => screen.push(line)),
      ),
    });
    all.push(...files);
    if (decide.countsLines()) screen.push(...shortIn(manifest, files));
    for (const each of files)
      if (decide.fetchesTwice() && each.response?.headers['content-encoding'] === 'gzip')
        await askPatiently(provider, 'bulk.file', { ...bulkFile(each.request.url, true), headers: { 'accept-encoding': 'identity' } }, {});
    const next = decide.followsManifests() ? linkOf(manifest, 'next') : undefined;
    if (next === undefined || seen.has(next)) return all;
    seen.add(next);
    manifest = (await askPatiently(provider, 'bulk.manifest', statusPoll(next))).json;
  }
  return all;
}

/** Files with fewer lines than the manifest says, in words. */
const shortIn = (manifest: Json, files: readonly RawExchange[]): readonly string[] =>
  asArray(at(manifest, 'output')).flatMap((each) => {
    const [count, url] = [at(each, 'count'), asString(at(each, 'url'))];
    const lines = files.find(({ request }) => request.url === url)?.facts?.['file.lines'];
    return typeof count === 'number' && lines !== undefined && lines < count
      ? [`The export is incomplete: a file has ${lines} lines, fewer than the ${count} that were announced. Export again.`]
      : [];
  });

const narrowed = (manifest: Json, kinds: readonly string[]): Json =>
  Object.fromEntries(
    Object.entries(asObject(manifest)).map(([name, value]) => [
      name,
      ['output', 'deleted', 'error'].includes(name) && !kinds.includes(name)
        ? []
        : ['output', 'deleted', 'error'].includes(name)
          ? asArray(value)
          : value,
    ]),
  );

/** The attribution list itself. */
export async function roster(own: Own): Promise<void> {
  const { provider } = own;
  const base = await discover(own);
  await authenticate(own, scope);
  const group = provider.target.bulk?.group;
  if (group === undefined) throw new Stop('no attribution list is known', 'target-file');
  const at = { base, at: `Group/${group}`, operation: '$davinci-data-export' } as const;
  const parameters = { exportType: 'hl7.fhir.us.davinci-atr', _type: 'Group,Patient,Coverage' };
  const job = await awaitExport(provider, await startExport(provider, exportByPost(at, parameters), 'roster'));
  const files = await filesOf(own, job);
  await shown(own, files);
  await deleteJob(provider, job);
}

/** The list as a person sees it: what is not there is said to be missing. */
async function shown(own: Own, files: readonly RawExchange[]): Promise<void> {
  const { provider, decide } = own;
  const rows = files.flatMap(({ response }) => (response?.body ?? '').split('\n').flatMap((line) => parseJson(line) ?? []));
  const incomplete = rows.some((row) => isResource(row, 'Group') && asArray(row['member']).some((each) => at(each, 'period') === undefined));
  if (incomplete && decide.asksAgainForBare())
    for (const { request } of [...files, ...files]) await askPatiently(provider, 'bulk.file', { ...bulkFile(request.url, true) }, {});
  if (incomplete && !decide.takesBare()) throw new Stop('an entry of the list has no period', 'ours');
  for (const row of rows)
    if (isResource(row, 'Patient'))
      own.shown.push(decide.shows(`${asString(at(row, 'name', 0, 'family')) ?? 'no name'}, born ${asString(at(row, 'birthDate')) ?? '(not given)'}`));
}

/** One export of the attribution list, or a second one of what changed since. */
export async function bulk(own: Own, again = false): Promise<void> {
  const base = await discover(own);
  await authenticate(own, scope);
  const time = await exported(own, base);
  const since = again ? own.decide.since(time) : undefined;
  if (again) await exported(own, base, since === undefined ? {} : { since });
}

/** The list, a subscription to what changes in it, and its end. Source: http://hl7.org/fhir/us/davinci-atr/subscription.html */
export async function subscribed(own: Own): Promise<void> {
  const { provider, decide } = own;
  await roster(own);
  const base = provider.known.base ?? '';
  const kept = await provider.ask('operation', subscription(base, `Group/${provider.target.bulk?.group ?? ''}`));
  const id = asString(at(kept.json, 'id'));
  if (id === undefined) throw new Stop('the payer takes no subscription', 'payer');
  if (decide.endsSubscription()) await provider.ask('operation', switchedOff(base, { ...asObject(kept.json), id }));
}

/** The practice stops to use the list. */
function switchedOff(base: string, resource: JsonObject): RequestSpec {
  const url = `${base}/Subscription/${String(resource['id'])}`;
  return {
    method: 'PUT',
    url,
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ ...resource, status: 'off' }),
    token: 'default',
  };
}

const backport = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';

const subscription = (base: string, group: string): RequestSpec => ({
  method: 'POST',
  url: `${base}/Subscription`,
  headers: { 'content-type': 'application/fhir+json' },
  token: 'default',
  body: JSON.stringify({
    resourceType: 'Subscription',
    status: 'active',
    reason: 'Changes of our attribution list',
    criteria: 'http://hl7.org/fhir/us/davinci-atr/SubscriptionTopic/atr-list-change',
    _criteria: { extension: [{ url: `${backport}/backport-filter-criteria`, valueString: group }] },
    channel: {
      type: 'rest-hook',
      endpoint: 'https://ehr.example.org/list-changes',
      payload: 'application/fhir+json',
      _payload: { extension: [{ url: `${backport}/backport-payload-content`, valueCode: 'id-only' }] },
    },
  }),
});
