import { boundByGuides, levelOf } from './binding.ts';
import { answered, clip, notApplicable, notTestable } from './findings.ts';
import type { Bound, Check, Evidence, ExpectedFailure, Finding, Verdict } from './model.ts';

/**
 * Judges a stored history: pure, so a saved run can be graded again offline and the same checks answer inside k6.
 * A judge that throws is not-testable, never a pass (Jepsen's check-safe).
 */
export function judge(checks: readonly Check[], evidence: Evidence, today: string): readonly Verdict[] {
  const expectations = new Map((evidence.target.expectedFailures ?? []).map((each) => [each.requirement, each]));
  return checks.map((check) => {
    const finding = findingOf(check, evidence);
    const expected = standing(expectations.get(check.id), finding, today);
    return {
      requirement: check.id,
      level: levelOf(check, evidence),
      lines: check.lines,
      scenarios: check.scenarios,
      finding,
      ...(expected === undefined ? {} : { expected }),
    };
  });
}

/** One check against one history. */
export function findingOf(check: Pick<Check, 'id' | 'holds' | 'applies' | 'judge' | 'silenceFails'>, evidence: Evidence): Finding {
  try {
    const bound = boundOf(check, evidence);
    if (typeof bound === 'string') return notApplicable(bound);
    if (bound !== true && 'open' in bound) return notTestable(bound.open, bound.because);
    const finding = answeredOnly(check, check.judge(evidence), evidence);
    const uncertain = bound !== true && finding.outcome === 'fail';
    return uncertain ? { ...finding, severity: 'warning', expected: `${finding.expected} (a warning only: ${bound.unknown})` } : finding;
  } catch (error) {
    return notTestable(
      `Our judge for ${check.id} crashed: ${clip(error instanceof Error ? error.message : String(error))}. Please report it.`,
      'ours',
    );
  }
}

/** By its guides first, then by its own condition. A reason why not outweighs what cannot be known. */
function boundOf(check: Pick<Check, 'holds' | 'applies'>, evidence: Evidence): Bound {
  const { bound } = boundByGuides(check.holds, evidence);
  if (typeof bound === 'string') return bound;
  const own = check.applies?.(evidence) ?? true;
  return own === true ? bound : own;
}

/** Whoever gave no answer broke no rule about answers: a lost connection, a throttle of the network or a limit of ours is never a failure. */
function answeredOnly({ silenceFails }: Pick<Check, 'silenceFails'>, finding: Finding, { exchanges }: Evidence): Finding {
  if (finding.outcome !== 'fail') return finding;
  const proof = exchanges.find(({ index }) => index === finding.exchange);
  const silence = proof === undefined || proof.response !== null || proof.request.method === 'CONNECT' ? undefined : answered(proof);
  if (silence === undefined) return finding;
  return silenceFails && 'because' in silence && silence.because !== 'ours' ? finding : silence;
}

/** An expectation counts only while it fails and has not expired. */
function standing(expected: ExpectedFailure | undefined, finding: Finding, today: string): ExpectedFailure | undefined {
  return expected && finding.outcome === 'fail' && expected.expires >= today ? expected : undefined;
}
