import type { Suite } from '../../src/run/suite.ts';
import { introspect, smart } from './smart.ts';
import { token, tokenForms, tokenNegatives } from './token.ts';

export const trustSuites: readonly Suite[] = [smart, token, tokenForms, tokenNegatives, introspect];
