import type { Exchange, TargetMember } from '../../../src/core/model.ts';
import { isExport, type JourneyName, type Offer } from '../../../src/load/journeys.ts';
import { interactive, journeys } from '../journeys/index.ts';
import { patientOf } from '../journeys/patient.ts';
import type { Ask, Ground } from './journey.ts';

/** Walking journeys: whole without load, one request at a time under load. The same in k6 and in Node. */

type Asking = (ask: Ask) => Promise<Exchange>;

/**
 * Walks journeys request by request: each call asks the next question of the journey that was begun last under this name, or the first of a new one. So the
 * rate of a load is that of its requests, whatever answers come and however long they take. The very first journey is found in its middle, as those of a
 * crowd are: else a short load would be all beginnings. `first` is unlike that of any other virtual user. False when the journey had nothing to ask.
 */
export function walker(ground: Ground, members: readonly TargetMember[], first = 0) {
  const open = new Map<JourneyName, { readonly questions: Generator<Ask, void, Exchange>; readonly next: Ask }>();
  let begun = first;
  return async (journey: JourneyName, nth: number, asking: Asking): Promise<boolean> => {
    let walked = open.get(journey);
    if (!walked) {
      const member = members[begun++ % members.length];
      if (!member) return false;
      const middle = begun === first + 1 ? interactive[journey] : undefined;
      const questions = middle ? later([...middle.run(ground, member, nth)], first) : journeys[journey].run(ground, member, nth);
      const begin = questions.next();
      if (begin.done) return false;
      walked = { questions, next: begin.value };
    }
    open.delete(journey);
    const after = walked.questions.next(await asking(walked.next));
    if (!after.done) open.set(journey, { questions: walked.questions, next: after.value });
    return true;
  };
}

function* later(asks: readonly Ask[], from: number): Generator<Ask, void, unknown> {
  yield* asks.slice(asks.length === 0 ? 0 : from % asks.length);
}

/** Most requests of an export without load: kick-off, a poll or two, and the job is taken back. */
const enough = 3;

export interface Rehearsal {
  readonly exchanges: readonly Exchange[];
  /** What can be asked under load. */
  readonly offers: readonly Offer[];
  /** Journeys that ask for any of it. */
  readonly journeys: readonly JourneyName[];
  /** What was refused to every member: to ask it again and again would only count our own mistake. */
  readonly refused: readonly { readonly offer: Offer; readonly status: number }[];
  /** Logical ids of the members, in their order; null where none was found. */
  readonly patients: readonly (string | null)[];
}

/** Holds every journey once for each member, without load, and learns what can be asked under load. `declared`: what the payer declares. */
export async function rehearse(
  wanted: readonly JourneyName[],
  {
    ground,
    members,
    declared,
  }: {
    readonly ground: Omit<Ground, 'offers' | 'closing' | 'patientIdOf'>;
    readonly members: readonly TargetMember[];
    readonly declared: readonly Offer[];
  },
  send: Asking,
): Promise<Rehearsal> {
  const exchanges: Exchange[] = [];
  const statuses = new Map<Offer, number[]>();
  const able = new Set<JourneyName>();
  const ids = new Map<TargetMember, string | undefined>();
  let asked = 0;
  const here: Ground = {
    ...ground,
    offers: (what) => declared.includes(what),
    closing: () => asked >= enough,
    patientIdOf: (member) => ids.get(member),
  };
  const walk = async <T>(questions: Generator<Ask, T, Exchange>, journey?: JourneyName): Promise<T> => {
    asked = 0;
    let step = questions.next();
    while (!step.done) {
      const exchange = await send(step.value);
      asked++;
      exchanges.push(exchange);
      const { offer } = step.value;
      const status = exchange.response?.status ?? 0;
      if (offer) statuses.set(offer, [...(statuses.get(offer) ?? []), status]);
      if (journey && !isRefusal(status)) able.add(journey);
      step = questions.next(exchange);
    }
    return step.value;
  };
  for (const member of members) ids.set(member, await walk(patientOf(here, member)));
  for (const journey of wanted) for (const [nth, member] of members.entries()) await walk(journeys[journey].run(here, member, nth), journey);
  const refused = [...statuses].flatMap(([offer, all]) => (all.every(isRefusal) ? [{ offer, status: all[0] ?? 0 }] : []));
  const offers = declared.filter((offer) => !refused.some((each) => each.offer === offer));
  return {
    ...{ exchanges, refused, offers },
    journeys: wanted.filter((each) => able.has(each) && (!isExport(each) || offers.includes('export of a Group'))),
    patients: members.map((member) => ids.get(member) ?? null),
  };
}

/** A 4xx other than "not now". */
const isRefusal = (status: number): boolean => status >= 400 && status < 500 && ![408, 425, 429].includes(status);
