import type { Shape } from './shape.ts';

/** Other members, lists and jobs than the full payer's. */
export const peopleShapes: readonly Shape[] = [
  { id: 'other-people', title: 'insures other people', legalBecause: 'Nothing ties a verdict to the people of one seed.', people: { seed: 7 } },
  {
    id: 'many-people',
    title: 'insures six hundred people',
    legalBecause: 'Nothing ties a verdict to the number of members.',
    people: { seed: 3, members: 600 },
  },
  {
    id: 'group-unnamed',
    title: 'has several lists, and the operator names none',
    legalBecause: 'The target file may leave bulk.group out: it is found by NPI or TIN.',
    target: (target) => {
      const { group: _group, ...bulk } = target.bulk ?? {};
      return { ...target, bulk };
    },
  },
  {
    id: 'big-pages',
    title: 'sends up to a thousand matches on a page',
    legalBecause: 'R4 _count: the server need not return fewer than it holds, and chooses the usual size.',
    rules: { pageSize: (asked) => Math.min(asked, 1000) },
  },
  {
    id: 'jobs-at-once',
    title: 'has each export ready at the first poll',
    legalBecause: 'Bulk Data sets no least time for a job.',
    rules: { pollsUntilDone: () => 0 },
  },
  {
    id: 'many-files',
    title: 'writes each type into three files',
    legalBecause: 'Bulk Data: "The server MAY" split resources of a type over several files.',
    rules: { filesPerType: () => 3 },
  },
  {
    id: 'assumes-async',
    title: 'treats every kick-off as asynchronous and compresses nothing',
    legalBecause: 'Bulk Data leaves to the server what it does without Prefer; content coding is optional.',
    rules: { withoutPrefer: () => undefined, pack: () => undefined },
  },
  {
    id: 'lf-free',
    title: 'ends lines with CR LF and a file without a newline',
    legalBecause: 'NDJSON: a parser takes \\r\\n, and the last line need not end.',
    rules: { join: (lines) => lines.join('\r\n') },
  },
  {
    id: 'no-etags',
    title: 'never answers 304',
    legalBecause: 'R4: conditional read is optional; If-None-Match may be ignored.',
    rules: { isUnchanged: () => false },
  },
  {
    id: 'short-tokens',
    title: 'gives tokens for one minute',
    legalBecause: "SMART Backend Services: at most five minutes; shorter is the server's choice.",
    rules: { tokenLifetime: () => 60 },
  },
  {
    id: 'sync-records',
    title: 'answers whole records at once whatever Prefer says',
    legalBecause: 'R4 async pattern: a server need not honour respond-async.',
    rules: { answersLater: () => false },
  },
];
