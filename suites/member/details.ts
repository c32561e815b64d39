import { probesOf } from '../../checks/index.ts';
import { Stop } from '../../src/client/provider.ts';
import { memberMatch, read, search } from '../../src/client/requests/fhir.ts';
import { askMemberMatch, asOne, hasCard, inForm, noCard } from '../../src/client/requests/match.ts';
import { asString, at } from '../../src/core/fhir.ts';
import { fhirApi } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { both, declaresOperation, knowsMember, when } from '../forecast.ts';
import { offersMemberMatch } from './member.ts';

/** The known member again, with and without consent, what the identifier is good for, and questions that must be refused. */
export const memberDetails: Suite = {
  id: 'member.match',
  title: 'Match again, and ask what must be refused',
  scenarios: fhirApi,
  needs: ['member'],
  asks: [asked('member-match', 'again', 'no-consent'), asked('search', 'member-identifier'), asked('read', 'member-id')],
  requests: when(both(knowsMember, declaresOperation('Patient', 'member-match')), 19),
  async drive(provider) {
    const { known, target } = provider;
    const { base, patientId } = known;
    const person = target.members.known;
    if (base === undefined || person === undefined || !offersMemberMatch(provider)) return;
    if (!hasCard(person)) throw new Stop(noCard('known'), 'target-file');
    const form = known.notes['member.form'] ?? {};
    await provider.ask('member-match', inForm(askMemberMatch(base, person), form), { member: 'known', variant: 'again' });
    const { patient, coverage } = asOne(person);
    await provider.ask('member-match', inForm(memberMatch(base, { patient, coverage }), form), { member: 'known', variant: 'no-consent' });
    const identifier = known.notes['member.identifier'];
    const value = asString(at(identifier, 'value'));
    const system = asString(at(identifier, 'system'));
    if (value !== undefined)
      await provider.ask('search', search(base, 'Patient', { identifier: system === undefined ? value : `${system}|${value}` }), {
        member: 'known',
        variant: 'member-identifier',
      });
    if (patientId !== undefined) await provider.ask('read', read(base, 'Patient', patientId), { member: 'known', variant: 'member-id' });
    await provider.askProbes(probesOf('member.match'));
  },
};
