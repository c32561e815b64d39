import type { Suite } from '../../src/run/suite.ts';
import { metadata } from './metadata.ts';
import { cancel, register, registerNegatives, registerVariants } from './register.ts';
import { udapToken, udapTokenNegatives, udapTokenScopes } from './token.ts';

export const udapSuites: readonly Suite[] = [
  metadata,
  register,
  registerVariants,
  registerNegatives,
  udapToken,
  udapTokenScopes,
  udapTokenNegatives,
  cancel,
];
