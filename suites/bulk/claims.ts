import { dataExport, groupOf, groupScope, provides } from '../../src/client/bulk/asking.ts';
import { exportTypes, takesFilter } from '../../src/client/bulk/choices.ts';
import { awaitExport, deleteJob, fetchFiles, runExport, startExport, tryKickoff } from '../../src/client/bulk/export.ts';
import { askPatiently } from '../../src/client/bulk/patience.ts';
import { flip, flipBack } from '../../src/client/bulk/switches.ts';
import type { Provider } from '../../src/client/provider.ts';
import { bulkFile, exportByGet, exportByPost } from '../../src/client/requests/bulk.ts';
import { read } from '../../src/client/requests/fhir.ts';
import { asString, at } from '../../src/core/fhir.ts';
import type { Target } from '../../src/core/model.ts';
import { asynchronous, panel } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, exported, started, switched } from '../asks.ts';
import { both, exportsDavinci, exportsGroup, knowsMember, when } from '../forecast.ts';
import { theExport, theGroup, theMember } from '../lessons.ts';

const provider = (kind: string): string => `hl7.fhir.us.davinci-pdex#provider-${kind}`;
/** The operator's switches change what exports beside them would hold. */
const switches = ({ bulk, allow }: Target): boolean => bulk?.controls !== undefined && allow?.writes === true;
const trioOf = (session: Provider) => exportTypes(session, 'ExplanationOfBenefit', 'Coverage', 'Patient');

/** S6: the claims of the panel, the roster read right before, the marks on the roster (S5) read right after. */
export const panelClaims: Suite = {
  id: 'bulk.claims',
  title: 'Export the claims of the panel',
  scenarios: panel,
  needs: ['token'],
  after: [theGroup],
  asks: [asked('group.read', 'before-claims', 'after-claims'), ...exported('claims')],
  requests: when(exportsGroup, when(exportsDavinci, 10, 9)),
  async drive(session) {
    const id = groupOf(session);
    const { base = '' } = session.known;
    await askPatiently(session, 'group.read', read(base, 'Group', id), { variant: 'before-claims' });
    const scope = groupScope(session, id, dataExport(session));
    // A parameter that the payer does not declare would end the export; without a filter there is more to read, and as much to judge.
    const filter = takesFilter(session, 'ExplanationOfBenefit', 'service-date')
      ? { _typeFilter: `ExplanationOfBenefit?service-date=ge${session.target.bulk?.claimsFrom ?? '2016-01-01'}` }
      : {};
    const asked = { exportType: provider('download'), _type: trioOf(session) };
    const { kickoff } = await runExport(session, provides(session, scope, { ...asked, ...filter }), 'claims');
    // No guide owes a filter: claims are judged by what the export without it brings.
    if ('_typeFilter' in filter && [400, 422, 501].includes(kickoff.status)) await runExport(session, provides(session, scope, asked), 'claims');
    await askPatiently(session, 'group.read', read(base, 'Group', id), { variant: 'after-claims' });
  },
};

