import { baseOf } from '../../src/client/bulk/asking.ts';
import { awaitExport, deleteJob, fetchFiles, locate, noteJob, tryKickoff } from '../../src/client/bulk/export.ts';
import { askPatiently } from '../../src/client/bulk/patience.ts';
import { type Provider, type Reply, Stop } from '../../src/client/provider.ts';
import { exportByPost } from '../../src/client/requests/bulk.ts';
import { read } from '../../src/client/requests/fhir.ts';
import { hasCard, noCard } from '../../src/client/requests/match.ts';
import { memberBundle, providerMemberMatch } from '../../src/client/requests/roster.ts';
import { matchedGroupId } from '../../src/core/matched.ts';
import { panel } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, changing, started } from '../asks.ts';
import { declaresOperation, knowsMember, when } from '../forecast.ts';

/** S5: PDex 2.2's way to a Group by matching, as a job first and then at once. */
export const memberMatching: Suite = {
  id: 'roster.match',
  title: 'Match members for a Group of our own, as a job and at once',
  scenarios: panel,
  needs: ['token'],
  asks: [
    changing('starts a job that matches members, which is cancelled', asked('group.operation', 'match', 'match/later')),
    asked('bulk.status', 'match'),
    asked('bulk.file', 'match'),
    asked('bulk.delete', 'match'),
    asked('group.read', 'matched'),
    ...started('matched'),
  ],
  requests: when(knowsMember, when(declaresOperation('Group', 'provider-member-match'), 9, 2)),
  async drive(provider) {
    const { known, optedOut } = provider.target.members;
    if (known === undefined) return;
    if (!hasCard(known)) throw new Stop(noCard('known'), 'target-file');
    const bundles = [known, ...(optedOut === undefined || !hasCard(optedOut) ? [] : [optedOut])].map(({ patient, coverage }) =>
      memberBundle(patient, coverage),
    );
    const base = baseOf(provider);
    const later = await askPatiently(provider, 'group.operation', providerMemberMatch(base, bundles, true), { variant: 'match/later' });
    const files = later.status === 202 ? await follow(provider, later) : [later.body];
    const now = await askPatiently(provider, 'group.operation', providerMemberMatch(base, bundles), { variant: 'match' });
    if (now.status === 202) await drop(provider, now);
    const id = [...files, now.body].map(matchedGroupId).find((each) => each !== undefined);
    if (id === undefined) return;
    await askPatiently(provider, 'group.read', read(base, 'Group', id), { variant: 'matched' });
    const parameters = { exportType: 'hl7.fhir.us.davinci-pdex#provider-snapshot' };
    await tryKickoff(provider, exportByPost({ base, at: `Group/${id}`, operation: '$davinci-data-export' }, parameters), 'matched');
  },
};

/** Where the job is, to be cancelled until the payer says that it is gone; undefined where that is not said. */
function jobOf(provider: Provider, kickoff: Reply) {
  const location = kickoff.headers['content-location'];
  const statusUrl = location === undefined ? undefined : locate(location, kickoff.exchange.request.url);
  if (statusUrl === undefined) return undefined;
  noteJob(provider, statusUrl, 'job that matches members');
  return { variant: 'match' as const, kickoff, statusUrl, absolute: isHttpUrl(location) };
}

async function drop(provider: Provider, kickoff: Reply): Promise<void> {
  const job = jobOf(provider, kickoff);
  if (job !== undefined) await deleteJob(provider, job);
}

/** The job to its end, and the files of its manifest: their text. */
async function follow(provider: Provider, kickoff: Reply): Promise<readonly string[]> {
  const job = jobOf(provider, kickoff);
  if (job === undefined) return [];
  const texts: string[] = [];
  if (job.absolute) {
    const ended = await awaitExport(provider, job);
    const files = ended.manifest === undefined ? [] : await fetchFiles(provider, ended);
    texts.push(...files.map(({ response }) => response?.body ?? ''));
    // FHIR's own pattern ends with the answer itself.
    if (ended.manifest === undefined) texts.push(ended.last?.body ?? '');
  }
  await deleteJob(provider, job);
  return texts;
}
