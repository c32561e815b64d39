import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RequestSpec, Step } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';

/** Something we left at a payer and must take back: a job to cancel, a change to undo. Holds no token and no secret. */
export interface Debt {
  /** Unique; for a job its status URL. */
  readonly id: string;
  /** For people: "export job", "member added to Group/x". */
  readonly what: string;
  /** Debts are only paid to the payer that they were made at. */
  readonly base: string;
  readonly step: Step;
  /** The request that takes it back; absent while we do not know it, as when a kick-off was not answered yet. */
  readonly request?: RequestSpec;
  /** It was tried and not confirmed, and trying again could do harm. */
  readonly tried?: true;
}

export interface Debts {
  /** What is still owed, oldest first. */
  open(): readonly Debt[];
  /** Those of them that an earlier run has left. */
  earlier(): readonly Debt[];
  owe(debt: Debt): void;
  paid(id: string): void;
}

/** `known`: what an earlier run has left. */
export function memoryDebts(known: readonly Debt[] = []): Debts {
  const debts = new Map(known.map((debt) => [debt.id, debt]));
  const old = new Set(debts.keys());
  return {
    open: () => [...debts.values()],
    earlier: () => [...debts.values()].filter(({ id }) => old.has(id)),
    owe(debt) {
      old.delete(debt.id);
      debts.set(debt.id, debt);
    },
    paid: (id) => void debts.delete(id),
  };
}

/**
 * Debts in a journal (one JSON object a line), written before anything else happens: what a killed run left behind is taken back at the next start.
 * A torn last line is ignored. The file goes away with the last debt.
 */
export function fileDebts(path: string): Debts {
  const known = new Map<string, Debt>();
  for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
    try {
      const entry = JSON.parse(line) as { readonly owe?: Debt; readonly paid?: string };
      if (entry.owe) known.set(entry.owe.id, entry.owe);
      if (entry.paid !== undefined) known.delete(entry.paid);
    } catch {
      // Blank, or torn by the kill that made this journal necessary.
    }
  }
  const memory = memoryDebts([...known.values()]);
  const write = (entry: object): void => {
    makeFolder(dirname(path));
    appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  };
  return {
    open: memory.open,
    earlier: memory.earlier,
    owe(debt) {
      write({ owe: debt });
      memory.owe(debt);
    },
    paid(id) {
      memory.paid(id);
      if (memory.open().length === 0) rmSync(path, { force: true });
      else write({ paid: id });
    },
  };
}
