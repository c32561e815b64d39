import type { Diagnosis } from '../run/doctor.ts';

const signs = { good: 'ok  ', warn: 'warn', bad: 'BAD ', skip: '-   ' } as const;

/** What doctor found, a line each. */
export const linesOfDoctor = (findings: readonly Diagnosis[]): readonly string[] =>
  findings.map(({ what, state, text }) => `${signs[state]}  ${what.padEnd(9)} ${text}`);
