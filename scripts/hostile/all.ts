import { bodies, later, statuses } from './bodies.ts';
import { type Misbehaviour, places } from './misbehaviour.ts';
import type { Answer, Turn } from './proxy.ts';
import { wires } from './wires.ts';

const slug = (title: string): string => title.toLowerCase().replace(/[^a-z0-9]+/g, '-');

const at = (
  kind: string,
  honest: Misbehaviour['honest'],
  table: Readonly<Record<string, (turn: Turn) => Promise<void> | void>>,
): readonly Misbehaviour[] =>
  Object.entries(places).flatMap(([place, { at: path, args }]) =>
    Object.entries(table).map(([title, act]) => ({
      id: `${kind}.${place}.${slug(title)}`,
      kind: `${kind} at ${place}`,
      title,
      at: path,
      args,
      act,
      honest,
      within: 120,
    })),
  );

const changed = (table: Readonly<Record<string, (answer: Answer) => Partial<Answer>>>): Readonly<Record<string, (turn: Turn) => Promise<void>>> =>
  Object.fromEntries(Object.entries(table).map(([title, change]) => [title, (turn: Turn) => turn.answer(change)]));

/** Every misbehaviour, kind by kind. Other instances of the same kinds belong into the tables that this is made of. */
export const misbehaviours: readonly Misbehaviour[] = [
  ...at('wire', 'lost', wires),
  ...at('body', 'spoilt', changed(bodies)),
  ...at('status', 'spoilt', changed(statuses)),
  ...at('later', 'lost', changed(later)),
];

/** One of each kind and place in turn: a tenth, the same every time. */
export const tenth: readonly Misbehaviour[] = misbehaviours.filter((_, nth) => nth % 10 === 3);
