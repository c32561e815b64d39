import { baseOf, groupScope } from '../../src/client/bulk/asking.ts';
import { exportedTypes, exportTypes, middleInstant, servedTypes, serviceFilters } from '../../src/client/bulk/choices.ts';
import { awaitExport, deleteJob, fetchFiles, runExport, startExport, tryKickoff } from '../../src/client/bulk/export.ts';
import { askPatiently } from '../../src/client/bulk/patience.ts';
import { exportByGet, exportByPost, statusPoll } from '../../src/client/requests/bulk.ts';
import { hasOperation } from '../../src/core/capability.ts';
import { asArray, asString, at, isResource } from '../../src/core/fhir.ts';
import { asynchronous } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, exported, started } from '../asks.ts';
import { exportsGroup, knowsMember, when } from '../forecast.ts';
import { theExport, theGroup, theMember } from '../lessons.ts';

/** What the parameters of a kick-off do to the files. Exports of a suite run one after the other, so suites are small: others run beside them. */
export const parameters: Suite = {
  id: 'bulk.parameters',
  title: 'Limit exports by type, filter, elements and a time that lies ahead',
  scenarios: asynchronous,
  needs: ['token'],
  after: [theGroup, theExport],
  asks: [...exported('repeated-type', 'type-filter', 'elements', 'future')],
  requests: when(exportsGroup, 24),
  async drive(provider) {
    const scope = groupScope(provider);
    const { emptyType } = provider.target.bulk ?? {};
    // A type that the payer does not know would be refused: one without rows is asked for where it is named or served.
    const without = emptyType ?? (servedTypes(provider).has('RelatedPerson') ? 'RelatedPerson' : undefined);
    const repeated = [...exportedTypes(provider), ...(without === undefined ? [] : [without])];
    await runExport(provider, exportByGet(scope, { _type: repeated }), 'repeated-type');
    const filtered = { _type: exportTypes(provider, 'ExplanationOfBenefit'), _typeFilter: serviceFilters(provider) };
    await runExport(provider, exportByGet(scope, filtered), 'type-filter');
    await runExport(provider, exportByGet(scope, { _type: exportTypes(provider, 'Patient', 'Coverage'), _elements: 'id,identifier' }), 'elements');
    await runExport(provider, exportByGet(scope, { _type: exportTypes(provider, 'Patient'), _since: '2999-01-01T00:00:00Z' }), 'future');
  },
};

export const limits: Suite = {
  id: 'bulk.limits',
  title: 'Limit exports by time and patient, and by a parameter that nobody knows',
  scenarios: asynchronous,
  needs: ['token'],
  after: [theGroup, theMember, theExport],
  asks: [...exported('until', 'lenient', 'patient')],
  requests: when(exportsGroup, when(knowsMember, 19, 12)),
  async drive(provider) {
    const scope = groupScope(provider);
    const three = exportTypes(provider, 'Patient', 'Coverage', 'ExplanationOfBenefit');
    await runExport(provider, exportByGet(scope, { _type: three, _until: middleInstant(provider) }), 'until');
    const lenient = { prefer: 'respond-async, handling=lenient' };
    await runExport(provider, exportByGet(scope, { _type: exportTypes(provider, 'Patient'), noSuchParameter: '1' }, lenient), 'lenient');
    const one = provider.target.members.known?.patientId ?? asString(provider.known.notes['bulk.member']);
    if (one !== undefined) await runExport(provider, exportByPost(scope, { _type: three, patient: `Patient/${one}` }), 'patient');
  },
};

/** Forms that manifests and polls may take from Bulk Data 3.0 on, and the manifest of nothing. */
export const manifests: Suite = {
  id: 'bulk.manifests',
  title: 'Ask for output by patient, for a separate status, and for nothing',
  scenarios: asynchronous,
  needs: ['token'],
  after: [theGroup, theExport],
  asks: [...exported('organized', 'separate', 'empty')],
  requests: when(exportsGroup, 15),
  async drive(provider) {
    const scope = groupScope(provider);
    const types = { _type: exportTypes(provider, 'Patient', 'Coverage', 'ExplanationOfBenefit') };
    await runExport(provider, exportByGet(scope, { ...types, organizeOutputBy: 'Patient' }), 'organized');
    const separate = { prefer: 'respond-async, separate-export-status' };
    await runExport(provider, exportByGet(scope, { _type: exportTypes(provider, 'Patient') }, separate), 'separate');
    await runExport(
      provider,
      exportByGet(scope, { _type: exportTypes(provider, 'Patient'), _since: new Date(Date.now() - 1000).toISOString() }),
      'empty',
    );
  },
};

