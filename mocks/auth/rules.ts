/** What this payer insists on at its token endpoint; a behaviour replaces one rule. */
export const authRules = {
  /** May this jti be used (again)? `seen` holds those used before. */
  jtiIsFresh: (jti: string, seen: ReadonlySet<string>): boolean => !seen.has(jti),
  /** Seconds an assertion may live ahead of now. */
  assertionIsCurrent: (exp: number, now: number): boolean => exp > now && exp <= now + 300,
};

export const authBehaviours = {
  'accepts-replayed-jti': { jtiIsFresh: () => true },
  'accepts-stale-assertions': { assertionIsCurrent: () => true },
} satisfies Record<string, Partial<typeof authRules>>;
