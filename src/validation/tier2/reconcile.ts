import type { Issue } from '../../core/model.ts';

/** Messages of the engine about codes, systems and value sets. */
export const isTerminology = ({ rule }: Issue): boolean =>
  /^(Terminology_|UNABLE_TO|UNKNOWN_CODESYSTEM|Unknown_Code|Display_Name|TYPE_SPECIFIC_CHECKS_DT_CANONICAL|CODESYSTEM|VALUESET|.*_CODE_SYSTEM)/i.test(
    rule,
  );

/** The extension package that the engine loads was made for R5: many of its contexts leave out places that R4 allows. */
const isContext = ({ rule }: Issue): boolean => /^Extension_EXTP_Context_Wrong/i.test(rule);

/**
 * Offline, the engine takes an expansion that it cannot make as not allowed: USD, text/plain and the OMB race codes become errors. Tier 1 says which codes it
 * could decide, and judges contexts by R4's own definitions, so an error about a code or a context stands only where tier 1 finds one at the same element;
 * elsewhere it is not verifiable.
 */
export function reconcile(engine: readonly Issue[], own: readonly Issue[]): readonly Issue[] {
  const wrong = own.filter((each) => each.severity === 'error').map((each) => each.expression);
  const shared = (path: string): boolean => wrong.some((each) => each.startsWith(path) || path.startsWith(each));
  return engine.map((issue) =>
    issue.severity === 'error' && (isTerminology(issue) || isContext(issue)) && !shared(issue.expression)
      ? { ...issue, severity: 'not-verifiable' }
      : issue,
  );
}
