import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { came, left, type Play } from '../core/heard.ts';
import type { Exchange } from '../core/model.ts';

/** What a grading that was stopped had heard, so that the next start goes on from there. Secrets are masked; the people are as they came. */
export interface Session {
  readonly format: 1;
  readonly plays: readonly Play[];
  readonly heard: readonly Exchange[];
}

/** The session in this file, or an empty one. Throws when the file holds something else, naming it. */
export function sessionIn(file: string | undefined): Session {
  const none: Session = { format: 1, plays: [], heard: [] };
  if (file === undefined || !existsSync(file)) return none;
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Session;
    if (found.format === 1 && Array.isArray(found.plays) && Array.isArray(found.heard)) return found;
  } catch {
    // Said below, in the same words as for any other content.
  }
  throw new Error(`${file} is no session of payer-assay client. Delete it to begin anew.`);
}

/** Writes what there is so far, readable by its owner only; whole or not at all. */
export function saveSession(file: string, session: Session): void {
  writeFileSync(`${file}.part`, JSON.stringify(session), { mode: 0o600 });
  renameSync(`${file}.part`, file);
}
export const dropSession = (file: string): void => rmSync(file, { force: true });

/** What a stop cut short is played anew: its first try is no second request. */
export const without = (session: Session, cases: ReadonlySet<string>): Session => ({
  ...session,
  heard: session.heard.filter(({ suite }) => !cases.has(suite)).map((each, index) => ({ ...each, index })),
});

/** What was heard before and now as one: numbers go on, and so do the times. */
export function joined(before: Session, plays: readonly Play[], heard: readonly Exchange[]): Session {
  const by = Math.max(0, ...before.heard.map(left)) + (before.heard.length > 0 ? 1000 : 0);
  const later = heard.map((each, nth) => ({
    ...each,
    index: before.heard.length + nth,
    facts: { ...each.facts, 'heard.came': came(each) + by, 'heard.left': left(each) + by },
  }));
  const moved = plays.map((each) => ({ ...each, triggered: each.triggered + by, exited: each.exited + by }));
  return { format: 1, plays: [...before.plays, ...moved], heard: [...before.heard, ...later] };
}
