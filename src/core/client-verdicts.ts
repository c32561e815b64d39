import { sideOf } from './binding.ts';
import type { ClientRow } from './client-row.ts';
import type { Finding } from './finding.ts';
import { editionOf } from './guides.ts';
import type { Hearing } from './heard.ts';
import type { Verdict } from './run.ts';
import type { Level } from './vocabulary.ts';

/** What rows about clients say of a recording: pure, so that a stored one can be judged again. */

/** Guide versions that the client claims, by package id, e.g. `{ "hl7.fhir.uv.bulkdata": "3.0.0" }`. */
export type Claims = Readonly<Record<string, string>>;

/**
 * At which level a row binds this client, or in words why it does not. A row that no guide limits binds everybody; one whose guides are not claimed at all
 * is judged at its own level, since nothing excuses the client.
 */
export function levelFor(
  { holds = [], level, agreed }: Pick<ClientRow, 'holds' | 'level' | 'agreed'>,
  claims: Claims,
): Level | { readonly not: string } {
  if (agreed !== undefined && claims[agreed] !== undefined) return { not: `The version was agreed beforehand: ${agreed} ${claims[agreed]}.` };
  const about = holds.filter(({ ig }) => claims[ig.id] !== undefined);
  if (about.length === 0) return level;
  const bound = about.find((hold) => sideOf(hold, editionOf(hold.ig, claims[hold.ig.id] ?? '')) === 'within');
  if (bound !== undefined) return bound.level ?? level;
  return { not: `${about.map(({ ig }) => `${ig.name} ${claims[ig.id]}`).join(', ')} does not ask for it.` };
}

/** What each row says, at the level at which it binds this client. A judge that crashes has said nothing. */
export function verdictsOf(rows: readonly ClientRow[], hearing: Hearing, claims: Claims): readonly Verdict[] {
  return rows.map((row): Verdict => {
    const level = levelFor(row, claims);
    const bound = typeof level === 'string';
    const finding: Finding = bound ? judged(row, hearing, level) : { outcome: 'not-applicable', reason: level.not };
    return { requirement: row.id, level: bound ? level : row.level, lines: row.lines, scenarios: row.scenarios, finding };
  });
}

function judged(row: ClientRow, hearing: Hearing, level: Level): Finding {
  try {
    return row.judge(hearing, level);
  } catch (cause) {
    return { outcome: 'not-testable', reason: `The judge of ${row.id} tripped: ${(cause as Error).message}. Please report it.`, because: 'ours' };
  }
}
