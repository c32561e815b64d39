import { callbacks } from './callbacks.ts';
import { certificates } from './certificates.ts';
import { chaos } from './chaos.ts';
import { debts } from './debts.ts';
import { downloads } from './downloads.ts';
import { files } from './files.ts';
import { honest } from './honest.ts';
import { load } from './load.ts';
import { meanings } from './meanings.ts';
import type { Case } from './played.ts';
import { canaries } from './secrets.ts';
import { inTls, servers } from './servers.ts';
import { surroundings } from './surroundings.ts';

/** Everything that is played, kind by kind. Other instances of the same kinds belong into the tables that this is made of. */
export const cases: readonly Case[] = [
  ...honest,
  ...servers,
  ...inTls,
  ...certificates,
  ...meanings,
  ...callbacks,
  ...downloads,
  ...debts,
  ...load,
  ...files,
  ...surroundings,
  ...canaries,
  ...chaos,
];

/** A tenth, the same every time: of each kind at least one. */
export const tenth: readonly Case[] = pick(Math.ceil(cases.length / 10));

function pick(most: number): readonly Case[] {
  // What an answer means is one kind, whatever it speaks of.
  const kindOf = ({ kind }: Case): string => (kind.startsWith('meaning of') ? 'meaning' : kind);
  const kinds = [...new Set(cases.map(kindOf))];
  // Another place of its table for each kind: together they see most of what there is.
  const chosen = kinds.flatMap((kind, nth) => {
    const all = cases.filter((each) => kindOf(each) === kind);
    return all[(nth * 7) % all.length] ?? [];
  });
  return [...chosen, ...cases.filter((each, nth) => nth % 10 === 3 && !chosen.includes(each))].slice(0, Math.max(most, chosen.length));
}
