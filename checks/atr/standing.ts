import { asArray, asString, at, type JsonObject, literalReference } from '../../src/core/fhir.ts';
import { andMore, check, fail, notApplicable, notTestable, pass } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Exchange, Json } from '../../src/core/model.ts';
import { roster } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { useCase } from '../sources.ts';
import { editGroup, extensions, onGroup } from './groups.ts';

/** Whether a list can be true as it stands: nobody twice, the number right, and everybody on it still there. */

const isActive = (entry: Json): boolean => at(entry, 'inactive') !== true;
const memberOf = (entry: Json): string | undefined => literalReference(at(entry, 'entity', 'reference'));
const providerOf = (entry: Json): string => asString(at(extensions(entry, 'ext-attributedProvider')[0], 'valueReference', 'reference')) ?? '';

/** For whom, and by what coverage, somebody is listed: one of them may be named by an identifier alone. */
const reasons = ['ext-attributedProvider', 'ext-coverageReference'] as const;

/** A FHIR date as a day that starts or ends a span; open ends have no end. */
const first = (entry: Json): string => (asString(at(entry, 'period', 'start')) ?? '0000').padEnd(10, '-00').slice(0, 10);
const last = (entry: Json): string => endDay(asString(at(entry, 'period', 'end')));
const endDay = (end: string | undefined): string => (end === undefined ? '9999-12-31' : `${end}${'-12-31'.slice(end.length - 4)}`.slice(0, 10));
const overlap = (a: Json, b: Json): boolean => first(a) <= last(b) && first(b) <= last(a);
/** Over everywhere on earth: a day later by any clock. */
const isOver = (end: string | undefined, { startedAt }: Exchange): boolean =>
  end !== undefined && endDay(end) < new Date(Date.parse(startedAt) - 86_400_000).toISOString().slice(0, 10);

const entries = (value: JsonObject): readonly Json[] => asArray(value['member']);

export const standingChecks: readonly Check[] = group(
  { level: 'FAST', lines: ['L2', 'L4'], scenarios: roster, source: useCase('Scenario 5'), holds: [{ ig: guides.atr }] } as const,
  [
    {
      id: 'atr.member.once',
      text: 'No member is listed twice for one provider and one period.',
      judge: onGroup((value, exchange) => {
        const active = entries(value).filter(isActive);
        if (active.length === 0) return notTestable('The Group has no active member.', 'test-data');
        // By member, provider and coverage: a list may name a hundred thousand.
        const earlier = new Map<string, Json[]>();
        const twice = active.filter((entry) => {
          const member = memberOf(entry);
          if (member === undefined) return false;
          const key = JSON.stringify([member, ...reasons.map((name) => extensions(entry, name))]);
          const others = earlier.get(key) ?? [];
          earlier.set(key, [...others, entry]);
          return others.some((other) => overlap(other, entry));
        });
        const [one] = twice;
        return one === undefined
          ? pass
          : fail(
              exchange,
              'each member once for a provider and a period',
              `${memberOf(one)} twice for ${providerOf(one) || 'no provider'}${andMore(twice.length - 1)}`,
            );
      }),
      faults: [
        {
          name: 'lists a member twice for the same provider and period',
          at: 'group.read',
          alter: editGroup((value) => ({
            ...value,
            quantity: entries(value).length + 1,
            member: [...entries(value), ...entries(value).slice(0, 1)],
          })),
        },
      ],
    },
    {
      id: 'atr.group.quantity',
      text: 'Group.quantity, where given, is the number of members: "a count of the number of resource instances that are part of the group" (R4 Group.quantity).',
      judge: onGroup((value, exchange) => {
        const told = value['quantity'];
        if (typeof told !== 'number') return notApplicable('The Group tells no quantity.');
        const all = entries(value);
        const active = all.filter(isActive);
        // Entries or people, with the inactive ones or without them: each is a way to count.
        const counts = [all, active].flatMap((list) => [list.length, new Set(list.map(memberOf)).size]);
        return check(counts.includes(told), exchange, `quantity ${all.length}, the number of members`, `quantity ${told}`);
      }),
      faults: [
        {
          name: 'counts more members than it lists',
          at: 'group.read',
          alter: editGroup((value) => ({ ...value, quantity: entries(value).length + 5 })),
        },
      ],
    },
    {
      id: 'atr.member.current',
      text: 'Who is listed as active is still attributed: the list is in use, its contract has not ended, and no active member has a period that is over.',
      judge: onGroup((value, exchange) => {
        if (value['active'] === false)
          return fail(exchange, 'a list that is in use', 'Group.active false: "whether this group\'s record is in active use"');
        const contract = asString(at(extensions(value, 'ext-contractValidityPeriod')[0], 'valuePeriod', 'end'));
        if (isOver(contract, exchange)) return fail(exchange, 'a contract that has not ended', `ext-contractValidityPeriod ended ${contract}`);
        const active = entries(value).filter(isActive);
        if (active.length === 0) return notTestable('The Group has no active member.', 'test-data');
        const gone = active.filter((entry) => isOver(asString(at(entry, 'period', 'end')), exchange));
        const [one] = gone;
        return one === undefined
          ? pass
          : fail(
              exchange,
              'inactive true once the attribution has ended',
              `${memberOf(one)} is active, and its period ended ${asString(at(one, 'period', 'end'))}${andMore(gone.length - 1)}`,
            );
      }),
      faults: [
        {
          name: 'keeps a member active whose attribution has ended',
          at: 'group.read',
          alter: editGroup((value) => ({
            ...value,
            member: entries(value).map((entry, nth) =>
              nth === 0 ? { ...(entry as JsonObject), period: { start: '2020-01-01', end: '2020-12-31' } } : entry,
            ),
          })),
        },
        { name: 'keeps a list that is no longer in use', at: 'group.read', alter: editGroup((value) => ({ ...value, active: false })) },
      ],
    },
  ],
);
