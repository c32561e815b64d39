import type { ClientRow } from '../../../src/core/client-row.ts';
import { check, notTestable, worst } from '../../../src/core/findings.ts';
import { came } from '../../../src/core/heard.ts';
import type { Exchange } from '../../../src/core/model.ts';
import { allScenarios } from '../../../src/core/steps.ts';
import { useCase } from '../../sources.ts';
import { at, onCase } from '../marks.ts';

/** Requests a second, where nothing else was agreed. Rates are not shortened with the waits of the script. */
const agreed = 20;
const torn = (each: Exchange): boolean => each.facts?.['heard.end'] === 'broken off by the script';

/** The most requests that came within so many ms, and the last of them. */
function busiest(heard: readonly Exchange[], ms: number): { readonly most: number; readonly at: Exchange | undefined } {
  const times = [...heard].sort((a, b) => came(a) - came(b));
  let [from, most] = [0, 0];
  let found: Exchange | undefined;
  times.forEach((each, nth) => {
    while (came(each) - came(times[from] ?? each) >= ms) from++;
    if (nth - from + 1 > most) [most, found] = [nth - from + 1, each];
  });
  return { most, at: found };
}

const steady = onCase(['L2r'], at('bulk.file'), ({ heard, seen }) => {
  if (heard.length <= 10 * agreed)
    return notTestable(`Case L2r: ${heard.length} requests came, too few for a rate of ${agreed} a second over 10 s.`, 'not-offered');
  const { most, at: last = seen } = busiest(heard, 10_000);
  return check(most <= 10 * agreed, last, `at most ${10 * agreed} requests within 10 s`, String(most));
});

const calm = onCase(['L3'], torn, ({ heard, seen }) => {
  const lastTorn = Math.max(...heard.filter(torn).map(came));
  const back = heard.find((each) => came(each) > lastTorn && each.response !== null);
  const until = back === undefined ? Number.POSITIVE_INFINITY : came(back) + 10_000;
  const { most, at: last = seen } = busiest(
    heard.filter((each) => came(each) >= came(seen) && came(each) <= until),
    1000,
  );
  if (most <= 2 * agreed && back === undefined)
    return notTestable('Case L3: the client asked for nothing more once the payer was back.', 'not-offered');
  return check(
    most <= 2 * agreed,
    last,
    `at most ${2 * agreed} requests within a second, while the payer is away and for 10 s after it is back`,
    String(most),
  );
});

export const rateRows: readonly ClientRow[] = [
  {
    id: 'client.load.rate',
    level: 'FAST',
    text: 'The client keeps within the agreed rate, slows down on 429 and does not storm after an outage.',
    source: useCase('Requirement line L6 time'),
    lines: ['L6'],
    scenarios: allScenarios,
    cases: ['L2r', 'L3'],
    judge: (hearing) => worst([steady(hearing), calm(hearing)]),
    faults: [
      { name: 'asks as fast as it can', behaves: 'as-fast-as-it-can', in: ['L2r'] },
      { name: 'storms a payer that was away', behaves: 'storms', in: ['L3'] },
    ],
  },
];
