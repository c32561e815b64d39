import type { Because, Finding } from '../../src/core/model.ts';

/** Whose move it is. A report that blames the payer for a slip in the target file loses its readers. */
export type Blame = 'payer' | 'test data' | 'set-up' | 'harness' | 'network';

const blames: Readonly<Record<Because, Blame>> = {
  payer: 'payer',
  'not-offered': 'payer',
  throttled: 'payer',
  'test-data': 'test data',
  'target-file': 'test data',
  'set-up': 'set-up',
  network: 'network',
  ours: 'harness',
};

/** A run stored before causes were kept says none: the harness owes the reader that. */
export const blameOfCause = (because: Because | undefined): Blame => (because === undefined ? 'harness' : blames[because]);

/** Of a finding that is not a pass. A failure is the payer's: what brought no answer is never one. */
export const blameOf = (finding: Finding): Blame => (finding.outcome === 'not-testable' ? blameOfCause(finding.because) : 'payer');
