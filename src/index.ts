/**
 * The library: the four stages as functions, for a vendor's own tests. Whatever the command line does is made of these.
 *
 * In short: `const session = openSession(target, secrets)`, `const evidence = await drive({ target, suites, ...session })`,
 * `const verdicts = judge(checks, evidence, '2026-11-24')`, `grade({ verdicts, target }, '2026-11-24')`; or all at once: `run(...)`.
 */

/** The catalogue: what is judged, and what the wire cannot show. */
export { checks, excluded, probesOf } from '../checks/index.ts';
/** The embedded payer, to test a client or this tool against: `const payer = await startEmbedded()`, then `payer.target`, `payer.close()`. */
export { type Embedded, startEmbedded } from '../mocks/embedded.ts';
/** Reports: pure functions of a stored run. */
export { renderConformance, renderJunit, renderLatency, renderSarif, renderTerminal } from '../reports/render.ts';
/** What a provider does, scenario by scenario. */
export { suites } from '../suites/index.ts';
/** HTTP with limits, timings and the target's TLS material. */
export { createTransport, type Transport } from './client/transport.ts';
/** From verdicts to a grade; `mark` says how one verdict counts. */
export { type Grade, grade, mark } from './core/grade.ts';
/** Verdicts of many checks, or the finding of one, over a stored history. Pure. */
export { findingOf, judge } from './core/judge.ts';
/** All nouns: Target, Exchange, Evidence, Check, Finding, Run ... */
export type * from './core/model.ts';
/** What establishes facts on a raw exchange before it is stored. */
export type { Enricher } from './enrich/enricher.ts';
/** Checks and suites by scenario or by part of an id. */
export { choose } from './run/choose.ts';
/** Holds conversations and answers with the enriched, redacted history. */
export { type DriveOptions, drive } from './run/drive.ts';
/** Drive, judge and store in one; `graded` judges a stored run again. */
export { graded, type RunOptions, run } from './run/run.ts';
/** Reads the secrets that a target names and makes what a conversation needs. */
export { openSession, type Session } from './run/session.ts';
/** run.json, in and out. */
export { writeRun } from './run/store.ts';
export { readRun } from './run/stored.ts';
/** Conversations of your own have this shape; `withNeeds` adds those they rest on. */
export { declares, type Suite, withNeeds } from './run/suite.ts';
/** Reads and checks a target file; `problemsOf` lists what is wrong in one, in words. */
export { loadTarget, problemsOf } from './target/load.ts';