/** A manifest of several pages, from Bulk Data 3.0 on. */
export const partialManifests: Suite = {
  id: 'bulk.pages',
  title: 'Ask for partial manifests',
  scenarios: asynchronous,
  needs: ['token'],
  after: [theGroup, theExport],
  asks: [...exported('partial'), asked('bulk.manifest', 'partial'), asked('bulk.status', 'partial/again')],
  requests: when(exportsGroup, 8),
  async drive(provider) {
    const scope = groupScope(provider);
    const types = { _type: exportTypes(provider, 'Patient', 'Coverage', 'ExplanationOfBenefit') };
    const partial = await awaitExport(
      provider,
      await startExport(provider, exportByGet(scope, { ...types, allowPartialManifests: 'true' }), 'partial'),
    );
    if (partial.manifest !== undefined) await fetchFiles(provider, partial);
    let manifest = partial.manifest;
    let follows = partial.last?.exchange.index;
    for (let page = 0; page < 50; page++) {
      const next = asArray(at(manifest, 'link')).find((each) => at(each, 'relation') === 'next');
      const url = asString(at(next, 'url'));
      if (url === undefined || follows === undefined) break;
      const reply = await askPatiently(provider, 'bulk.manifest', statusPoll(url), { variant: 'partial', follows });
      follows = reply.exchange.index;
      manifest = reply.json;
      await fetchFiles(provider, { ...partial, last: reply, ...(manifest === undefined ? {} : { manifest }) });
    }
    if (partial.statusUrl !== undefined && partial.manifest !== undefined)
      await askPatiently(provider, 'bulk.status', statusPoll(partial.statusUrl), { variant: 'partial/again' });
    await deleteJob(provider, partial);
  },
};

/** Jobs that the operator knows to fail, wholly or in part; and an export of all the client's patients. */
export const jobs: Suite = {
  id: 'bulk.jobs',
  title: 'Follow jobs that fail, wholly or in part',
  scenarios: asynchronous,
  needs: ['token'],
  asks: [...exported('failing', 'partly-failing')],
  requests: ({ target: { bulk } }) => [bulk?.failingGroup, bulk?.partialGroup].filter((each) => each !== undefined).length * 6,
  async drive(provider) {
    const { failingGroup, partialGroup } = provider.target.bulk ?? {};
    const types = { _type: exportTypes(provider, 'Patient', 'Coverage') };
    if (failingGroup !== undefined) await runExport(provider, exportByGet(groupScope(provider, failingGroup), types), 'failing');
    if (partialGroup !== undefined) await runExport(provider, exportByGet(groupScope(provider, partialGroup), types), 'partly-failing');
  },
};

/** Patient level: only where it is declared, since it exports every patient the client may see. */
export const patientLevel: Suite = {
  id: 'bulk.patient-level',
  title: 'Export one patient at Patient level with Provenance',
  scenarios: ['S3', 'S6'],
  needs: ['token'],
  after: [theMember],
  asks: [...exported('patient-level'), ...started('declared/Patient')],
  requests: when(exportsGroup, when(knowsMember, 21, 2)),
  async drive(provider) {
    // What is declared must work: asked in its plainest form, and taken back at once.
    const { capability } = provider.known;
    if (isResource(capability, 'CapabilityStatement') && hasOperation(capability, 'Patient', 'export'))
      await tryKickoff(
        provider,
        exportByGet({ base: baseOf(provider), at: 'Patient' }, { _type: exportTypes(provider, 'Patient') }),
        'declared/Patient',
      );
    const one = provider.target.members.known?.patientId ?? asString(provider.known.notes['bulk.member']);
    if (one === undefined) return;
    const scope = { base: baseOf(provider), at: 'Patient' };
    await runExport(provider, exportByPost(scope, { patient: `Patient/${one}` }), 'patient-level');
  },
};
