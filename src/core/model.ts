/** The nouns that join the four stages, all in one place to import from. Types only; the files behind it import each other, never this one. */
export type * from './assertion.ts';
export type * from './bulk-target.ts';
export type * from './check.ts';
export type * from './exchange.ts';
export type * from './finding.ts';
export type * from './json.ts';
export type * from './known.ts';
export type * from './load-data.ts';
export type * from './request.ts';
export type * from './rows.ts';
export type * from './run.ts';
export type * from './secret.ts';
export type * from './target.ts';
export type * from './udap.ts';
export type * from './vocabulary.ts';
export type * from './wire.ts';
