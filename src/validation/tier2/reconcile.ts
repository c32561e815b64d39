import type { Issue } from '../../core/model.ts';

/** Messages of the engine about codes, systems and value sets. */
export const isTerminology = ({ rule }: Issue): boolean =>
  /^(Terminology_|UNABLE_TO|UNKNOWN_CODESYSTEM|Unknown_Code|Display_Name|TYPE_SPECIFIC_CHECKS_DT_CANONICAL|CODESYSTEM|VALUESET|.*_CODE_SYSTEM)/i.test(
    rule,
  );

/**
 * Offline, the engine takes an expansion that it cannot make for a no: USD, text/plain and the OMB race codes become errors. Tier 1 says which codes it
 * could decide, so an error about a code stands only where tier 1 finds one at the same element; elsewhere it is not verifiable.
 */
export function reconcile(engine: readonly Issue[], own: readonly Issue[]): readonly Issue[] {
  const wrong = own.filter((each) => each.severity === 'error').map((each) => each.expression);
  const shared = (path: string): boolean => wrong.some((each) => each.startsWith(path) || path.startsWith(each));
  return engine.map((issue) =>
    issue.severity === 'error' && isTerminology(issue) && !shared(issue.expression) ? { ...issue, severity: 'not-verifiable' } : issue,
  );
}
