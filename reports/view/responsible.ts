import type { Because, Finding, Run } from '../../src/core/model.ts';

/** Who can change it. A report that accuses the payer of a slip in the target file loses its readers. */
export type Responsible = 'payer' | 'client' | 'test data' | 'set-up' | 'harness' | 'network';

const responsible: Readonly<Record<Because, Responsible>> = {
  payer: 'payer',
  'not-offered': 'payer',
  throttled: 'payer',
  'test-data': 'test data',
  'target-file': 'test data',
  'set-up': 'set-up',
  network: 'network',
  ours: 'harness',
};

/** A run stored before causes were kept says none: the harness is responsible for that. */
export const responsibleForCause = (because: Because | undefined): Responsible => (because === undefined ? 'harness' : responsible[because]);

/** Of a finding that is not a pass. A failure is that of who was judged: what brought no answer is never one. */
export const responsibleFor = (finding: Finding, judged: Run['side'] | 'payer' = 'payer'): Responsible => {
  const responsible = finding.outcome === 'not-testable' ? responsibleForCause(finding.because) : 'payer';
  return responsible === 'payer' ? (judged ?? 'payer') : responsible;
};
