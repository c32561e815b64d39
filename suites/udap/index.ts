import type { Suite } from '../../src/run/suite.ts';
import { communities, metadata } from './metadata.ts';
import { cancel, register, registerNegatives, registerVariants } from './register.ts';
import { udapToken, udapTokenNegatives, udapTokenScopes } from './token.ts';

export const udapSuites: readonly Suite[] = [
  metadata,
  communities,
  register,
  registerVariants,
  registerNegatives,
  udapToken,
  udapTokenScopes,
  udapTokenNegatives,
];

/** Held last of all: tokens of a cancelled client may end with it. */
export const udapLast: readonly Suite[] = [cancel];
