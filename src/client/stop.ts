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

/** Notes of a reply, or of an error, that its request reached nobody or was told "later" each time: nothing was begun, and nothing is to be taken back. */
export function noteNothingBegan(end: unknown): void {
  if (typeof end === 'object' && end !== null) nothingBegan.add(end);
}

export const isNothingBegan = (end: unknown): boolean => typeof end === 'object' && end !== null && nothingBegan.has(end);
