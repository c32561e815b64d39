import type { Because } from '../core/model.ts';

/** Thrown by a suite that cannot go on: the rest of its steps become not-testable with this reason. */
export class Stop extends Error {
  readonly because: Because;
  constructor(reason: string, because: Because) {
    super(reason);
    this.because = because;
  }
}

/** Thrown by a suite that has nothing to ask of this target: neither it nor what needs it is reported as a failure. */
export class Skip extends Stop {}

const nothingBegan = new WeakSet<object>();

/** Notes of an error that its request reached nobody, or that every answer to it said "later": nothing was begun by it, and nothing is to be taken back. */
export function noteNothingBegan(error: unknown): void {
  if (typeof error === 'object' && error !== null) nothingBegan.add(error);
}

export const isNothingBegan = (error: unknown): boolean => typeof error === 'object' && error !== null && nothingBegan.has(error);
