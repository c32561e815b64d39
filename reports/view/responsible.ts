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

/**
 * Who is responsible for a cause, in a run that judged this side. A run stored before causes were kept says none: the harness is responsible for that.
 */
export function responsibleForCause(because: Because | undefined, side?: Run['side']): Responsible {
  const found = because === undefined ? 'harness' : responsible[because];
  return found === 'payer' ? (side ?? 'payer') : found;
}

/** Of a finding that is not a pass. A failure is that of who was judged: what brought no answer is never one. */
export const responsibleFor = (finding: Finding, side?: Run['side']): Responsible =>
  responsibleForCause(finding.outcome === 'not-testable' ? finding.because : 'payer', side);
