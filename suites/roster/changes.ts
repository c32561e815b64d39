import { baseOf, groupOf } from '../../src/client/bulk/asking.ts';
import { askPatiently } from '../../src/client/bulk/patience.ts';
import type { Provider } from '../../src/client/provider.ts';
import { read } from '../../src/client/requests/fhir.ts';
import { listOperation, type MemberParameters } from '../../src/client/requests/roster.ts';
import type { ListChange, Variant } from '../../src/core/model.ts';
import { panel } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, changing } from '../asks.ts';
import { hasGroup, inTarget, when } from '../forecast.ts';
import { theGroup } from '../lessons.ts';

const adds = ['id', 'id-period', 'reference', 'reference-period'] as const;
const removes = ['id', 'id-alone', 'reference', 'reference-alone'] as const;
const changed = [...adds.map((each) => `add/${each}` as const), ...removes.map((each) => `remove/${each}` as const)];

/** S5: changes to lists that the operator set aside for it, each undone. */
export const listChanges: Suite = {
  id: 'roster.changes',
  title: 'Add and remove a member on throw-away lists; try the same on a final one',
  scenarios: ['S5'],
  needs: ['token'],
  asks: [
    asked('group.read', ...changed, 'draft/before', 'final/before', 'final/after'),
    changing('adds and removes a member on lists set aside for it', asked('group.operation', ...changed, 'final/add', 'final/remove', 'confirm')),
  ],
  requests: when(
    inTarget(({ allow }) => allow?.writes === true),
    ({ target: { bulk } }) =>
      (bulk?.lists?.draft === undefined ? 0 : 17) + (bulk?.lists?.final === undefined ? 0 : 4) + (bulk?.lists?.toConfirm === undefined ? 0 : 1),
  ),
  async drive(provider) {
    const { lists, memberToAdd: candidate } = provider.target.bulk ?? {};
    if (provider.target.allow?.writes !== true || lists === undefined || candidate === undefined) return;
    const { memberId, providerNpi, coverage } = candidate;
    const byId: MemberParameters = { memberId, providerNpi };
    const byReference: MemberParameters = { patient: `Patient/${candidate.patient}`, provider: candidate.provider };
    const from = '2026-02-01';
    const adding = { id: byId, 'id-period': { ...byId, from }, reference: byReference, 'reference-period': { ...byReference, from } };
    const removing: Readonly<Record<(typeof removes)[number], MemberParameters>> = {
      id: byId,
      'id-alone': { memberId },
      reference: byReference,
      'reference-alone': { patient: `Patient/${candidate.patient}`, ...(coverage === undefined ? {} : { coverage }) },
    };
    const { draft, final, toConfirm: confirm } = lists;
    if (draft !== undefined) {
      await readList(provider, draft, 'draft/before');
      for (const [index, name] of adds.entries()) {
        noteRemoval(provider, draft, candidate.patient);
        await change(provider, draft, '$member-add', adding[name], `add/${name}`);
        const removal = removes[index];
        if (removal) await change(provider, draft, '$member-remove', removing[removal], `remove/${removal}`);
      }
      provider.cleanUps.done(`member ${draft}/${candidate.patient}`);
    }
    if (final !== undefined) {
      await readList(provider, final, 'final/before');
      await ask(provider, final, '$member-add', byId, 'final/add');
      await ask(provider, final, '$member-remove', byId, 'final/remove');
      await readList(provider, final, 'final/after');
    }
    if (confirm !== undefined) await ask(provider, confirm, '$confirm-attribution-list', {}, 'confirm');
  },
};

const ask = (
  provider: Provider,
  group: string,
  name: Parameters<typeof listOperation>[2],
  about: MemberParameters,
  variant: Variant<'group.operation'>,
) => askPatiently(provider, 'group.operation', listOperation(baseOf(provider), group, name, about), { variant });
const readList = (provider: Provider, group: string, variant: Variant<'group.read'>) =>
  askPatiently(provider, 'group.read', read(baseOf(provider), 'Group', group), { variant });

async function change(
  provider: Provider,
  group: string,
  name: '$member-add' | '$member-remove',
  about: MemberParameters,
  variant: ListChange,
): Promise<void> {
  await ask(provider, group, name, about, variant);
  await readList(provider, group, variant);
}

/** Until we say otherwise, whoever ends this run takes the member off the list again. */
function noteRemoval(provider: Provider, group: string, patient: string): void {
  const base = baseOf(provider);
  provider.cleanUps.add({
    id: `member ${group}/${patient}`,
    what: `member Patient/${patient} added to Group/${group}`,
    base,
    step: 'group.operation',
    request: listOperation(base, group, '$member-remove', { patient: `Patient/${patient}` }),
  });
}

/** S5: questions about single members. */
export const listQuestions: Suite = {
  id: 'roster.questions',
  title: 'Ask for the attribution of single members',
  scenarios: panel,
  needs: ['token'],
  after: [theGroup],
  asks: [asked('group.operation', 'status/member', 'status/stranger')],
  requests: when(hasGroup, 2),
  async drive(provider) {
    const { bulk = {}, members } = provider.target;
    const group = groupOf(provider);
    const memberId = Object.entries(bulk.memberIds ?? {});
    const someone = memberId.find(([patient]) => patient === members.known?.patientId)?.[1];
    if (someone !== undefined) await ask(provider, group, '$attribution-status', { memberId: someone }, 'status/member');
    await ask(provider, group, '$attribution-status', { memberId: 'NO-SUCH-MEMBER-0' }, 'status/stranger');
  },
};
