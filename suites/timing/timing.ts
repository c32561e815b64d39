import { setTimeout as pause } from 'node:timers/promises';
import type { Provider, Reply } from '../../src/client/provider.ts';
import { metadata, read, search, smartConfiguration } from '../../src/client/requests/fhir.ts';
import { askMemberMatch, hasCard, inForm } from '../../src/client/requests/match.ts';
import { tokenRequest } from '../../src/client/requests/token.ts';
import type { Operation } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { tokenClientOf } from '../../src/core/target.ts';
import { parseUrl } from '../../src/core/url.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { offersMemberMatch } from '../member/member.ts';

/** So many of each, unless the target file says otherwise (claims.time.samples): enough for p95, too few for p99. */
const usual = 100;
const variant = 'timing';

interface Sampling {
  readonly operation: Operation;
  /** Longest pace that a live payer is asked to keep up with, ms between two requests. */
  readonly everyMs: number;
  /** The nth sample; undefined where it cannot be asked here. */
  readonly ask: (provider: Provider, nth: number) => Promise<Reply> | undefined;
}

const samplings: readonly Sampling[] = [
  {
    operation: 'discovery',
    everyMs: 500,
    ask: (provider, nth) => {
      const { base } = provider.known;
      if (base === undefined) return undefined;
      return nth % 2 === 0
        ? provider.ask('metadata', metadata(base), { variant })
        : provider.ask('smart.configuration', smartConfiguration(base), { variant });
    },
  },
  {
    operation: 'token',
    everyMs: 1000,
    ask: (provider) => {
      const { known, target } = provider;
      const client = tokenClientOf(target);
      if (known.tokenEndpoint === undefined || client === undefined) return undefined;
      return provider.ask('token', tokenRequest(known.tokenEndpoint, client.scope), { variant });
    },
  },
  {
    operation: 'match',
    everyMs: 1000,
    ask: (provider, nth) => {
      const { known, target } = provider;
      const { known: first, similar: second } = target.members;
      // Always the right card: varied card data would look like guessing.
      const role = nth % 2 === 1 && second ? 'similar' : 'known';
      const member = role === 'known' ? first : second;
      if (known.base === undefined || member === undefined || !hasCard(member) || !offersMemberMatch(provider)) return undefined;
      return provider.ask('member-match', inForm(askMemberMatch(known.base, member), known.notes['member.form'] ?? {}), { variant, member: role });
    },
  },
  {
    operation: 'read',
    everyMs: 500,
    ask: (provider) => {
      const { base, patientId } = provider.known;
      return base === undefined || patientId === undefined
        ? undefined
        : provider.ask('read', read(base, 'Patient', patientId), { variant, member: 'known' });
    },
  },
  {
    operation: 'search',
    everyMs: 500,
    ask: (provider, nth) => {
      const { base, patientId } = provider.known;
      const type = nth % 2 === 0 ? 'Condition' : 'Coverage';
      return base === undefined || patientId === undefined
        ? undefined
        : provider.ask('search', search(base, type, { patient: patientId }), { variant, member: 'known' });
    },
  },
];

/** Samples for the limits that are agreed, one caller, at a pace that harms nobody. Nothing is asked where nothing is agreed. */
export const timing: Suite = {
  id: 'timing',
  title: 'Take times against the agreement, one caller at a time',
  scenarios: allScenarios,
  needs: ['member'],
  alone: () => true,
  asks: [...(['metadata', 'smart.configuration', 'token', 'member-match', 'read', 'search'] as const).map((step) => asked(step, variant))],
  requests: ({ target }) =>
    samplings.filter(({ operation }) => target.agreement?.limits?.[operation] !== undefined).length *
    Number(target.statements?.['time.samples'] ?? usual),
  async drive(provider) {
    const { target, known, signal } = provider;
    const wanted = Number(target.statements?.['time.samples'] ?? usual);
    const local = ['127.0.0.1', 'localhost', '[::1]'].includes(parseUrl(known.base ?? '')?.host ?? '');
    for (const { operation, everyMs, ask } of samplings) {
      if (target.agreement?.limits?.[operation] === undefined) continue;
      for (let nth = 0; nth < wanted; nth++) {
        const reply = await ask(provider, nth);
        if (reply === undefined || reply.status === 429 || reply.status === 403) break;
        if (!local) await pause(everyMs, undefined, { signal });
      }
    }
  },
};
