import { appendFileSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RequestSpec, Step } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';

/** The journal of clean-ups in the folder of a run, and its name until version 0.1. */
/** What must still be taken back at the payer. */
export const pendingFile = 'pending-cleanup.ndjson';
const file = pendingFile;
const oldFile = 'owed.ndjson';

/** Something that we changed at a payer and must take back: a job to cancel, a change to undo. Holds no token and no secret. */
export interface PendingCleanUp {
  /** Unique; for a job its status URL. */
  readonly id: string;
  /** For people: "export job", "member added to Group/x". */
  readonly what: string;
  /** It is taken back only at the payer where it was made. */
  readonly base: string;
  readonly step: Step;
  /** The request that takes it back; absent while we do not know it, as when a kick-off was not answered yet. */
  readonly request?: RequestSpec;
  /** It was tried and not confirmed, and trying again could do harm. */
  readonly tried?: true;
}

export interface CleanUps {
  /** What is still to be taken back, oldest first. */
  pending(): readonly PendingCleanUp[];
  /** Those of them that an earlier run has left. */
  earlier(): readonly PendingCleanUp[];
  add(cleanUp: PendingCleanUp): void;
  done(id: string): void;
}

/** `known`: what an earlier run has left. */
export function memoryCleanUps(known: readonly PendingCleanUp[] = []): CleanUps {
  const all = new Map(known.map((each) => [each.id, each]));
  const old = new Set(all.keys());
  return {
    pending: () => [...all.values()],
    earlier: () => [...all.values()].filter(({ id }) => old.has(id)),
    add(cleanUp) {
      old.delete(cleanUp.id);
      all.set(cleanUp.id, cleanUp);
    },
    done: (id) => void all.delete(id),
  };
}

/**
 * Clean-ups in a journal (one JSON object a line) in the folder of a run, written before anything else happens: what a killed run left behind is taken back at
 * the next start. A torn last line is ignored. The file goes away with the last clean-up.
 */
export function fileCleanUps(folder: string): CleanUps {
  const path = join(folder, file);
  // For one version more: the journal that a run before the new name left.
  if (!existsSync(path) && existsSync(join(folder, oldFile))) renameSync(join(folder, oldFile), path);
  const memory = memoryCleanUps(read(path));
  const write = (entry: Entry): void => {
    makeFolder(dirname(path));
    appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  };
  return {
    pending: memory.pending,
    earlier: memory.earlier,
    add(cleanUp) {
      write({ add: cleanUp });
      memory.add(cleanUp);
    },
    done(id) {
      memory.done(id);
      if (memory.pending().length === 0) rmSync(path, { force: true });
      else write({ done: id });
    },
  };
}

type Entry = { readonly add: PendingCleanUp } | { readonly done: string };
/** As they were called in the old journal. */
type OldEntry = { readonly owe?: PendingCleanUp; readonly paid?: string };

function read(path: string): readonly PendingCleanUp[] {
  const known = new Map<string, PendingCleanUp>();
  for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
    try {
      const entry = JSON.parse(line) as Partial<Extract<Entry, { add: unknown }>> & Partial<Extract<Entry, { done: unknown }>> & OldEntry;
      const added = entry.add ?? entry.owe;
      if (added) known.set(added.id, added);
      const done = entry.done ?? entry.paid;
      if (done !== undefined) known.delete(done);
    } catch {
      // Blank, or torn by the kill that made this journal necessary.
    }
  }
  return [...known.values()];
}
