import { probesOf } from '../../checks/index.ts';
import { groupScope, narrowToken, sendProbes } from '../../src/client/bulk/asking.ts';
import { awaitExport, deleteJob, runExport, startExport, tryKickoff } from '../../src/client/bulk/export.ts';
import { exportByGet, exportByPost } from '../../src/client/requests/bulk.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, exported, started } from '../asks.ts';

/** Kick-offs that must be refused, or may be. */
export const refusals: Suite = {
  id: 'bulk.refusals',
  title: 'Start exports that must be refused',
  scenarios: ['S3', 'S5', 'S6'],
  needs: ['token'],
  asks: [asked('token', 'patient-only'), asked('bulk.delete', 'clean-up'), ...exported('foreign-group')],
  requests: 18,
  async drive(provider) {
    provider.known.notes['bulk.group'] = groupScope(provider).at.replace('Group/', '');
    await narrowToken(provider, 'patient-only', 'system/Patient.rs');
    await sendProbes(provider, probesOf('bulk.refusals'));
    const { foreignGroup } = provider.target.bulk ?? {};
    if (foreignGroup !== undefined)
      await runExport(provider, exportByGet(groupScope(provider, foreignGroup), { _type: 'Patient,Coverage' }), 'foreign-group');
  },
};

const formats = ['application/fhir+ndjson', 'application/ndjson', 'ndjson'] as const;

/** Kick-offs that must be accepted; each job is cancelled at once. */
export const kickoffs: Suite = {
  id: 'bulk.kickoffs',
  title: 'Start exports in every form that must be accepted, and cancel them',
  scenarios: ['S3', 'S5', 'S6'],
  needs: ['token'],
  asks: [...started(...formats.map((format) => `format/${format}` as const), 'post', 'parallel/second'), ...exported('parallel/first')],
  requests: 16,
  async drive(provider) {
    const scope = groupScope(provider);
    for (const format of formats) await tryKickoff(provider, exportByGet(scope, { _outputFormat: format, _type: 'Patient' }), `format/${format}`);
    await tryKickoff(provider, exportByPost(scope, { _type: 'Patient' }), 'post');
    const first = await startExport(provider, exportByGet(scope, { _type: 'Coverage' }), 'parallel/first');
    await tryKickoff(provider, exportByGet(scope, { _type: 'Coverage,Patient' }), 'parallel/second');
    await awaitExport(provider, first);
    await deleteJob(provider, first);
  },
};

/** A token for less than all: the export may hold no more. */
export const narrowScope: Suite = {
  id: 'bulk.scope',
  title: 'Export with a token for Patient and Group only',
  scenarios: ['S3', 'S5', 'S6'],
  needs: ['token'],
  asks: [asked('token', 'narrow'), ...exported('narrow')],
  requests: 5,
  async drive(provider) {
    if (!(await narrowToken(provider, 'narrow', 'system/Patient.rs system/Group.rs'))) return;
    const spec = exportByGet(groupScope(provider));
    await runExport(provider, { ...spec, token: 'narrow' }, 'narrow', {});
  },
};
