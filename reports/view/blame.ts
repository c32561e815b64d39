import type { Exchange, Finding } from '../../src/core/model.ts';

/** Whose move it is. A report that blames the payer for a slip in the target file loses its readers. */
export type Blame = 'payer' | 'test data' | 'harness' | 'network';

const network = new Set(['dns', 'refused', 'reset', 'tls', 'timeout', 'protocol']);
const ours = /our judge|defect of ours|we stopped|please report|no suite of this run|limit\.|was interrupted|not installed|validator/i;
const data =
  /target (file|names?)|in the target|names no|no (unknown|opted-out|twin|foreign|second|known) |test member|members\.|fixtures?\.|claims\.|allow\./i;
const wire = /no answer|could not be reached|refused the connection|unknown host|\((dns|refused|reset|tls|timeout|protocol)\)/i;

/** Of a finding that is not a pass; `exchange` is the one it points to, when it does. */
export function blameOf(finding: Finding, exchange?: Exchange): Blame {
  if (finding.outcome === 'fail') return exchange?.error && network.has(exchange.error.code) ? 'network' : 'payer';
  return finding.outcome === 'pass' ? 'payer' : blameOfReason(finding.reason);
}

/** Of a sentence that says why something did not run: the harness is blamed unless the words say otherwise. */
export function blameOfReason(reason: string): Blame {
  if (wire.test(reason)) return 'network';
  if (data.test(reason)) return 'test data';
  return ours.test(reason) ? 'harness' : 'payer';
}
