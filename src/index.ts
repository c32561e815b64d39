/**
 * The library: the four stages as functions, for a vendor's own tests. Whatever the command line does is made of these; docs/library.md lists them.
 *
 * In short: `const session = openSession(target, secrets)`, `const evidence = await drive({ target, suites, ...session })`,
 * `const verdicts = judge(checks, evidence, '2026-11-24')`, `grade({ verdicts, target }, '2026-11-24')`; or all at once: `run(...)`.
 */

/** All nouns: Target, Exchange, Evidence, Check, Finding, Run ... */
export type * from './core/model.ts';
export * from './library/catalogue.ts';
export * from './library/checks.ts';
export * from './library/faults.ts';
export * from './library/judges.ts';
export * from './library/payer.ts';
export * from './library/reports.ts';
export * from './library/running.ts';
export * from './library/suites.ts';
