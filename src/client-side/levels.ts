import type { ClientRow } from '../core/client-row.ts';
import { compareEditions, editionOf } from '../core/guides.ts';
import type { Level } from '../core/model.ts';

/** Guide versions that the client claims, by package id, e.g. `{ "hl7.fhir.uv.bulkdata": "3.0.0" }`. */
export type Claims = Readonly<Record<string, string>>;

/**
 * At which level a row binds this client, or in words why it does not. A row that no guide limits binds everybody; one whose guides are not claimed at all
 * is judged at its own level, since nothing excuses the client.
 */
export function levelFor({ holds = [], level }: Pick<ClientRow, 'holds' | 'level'>, claims: Claims): Level | { readonly not: string } {
  const about = holds.filter(({ ig }) => claims[ig.id] !== undefined);
  if (about.length === 0) return level;
  for (const { ig, from, to, level: own } of about) {
    const claimed = editionOf(ig, claims[ig.id] ?? '');
    const after = from === undefined || compareEditions(claimed, { version: from }) >= 0;
    const before = to === undefined || compareEditions(claimed, { version: to }) <= 0;
    if (after && before) return own ?? level;
  }
  return { not: `${about.map(({ ig }) => `${ig.name} ${claims[ig.id]}`).join(', ')} does not ask for it.` };
}
