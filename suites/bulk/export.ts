import { groupScope, narrowToken, probeFile, useBrokenToken } from '../../src/client/bulk/asking.ts';
import { exportTypes, noteRows, spoiltUrl } from '../../src/client/bulk/choices.ts';
import { download } from '../../src/client/bulk/download.ts';
import { awaitExport, deleteJob, type FinishedJob, fetchFiles, filesOf, type Job, startExport } from '../../src/client/bulk/export.ts';
import { askPatiently } from '../../src/client/bulk/patience.ts';
import type { Provider } from '../../src/client/provider.ts';
import { bulkFile, cancelJob, exportByGet, statusPoll } from '../../src/client/requests/bulk.ts';
import { asynchronous } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, exported, probed } from '../asks.ts';
import { exportsGroup, when } from '../forecast.ts';
import { theGroup } from '../lessons.ts';
import { obtainOther } from '../trust/token.ts';

/** By the types that we know how to judge; a payer that refuses these may still export what it has. */
async function startMain(provider: Provider): Promise<Job<'group'>> {
  const scope = groupScope(provider);
  const first = await startExport(
    provider,
    exportByGet(scope, { _type: exportTypes(provider, 'Patient', 'Coverage', 'ExplanationOfBenefit') }),
    'group',
  );
  if (![400, 422, 501].includes(first.kickoff.status)) return first;
  const second = await startExport(provider, exportByGet(scope), 'group');
  if (second.kickoff.status === 202) provider.known.notes['bulk.untyped'] = true;
  return second;
}

/** A file of what a token for Patient and Group does not cover. */
async function tryNarrowToken(provider: Provider, { manifest }: FinishedJob): Promise<void> {
  const file = filesOf(manifest).find(({ kind, type, bearer }) => kind === 'output' && bearer && !['', 'Patient', 'Group'].includes(type));
  if (file === undefined || !(await narrowToken(provider, 'panel', 'system/Patient.rs system/Group.rs'))) return;
  await probeFile(provider, file, 'bulk.file.narrow-scope', 'panel');
}

/** One plain export from kick-off to DELETE, and everything that may be tried on its URLs on the way. */
export const exportGroup: Suite = {
  id: 'bulk.export',
  title: 'Export a Group, download every file, cancel the job',
  scenarios: asynchronous,
  needs: ['token'],
  after: [theGroup],
  asks: [
    ...exported('group'),
    asked('token', 'other', 'panel'),
    asked('bulk.status', 'group/again', 'group/deleted'),
    probed('bulk.status', 'bulk.status.no-token', 'bulk.status.broken-token', 'bulk.status.other-client'),
    asked('bulk.file', 'group/identity', 'group/with-token', 'group/again', 'group/deleted'),
    probed('bulk.file', 'bulk.file.no-token', 'bulk.file.broken-token', 'bulk.file.other-client', 'bulk.file.mangled', 'bulk.file.narrow-scope'),
    asked('bulk.delete', 'group/deleted', 'group/mangled'),
    probed('bulk.delete', 'bulk.delete.no-token'),
  ],
  requests: when(exportsGroup, 27),
  async drive(provider) {
    const job = await awaitExport(provider, await startMain(provider));
    const { statusUrl } = job;
    if (statusUrl === undefined) return;
    useBrokenToken(provider);
    const poll = statusPoll(statusUrl);
    await askPatiently(provider, 'bulk.status', { ...poll, token: 'none' }, { probe: 'bulk.status.no-token' });
    await askPatiently(provider, 'bulk.status', { ...poll, token: 'broken' }, { probe: 'bulk.status.broken-token' });
    const other = await obtainOther(provider);
    if (other) await askPatiently(provider, 'bulk.status', { ...poll, token: 'other' }, { probe: 'bulk.status.other-client' });
    if (job.manifest !== undefined) {
      noteRows(provider, await fetchFiles(provider, job));
      await askPatiently(provider, 'bulk.status', poll, { variant: 'group/again' });
      const [file] = filesOf(job.manifest);
      if (file) {
        const facts = { 'file.kind': file.kind, 'file.type': file.type };
        await download(provider, bulkFile(file.url, file.bearer, { 'accept-encoding': 'identity' }), { variant: 'group/identity' }, facts);
        await probeFile(provider, file, 'bulk.file.no-token', 'none');
        if (file.bearer) await probeFile(provider, file, 'bulk.file.broken-token', 'broken');
        else await download(provider, bulkFile(file.url, true), { variant: 'group/with-token' }, facts);
        if (file.bearer && other) await probeFile(provider, file, 'bulk.file.other-client', 'other');
        await probeFile(provider, file, 'bulk.file.mangled', 'default', spoiltUrl(file.url));
        await download(provider, bulkFile(file.url, file.bearer), { variant: 'group/again' }, facts);
      }
      await tryNarrowToken(provider, job);
      // Where nobody needs a token this would be the honest DELETE, and that one then find nothing.
      if (provider.target.auth.kind !== 'none')
        await askPatiently(provider, 'bulk.delete', { ...cancelJob(statusUrl), token: 'none' }, { probe: 'bulk.delete.no-token' });
      await deleteJob(provider, job);
      if (file) await download(provider, bulkFile(file.url, file.bearer), { variant: 'group/deleted' }, { 'file.kind': file.kind });
    } else await deleteJob(provider, job);
    await askPatiently(provider, 'bulk.status', poll, { variant: 'group/deleted' });
    await askPatiently(provider, 'bulk.delete', cancelJob(statusUrl), { variant: 'group/deleted' });
    await askPatiently(provider, 'bulk.delete', cancelJob(`${statusUrl}-no-such-job`), { variant: 'group/mangled' });
  },
};
