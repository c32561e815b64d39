import { rostersOf } from '../../fixtures/roster.ts';
import type { MockArea } from '../kernel/area.ts';
import { groupRoutes } from './groups.ts';
import { matchRoutes } from './match.ts';
import { operationRoutes } from './operations.ts';
import { rosterBehaviours, rosterRules } from './rules.ts';

const atr = (name: string): string => `http://hl7.org/fhir/us/davinci-atr/OperationDefinition/${name}`;

export const roster = {
  routes: [...matchRoutes, ...operationRoutes, ...groupRoutes],
  rules: rosterRules,
  behaviours: rosterBehaviours,
  declares: {
    operations: [
      ...['davinci-data-export', 'member-add', 'member-remove', 'attribution-status', 'confirm-attribution-list'].map((name) => ({
        type: 'Group',
        name,
        definition: atr(name),
      })),
      { type: 'Group', name: 'provider-member-match', definition: 'http://hl7.org/fhir/us/davinci-pdex/OperationDefinition/ProviderMemberMatch' },
    ],
    instantiates: ['http://hl7.org/fhir/us/davinci-pdex/CapabilityStatement/pdex-provider-access-server|2.1.0'],
    guides: ['http://hl7.org/fhir/us/davinci-atr/ImplementationGuide/hl7.fhir.us.davinci-atr|2.1.0'],
  },
  target({ data }) {
    const { people, memberIds, providerNpi, provider } = rostersOf(data);
    return {
      guides: { 'hl7.fhir.us.davinci-atr': '2.1.0' },
      allow: { writes: true },
      bulk: {
        group: 'panel-a',
        npi: '1234567893',
        tin: '789456231',
        contract: 'K-2026-7',
        settlement: 'ACO-BF-1',
        foreignGroup: 'roster-clinic-b',
        foreignNpi: String((data.ground.clinics['clinic-b']['identifier'] as readonly { readonly value: string }[])[0]?.value),
        foreignPatient: people.foreign,
        newMember: people.newMember,
        droppedMember: people.dropped,
        sharedMember: people.shared,
        optedOutPatient: people.optedOut,
        optedOutGroup: 'opted-out-a',
        memberIds,
        lists: { draft: 'draft-a', final: 'final-a', toConfirm: 'confirm-a' },
        memberToAdd: { memberId: memberIds[people.candidate] ?? '', patient: people.candidate, providerNpi, provider },
      },
    };
  },
} satisfies MockArea;

type RosterRules = typeof rosterRules;
declare module '../kernel/payer.ts' {
  interface Rules extends RosterRules {}
}
