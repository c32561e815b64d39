/** Running: from a target file to a graded, stored run. */

export { createTransport, type Transport } from '../client/transport.ts';
export { type Grade, grade, mark } from '../core/grade.ts';
export { findingOf, judge } from '../core/judge.ts';
export type { Enricher } from '../enrich/enricher.ts';
export { choose } from '../run/choose.ts';
export { type DriveOptions, drive } from '../run/drive.ts';
export { graded, type RunOptions, run } from '../run/run.ts';
export { openSession, type Session } from '../run/session.ts';
export { writeRun } from '../run/store.ts';
export { readRun } from '../run/stored.ts';
export { loadTarget, problemsOf } from '../target/load.ts';
