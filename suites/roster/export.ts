import { dataExport, groupOf, groupScope, probeFile, provides, useBrokenToken } from '../../src/client/bulk/asking.ts';
import { exportTypes } from '../../src/client/bulk/choices.ts';
import { awaitExport, deleteJob, type FinishedJob, fetchFiles, filesOf, runExport, startExport, tryKickoff } from '../../src/client/bulk/export.ts';
import { askPatiently } from '../../src/client/bulk/patience.ts';
import type { Provider } from '../../src/client/provider.ts';
import { exportByGet, exportByPost } from '../../src/client/requests/bulk.ts';
import { read } from '../../src/client/requests/fhir.ts';
import { asArray, at, literalReference } from '../../src/core/fhir.ts';
import { panel } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, exported, probed, started } from '../asks.ts';
import { declaresInteraction, exportsDavinci, exportsGroup, when } from '../forecast.ts';
import { theGroup } from '../lessons.ts';

const atr = 'hl7.fhir.us.davinci-atr';
const least = 'Group,Patient,Coverage';
const further = ['RelatedPerson', 'Practitioner', 'PractitionerRole', 'Organization', 'Location'] as const;

/** What a list is exported with: where there is only the plain export, by the types that it declares, and a Group is none that it holds. */
const parametersOf = (provider: Provider) => ({
  exportType: atr,
  _type: dataExport(provider) === '$export' ? exportTypes(provider, 'Patient', 'Coverage') : least,
});

/** GET as Bulk Data has it; where that is refused, POST as PDex has it. */
async function start(provider: Provider): Promise<FinishedJob> {
  const scope = groupScope(provider, groupOf(provider), dataExport(provider));
  const parameters = parametersOf(provider);
  if (scope.operation === '$export') return awaitExport(provider, await startExport(provider, provides(provider, scope, parameters), 'roster'));
  const first = await startExport(provider, exportByGet(scope, parameters), 'roster');
  return awaitExport(provider, first.statusUrl === undefined ? await startExport(provider, exportByPost(scope, parameters), 'roster/post') : first);
}

/** S5: the list as an export. The roster's coverages are asked about in S6 too: claims hang on them. */
export const rosterExport: Suite = {
  id: 'roster.export',
  title: 'Export the attribution list and hold it against the Group',
  scenarios: panel,
  needs: ['token'],
  after: [theGroup],
  asks: [
    asked('group.read', 'before-roster'),
    ...exported('roster', 'roster/post'),
    ...started(...further.map((type) => `roster-type/${type}` as const)),
    probed('bulk.file', 'roster.file.no-token', 'roster.file.broken-token'),
  ],
  requests: when(exportsGroup, when(exportsDavinci, 21, 8)),
  async drive(provider) {
    const { base = '' } = provider.known;
    await askPatiently(provider, 'group.read', read(base, 'Group', groupOf(provider)), { variant: 'before-roster' });
    const job = await start(provider);
    if (job.manifest !== undefined) {
      await fetchFiles(provider, job);
      useBrokenToken(provider);
      const [file] = filesOf(job.manifest);
      if (file) {
        await probeFile(provider, file, 'roster.file.no-token', 'none');
        await probeFile(provider, file, 'roster.file.broken-token', 'broken');
      }
    }
    await deleteJob(provider, job);
    const scope = groupScope(provider, groupOf(provider), dataExport(provider));
    if (scope.operation === '$export') return;
    for (const type of further) await tryKickoff(provider, exportByGet(scope, { exportType: atr, _type: `${least},${type}` }), `roster-type/${type}`);
  },
};

/** S5: a part of the list, and a part with a stranger in it. */
export const rosterSubset: Suite = {
  id: 'roster.subset',
  title: 'Export two members only, then one member and a stranger',
  scenarios: ['S5'],
  needs: ['token'],
  after: [theGroup],
  asks: [asked('group.read', 'before-subset'), ...exported('subset', 'stranger')],
  requests: when(exportsGroup, when(declaresInteraction('Group', 'read'), when(exportsDavinci, 18, 12), 1)),
  async drive(provider) {
    const { base = '' } = provider.known;
    const group = await askPatiently(provider, 'group.read', read(base, 'Group', groupOf(provider)), { variant: 'before-subset' });
    const members = [
      ...new Set(
        asArray(at(group.json, 'member'))
          .filter((entry) => at(entry, 'inactive') !== true)
          .flatMap((entry) => literalReference(at(entry, 'entity', 'reference')) ?? []),
      ),
    ];
    const scope = groupScope(provider, groupOf(provider), dataExport(provider));
    const parameters = parametersOf(provider);
    const [one, two] = members;
    if (one === undefined) return;
    // Two of two would prove nothing.
    if (two !== undefined && members.length > 2)
      await runExport(provider, provides(provider, scope, { ...parameters, patient: [one, two] }), 'subset');
    const { foreignPatient } = provider.target.bulk ?? {};
    if (foreignPatient !== undefined)
      await runExport(provider, provides(provider, scope, { ...parameters, patient: [one, `Patient/${foreignPatient}`] }), 'stranger');
  },
};
