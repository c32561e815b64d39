/** The library: the four stages as functions, for a vendor's own tests. Everything else is reached through the command line. */
export { checks, excluded } from '../checks/index.ts';
export { renderConformance, renderJunit, renderLatency } from '../reports/render.ts';
export { suites } from '../suites/index.ts';
export { type Grade, grade, mark } from './core/grade.ts';
export { judge } from './core/judge.ts';
export type * from './core/model.ts';
export { choose } from './run/choose.ts';
export { type DriveOptions, drive } from './run/drive.ts';
export { graded, type RunOptions, run } from './run/run.ts';
export { openSession, type Session } from './run/session.ts';
export { readRun, writeRun } from './run/store.ts';
export { loadTarget, problemsOf } from './target/load.ts';
