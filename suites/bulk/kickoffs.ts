import { probesOf } from '../../checks/index.ts';
import { groupScope, narrowToken, sendProbes } from '../../src/client/bulk/asking.ts';
import { exportTypes } from '../../src/client/bulk/choices.ts';
import { awaitExport, deleteJob, runExport, startExport, tryKickoff } from '../../src/client/bulk/export.ts';
import { askPatiently } from '../../src/client/bulk/patience.ts';
import { exportByGet, exportByPost, statusPoll } from '../../src/client/requests/bulk.ts';
import { asynchronous } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, exported, started } from '../asks.ts';
import { both, exportsGroup, signsSmart, when } from '../forecast.ts';
import { theExport, theGroup } from '../lessons.ts';

/** Kick-offs that must be refused, or may be. */
export const refusals: Suite = {
  id: 'bulk.refusals',
  title: 'Start exports that must be refused',
  scenarios: asynchronous,
  needs: ['token'],
  after: [theGroup],
  asks: [asked('token', 'patient-only'), asked('bulk.delete', 'clean-up'), ...exported('foreign-group')],
  requests: when(exportsGroup, 15),
  async drive(provider) {
    provider.known.notes['bulk.group'] = groupScope(provider).at.replace('Group/', '');
    await narrowToken(provider, 'patient-only', 'system/Patient.rs');
    await sendProbes(provider, probesOf('bulk.refusals'));
    const { foreignGroup } = provider.target.bulk ?? {};
    if (foreignGroup !== undefined)
      await runExport(
        provider,
        exportByGet(groupScope(provider, foreignGroup), { _type: exportTypes(provider, 'Patient', 'Coverage') }),
        'foreign-group',
      );
  },
};

const formats = ['application/fhir+ndjson', 'application/ndjson', 'ndjson'] as const;

/** Kick-offs that must be accepted; each job is cancelled at once. */
export const kickoffs: Suite = {
  id: 'bulk.kickoffs',
  jobs: 2,
  title: 'Start exports in every form that must be accepted, and cancel them',
  scenarios: asynchronous,
  needs: ['token'],
  after: [theGroup, theExport],
  asks: [
    ...started(...formats.map((format) => `format/${format}` as const), 'post', 'running', 'parallel/second'),
    ...exported('parallel/first'),
    asked('bulk.delete', 'running'),
    asked('bulk.status', 'running/deleted'),
  ],
  requests: when(exportsGroup, 19),
  async drive(provider) {
    const scope = groupScope(provider);
    for (const format of formats)
      await tryKickoff(provider, exportByGet(scope, { _outputFormat: format, _type: exportTypes(provider, 'Patient') }), `format/${format}`);
    await tryKickoff(provider, exportByPost(scope, { _type: exportTypes(provider, 'Patient') }), 'post');
    // Cancelled while it runs: what has ended may be beyond cancelling.
    const running = await startExport(provider, exportByGet(scope, { _type: exportTypes(provider, 'Patient') }), 'running');
    await deleteJob(provider, { ...running, variant: undefined }, { variant: 'running' });
    if (running.statusUrl !== undefined) await askPatiently(provider, 'bulk.status', statusPoll(running.statusUrl), { variant: 'running/deleted' });
    const first = await startExport(provider, exportByGet(scope, { _type: exportTypes(provider, 'Coverage') }), 'parallel/first');
    await tryKickoff(provider, exportByGet(scope, { _type: exportTypes(provider, 'Coverage', 'Patient') }), 'parallel/second');
    await awaitExport(provider, first);
    await deleteJob(provider, first);
  },
};

/** A token for less than all: the export may hold no more. */
export const narrowScope: Suite = {
  id: 'bulk.scope',
  title: 'Export with a token for Patient and Group only',
  scenarios: asynchronous,
  needs: ['token'],
  after: [theGroup],
  asks: [asked('token', 'narrow'), ...exported('narrow')],
  requests: when(both(exportsGroup, signsSmart), 6),
  async drive(provider) {
    if (!(await narrowToken(provider, 'narrow', 'system/Patient.rs system/Group.rs'))) return;
    const spec = exportByGet(groupScope(provider));
    await runExport(provider, { ...spec, token: 'narrow' }, 'narrow', {});
  },
};
