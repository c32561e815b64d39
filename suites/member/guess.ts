import { setTimeout as pause } from 'node:timers/promises';
import { type Provider, Stop } from '../../src/client/provider.ts';
import { askMemberMatch, type CardHolder, guessedAt, hasCard, inForm, noCard } from '../../src/client/requests/match.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { parseUrl } from '../../src/core/url.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { inTarget, when } from '../forecast.ts';
import { offersMemberMatch } from './member.ts';

const usualTries = 30;
const stopAt = new Set([401, 403, 429]);

/** Opt-in: does the payer slow down one who guesses card numbers? Stops at the first sign that it does. */
export const guess: Suite = {
  id: 'member.guess',
  title: 'Guess card numbers (only where the target file allows it)',
  scenarios: fhirApi,
  needs: ['member'],
  asks: [asked('member-match', 'guess')],
  requests: when(
    inTarget(({ allow, members }) => allow?.bruteForce === true && guessedAt(members) !== undefined),
    ({ target }) => Math.min(usualTries, Number(target.statements?.['member-match.tries'] ?? usualTries)),
  ),
  async drive(provider) {
    const { known, target } = provider;
    const { base } = known;
    const role = guessedAt(target.members);
    const person = role && target.members[role];
    if (target.allow?.bruteForce !== true || base === undefined || role === undefined || person === undefined || !offersMemberMatch(provider)) return;
    if (!hasCard(person)) throw new Stop(noCard(role), 'target-file');
    const tries = Number(target.statements?.['member-match.tries'] ?? usualTries);
    for (let number = 0; number < Math.min(tries, usualTries); number++) {
      const reply = await provider.ask('member-match', inForm(askMemberMatch(base, withNumber(person, number)), known.notes['member.form'] ?? {}), {
        variant: 'guess',
        once: true,
      });
      if (stopAt.has(reply.status)) return;
      await slowly(provider, base);
    }
  },
};

/** The same person with another card. */
const withNumber = (person: CardHolder, number: number): CardHolder => {
  const guessed = `GUESS${String(number).padStart(7, '0')}`;
  const { identifier: _numbers, ...patient } = person.patient;
  return { ...person, patient, coverage: { ...person.coverage, identifier: [{ value: guessed }], subscriberId: guessed } };
};

/** One a second, as agreed with operators; a payer on this machine needs no pause. */
async function slowly({ signal }: Provider, base: string): Promise<void> {
  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(parseUrl(base)?.host ?? '');
  if (!local) await pause(1000, undefined, { signal });
}