/** Every form of provider export, and everything the payer has. */
export const providerAccess: Suite = {
  id: 'bulk.provider',
  title: 'Start each kind of provider export; export all types',
  scenarios: asynchronous,
  needs: ['token'],
  after: [theGroup, theMember],
  asks: [
    ...started('type/delta', 'type/download', 'type/snapshot'),
    ...exported('everything', 'with-stranger', 'opted-out-group'),
    asked('bulk.file', 'attachment'),
  ],
  requests: when(exportsGroup, when(knowsMember, 30, 6)),
  async drive(session) {
    const scope = groupScope(session, groupOf(session), dataExport(session));
    const since = '2016-01-01T00:00:00Z';
    for (const kind of ['delta', 'download', 'snapshot'])
      await tryKickoff(session, exportByPost(scope, { exportType: provider(kind), ...(kind === 'delta' ? { _since: since } : {}) }), `type/${kind}`);
    const { foreignPatient, optedOutGroup } = session.target.bulk ?? {};
    const one = session.target.members.known?.patientId ?? asString(session.known.notes['bulk.member']);
    if (one !== undefined) {
      const job = await awaitExport(
        session,
        await startExport(session, provides(session, scope, { exportType: provider('snapshot'), patient: `Patient/${one}` }), 'everything'),
      );
      const files = await fetchFiles(session, job);
      const documents = files.find((file) => file.facts?.['file.type'] === 'DocumentReference')?.response?.body ?? '';
      const url = /"attachment":\{[^{}]*"url":"([^"]+)"/.exec(documents)?.[1];
      if (isHttpUrl(url)) {
        const spec = bulkFile(url, at(job.manifest, 'requiresAccessToken') !== false, { accept: '*/*' });
        await askPatiently(session, 'bulk.file', spec, { variant: 'attachment' });
      }
      await deleteJob(session, job);
      if (foreignPatient !== undefined)
        await runExport(
          session,
          exportByPost(scope, {
            exportType: provider('download'),
            _type: 'Patient,Coverage',
            patient: [`Patient/${one}`, `Patient/${foreignPatient}`],
          }),
          'with-stranger',
        );
    }
    if (optedOutGroup !== undefined)
      await runExport(
        session,
        exportByPost({ ...scope, at: `Group/${optedOutGroup}` }, { exportType: provider('download'), _type: 'Patient,Coverage' }),
        'opted-out-group',
      );
  },
};

/** A change of mind between two exports. */
export const optOutChange: Suite = {
  id: 'bulk.opt-out',
  title: 'Honour an opt-out made in between',
  scenarios: asynchronous,
  needs: ['token'],
  alone: switches,
  after: [theGroup],
  asks: [...exported('after-opt-out'), ...switched('optOut')],
  requests: when(
    both(exportsGroup, ({ target }) => switches(target)),
    when(exportsDavinci, 12, 9),
  ),
  async drive(session) {
    const { controlled } = session.target.bulk ?? {};
    const scope = groupScope(session, groupOf(session), dataExport(session));
    if (controlled?.patient !== undefined && (await flip(session, 'optOut', { patient: `Patient/${controlled.patient}` }))) {
      await runExport(session, provides(session, scope, { exportType: provider('download'), _type: 'Patient,Coverage' }), 'after-opt-out');
      await flipBack(session, 'optOut');
    }
  },
};

/** Until when the next suite knows everything. */
export const before: Suite = {
  id: 'bulk.before',
  title: 'Export the panel to ask later what has changed',
  scenarios: asynchronous,
  needs: ['token'],
  after: [theGroup, theExport],
  asks: [...exported('since/first')],
  requests: when(exportsGroup, 9),
  async drive(session) {
    const first = await runExport(session, exportByGet(groupScope(session), { _type: trioOf(session) }), 'since/first');
    const since = asString(at(first.manifest, 'transactionTime'));
    if (since !== undefined) session.known.notes['bulk.since'] = since;
  },
};

/** What changed since: a second export from the first one's transactionTime. */
export const changes: Suite = {
  id: 'bulk.since',
  title: 'Export again from the first transactionTime on',
  scenarios: asynchronous,
  needs: ['token', 'bulk.before'],
  alone: switches,
  after: [theGroup],
  asks: [...exported('since/second'), ...switched('change', 'remove')],
  requests: when(exportsGroup, 10),
  async drive(session) {
    const since = asString(session.known.notes['bulk.since']);
    if (since === undefined) return;
    const { controlled } = session.target.bulk ?? {};
    const changed = controlled?.changed !== undefined && (await flip(session, 'change', { reference: controlled.changed }));
    const removed = controlled?.removed !== undefined && (await flip(session, 'remove', { reference: controlled.removed }));
    await runExport(session, exportByGet(groupScope(session), { _type: trioOf(session), _since: since }), 'since/second');
    if (changed) await flipBack(session, 'change');
    if (removed) await flipBack(session, 'remove');
  },
};
