import { baseOf } from '../../src/client/bulk/asking.ts';
import { awaitExport, deleteJob, fetchFiles, locate, noteJob, tryKickoff } from '../../src/client/bulk/export.ts';
import { askPatiently } from '../../src/client/bulk/patience.ts';
import { type Provider, type Reply, Stop } from '../../src/client/provider.ts';
import { exportByPost } from '../../src/client/requests/bulk.ts';
import { read } from '../../src/client/requests/fhir.ts';
import { hasCard, noCard } from '../../src/client/requests/match.ts';
import { memberBundle, nobody, providerMemberMatch } from '../../src/client/requests/roster.ts';
import { matchedGroupId, matchJobs } from '../../src/core/matched.ts';
import type { JobOfMatch, Json, MatchOf, TargetMember } from '../../src/core/model.ts';
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
    changing(
      'starts jobs that match members, which are cancelled',
      asked('group.operation', 'match', 'match/later', 'match/nobody', 'match/unattested'),
    ),
    asked('bulk.status', ...matchJobs),
    asked('bulk.file', ...matchJobs),
    asked('bulk.delete', ...matchJobs),
    asked('group.read', 'matched'),
    ...started('matched'),
  ],
  requests: when(knowsMember, when(declaresOperation('Group', 'provider-member-match'), 11, 2)),
  async drive(provider) {
    const { known, optedOut, unknown } = provider.target.members;
    if (known === undefined) return;
    if (!hasCard(known)) throw new Stop(noCard('known'), 'target-file');
    const npi = provider.target.bulk?.npi;
    const people = (...members: readonly (TargetMember | undefined)[]) =>
      members.flatMap((each) => (each === undefined || !hasCard(each) ? [] : [memberBundle(each, npi)]));
    const base = baseOf(provider);
    const ask = (variant: MatchOf, bundles: readonly Json[], later: boolean) =>
      askPatiently(provider, 'group.operation', providerMemberMatch(base, bundles, later), { variant });
    const later = await ask('match/later', people(known, optedOut), true);
    const files = later.status === 202 ? await follow(provider, later, 'match') : [later.body];
    const now = await ask('match', people(known, optedOut), false);
    if (now.status === 202) await drop(provider, now);
    if (later.status === 202 || now.status === 200)
      for (const [variant, bundles] of [
        ['match/nobody', people(unknown !== undefined && hasCard(unknown) ? unknown : nobody, optedOut)],
        ['match/unattested', [memberBundle(known, npi, false)]],
      ] as const) {
        const reply = await ask(variant, bundles, now.status !== 200);
        if (reply.status === 202) await follow(provider, reply, variant);
      }
    const id = [files.join('\n'), ...files, now.body].map(matchedGroupId).find((each) => each !== undefined);
    if (id === undefined) return;
    await askPatiently(provider, 'group.read', read(base, 'Group', id), { variant: 'matched' });
    const parameters = { exportType: 'hl7.fhir.us.davinci-pdex#provider-snapshot' };
    await tryKickoff(provider, exportByPost({ base, at: `Group/${id}`, operation: '$davinci-data-export' }, parameters), 'matched');
  },
};

/** Where the job is, to be cancelled until the payer says that it is gone; undefined where that is not said. */
function jobOf(provider: Provider, kickoff: Reply, variant: JobOfMatch) {
  const location = kickoff.headers['content-location'];
  const statusUrl = location === undefined ? undefined : locate(location, kickoff.exchange.request.url);
  if (statusUrl === undefined) return undefined;
  noteJob(provider, statusUrl, 'job that matches members');
  return { variant, kickoff, statusUrl, absolute: isHttpUrl(location) };
}

async function drop(provider: Provider, kickoff: Reply): Promise<void> {
  const job = jobOf(provider, kickoff, 'match');
  if (job !== undefined) await deleteJob(provider, job);
}

/** The job to its end, and the files of its manifest: their text. */
async function follow(provider: Provider, kickoff: Reply, variant: JobOfMatch): Promise<readonly string[]> {
  const job = jobOf(provider, kickoff, variant);
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
