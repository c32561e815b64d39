import type { Exchange } from '../model.ts';

/**
 * A: TLS 1.3 with a trusted certificate everywhere, nothing older than 1.2. B: the same with TLS 1.2. C: anything less. Undefined when no handshake was
 * made. A grade, not a verdict: a run with verification relaxed still says how good the transport is.
 */
export function tlsGrade(exchanges: readonly Exchange[]): 'A' | 'B' | 'C' | undefined {
  const shaken = exchanges.filter((each) => each.step === 'tls');
  const modern = shaken.filter((each) => each.variant === 'modern');
  if (modern.length === 0) return undefined;
  const old = shaken.some((each) => each.variant === 'legacy' && typeof each.facts?.['tls.protocol'] === 'string');
  const trusted = modern.every((each) => each.facts?.['tls.authorized'] === true);
  if (old || !trusted) return 'C';
  return modern.every((each) => each.facts?.['tls.protocol'] === 'TLSv1.3') ? 'A' : 'B';
}

/** What a run must say of itself when it did not insist on valid certificates. */
export const relaxedNote = (exchanges: readonly Exchange[]) => ({
  what: 'TLS: not certifiable',
  why: `The target file relaxes verification (tls.relaxed), so certificates were looked at but not insisted on. The transport grades ${tlsGrade(exchanges) ?? 'nothing: no handshake was made'}.`,
  fix: 'Name the private authority as tls.ca and take tls.relaxed out of the target file.',
});
